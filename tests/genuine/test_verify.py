"""`openhyper verify` names damage that checksums do not show: objects are changed and written again with right ones."""
import json
import shutil
import struct

import pytest

from conftest import SAMPLES

pytestmark = pytest.mark.skipif(SAMPLES is None, reason="no sample files")


@pytest.fixture
def damaged(tmp_path, ours, reader):
    """faults(sample, change): what is told after `change(file)` gave the objects to be replaced, or a catalog."""
    def faults(name, change):
        path = tmp_path / name
        shutil.copyfile(SAMPLES / name, path)
        changed = change(reader.open(path))
        reader.commit(path, changed)
        return ours.verify(path)
    return faults


def replace(kind, content, rel=0, block=0, attr=0):
    return [(kind, rel, block, attr, content)]


ROWS, BLOCK, DELETES = 3, 4, 5


@pytest.mark.parametrize("ranges, fault", [
    ([(3, 4), (5, 5)], "ranges that touch"),
    ([(7, 7), (3, 3)], "ranges do not ascend"),
    ([(2 * i, 2 * i) for i in range(101)], "leaf of more than 100 ranges"),
    ([(0, 399)], "does not end with a row that is not deleted"),
])
def test_list_of_deleted_rows(damaged, ranges, fault):
    tree = b"\1\1\1" + struct.pack("<I", len(ranges)) + b"".join(struct.pack("<2Q", *r) for r in ranges)
    assert fault in damaged("nulls_positions_v4.hyper", lambda file: replace(DELETES, tree, rel=2))


def test_keys_of_the_tree_of_deleted_rows(damaged):
    leaf = b"\1\1\0\0\0"
    tree = b"\1\1\0\1\0\0\0" + struct.pack("<Q", 9) + leaf + struct.pack("<2Q", 3, 3) + leaf + struct.pack("<2Q", 8, 8)
    assert "not above the key" in damaged("nulls_positions_v4.hyper", lambda file: replace(DELETES, tree, rel=2))
    tree = tree.replace(struct.pack("<Q", 9), struct.pack("<Q", 2), 1)
    assert "key below the last range" in damaged("nulls_positions_v4.hyper", lambda file: replace(DELETES, tree, rel=2))


def test_states_of_blocks(damaged):
    def rows(tail):
        return lambda file: replace(ROWS, struct.pack("<Q", 4) + tail)
    assert damaged("one_int.hyper", rows(struct.pack("<I", 2))) == ""
    assert "an absent block has a row that is not deleted, row 0" in damaged("one_int.hyper", rows(struct.pack("<I", 0)))
    assert "block states is too long" in damaged("one_int.hyper", rows(struct.pack("<2I", 2, 2)))
    assert "unknown state of a block" in damaged("one_int.hyper", rows(struct.pack("<I", 3)))


def test_null_count(damaged):
    def count(n):
        def change(file):
            catalog = file.catalog()
            catalog["relations"][0]["nullCounts"] = [n]
            return catalog
        return change
    assert damaged("one_int.hyper", count(1)) == ""
    for wrong in (0, 2):
        assert f"the catalog says {wrong} nulls, there are 1" in damaged("one_int.hyper", count(wrong))


def test_every_table_is_looked_at(damaged):
    """What is wrong with one table does not hide what is wrong with others."""
    def change(file):
        return (replace(ROWS, b"", rel=0) + replace(ROWS, b"\1", rel=4) + replace(BLOCK, b"x" * 48, rel=1, attr=3) +
                replace(BLOCK, b"", rel=5, attr=22))
    told = damaged("nulls_positions_v4.hyper", change)
    for table in ("first_null", "last_null", "all_null", "no_null"):
        assert f'"{table}"' in told
    for table in ("every_other", "all_but_one"):
        assert f'"{table}"' not in told


def test_columns_that_have_changed_places(damaged):
    """A column of times read as numeric(9,2): well-formed, but of too many digits."""
    def change(file):
        time = file.content(file.find(BLOCK, 0, 0, 14))
        return replace(BLOCK, time, attr=6)
    assert 'column "n9", block 0: row 1: numeric of too many digits' in damaged("alltypes_v3.hyper", change)


def test_catalog_that_is_not_understood(damaged):
    def change(file):
        catalog = file.catalog()
        catalog["relations"][0]["type"] = "other"
        return catalog
    assert json.dumps(damaged("one_int.hyper", change)).count("Database.Schema") == 1


def test_reserved_bytes_of_a_header(tmp_path, ours, reader):
    path = tmp_path / "one_int.hyper"
    page = bytearray((SAMPLES / path.name).read_bytes()[:4096])
    page[0x700] = 1
    page[0xffc:] = struct.pack("<I", reader.checksum(bytes(page[:0xffc])))
    path.write_bytes(bytes(page) + (SAMPLES / path.name).read_bytes()[4096:])
    assert "header page 0 at offset 0: reserved bytes are not zero" in ours.verify(path)
