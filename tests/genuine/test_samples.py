"""Files of the genuine server read as the server read them, with nothing to be found wrong."""
import os
import shutil

import pytest

import engines
from conftest import SAMPLES


def test_sample_reads_as_its_manifest(sample, sample_path, ours, assert_sound):
    before = sample_path.read_bytes()
    assert_sound(sample_path)
    with ours.open(sample_path) as file:
        for table in sample["tables"]:
            lines = engines.all_rows(file, table["schema"], table["table"])
            assert len(lines) == table["row_count"]
            assert engines.rows_sha256(lines) == table["rows_sha256"]
            if "rows" in table:
                assert lines == sorted("\x1f".join("\\N" if v is None else v for v in row) for row in table["rows"])
    assert sample_path.read_bytes() == before, "reading changed the file"


@pytest.mark.skipif(SAMPLES is None, reason="no sample files")
def test_file_opens_without_the_plug_in_for_its_collations(tmp_path, ours, monkeypatch):
    """Only what would need the order of a collation is refused, and the file stays as it is."""
    monkeypatch.delenv("OPENHYPER_PLUGIN_PATH", raising=False)
    program = tmp_path / "openhyper"  # nothing lies beside it
    shutil.copy(ours.program, program)
    path = tmp_path / "collations.hyper"
    shutil.copyfile(SAMPLES / path.name, path)
    before = path.read_bytes()
    alone = engines.Ours(program)
    assert alone.verify(path) == ""
    assert "short dictionary" in alone.info(path)
    with alone.open(path) as file:
        if file.rows("select count(*) from pg_catalog.pg_collation where collname = 'de_DE'")[0][0] != "0":
            pytest.skip("the plug-in is installed where the loader looks")
        assert file.rows("select count(*) from t") == [("4",)]
        assert file.rows("select c from t where d = 'é'") == [("Z",)]
        for sql in ("select * from t", "select count(*) from t where a = 'x'", "delete from t where a < 'x'",
                    "insert into t select d, d, d, d from t", "create table u(x text collate \"de_DE\")"):
            with pytest.raises(engines.SqlError) as refused:
                file.rows(sql)
            assert refused.value.state == "0A000" and "plug-in" in str(refused.value)
    assert path.read_bytes() == before
    with alone.open(path) as file:
        file.rows("create table other as select generate_series as i from generate_series(1, 1000)")
        file.rows("delete from other where i > 10")
    with ours.open(path) as file:
        assert file.rows("select sum(i) from other") == [("55",)]
        assert len(file.rows("select * from t order by 1, 2, 3, 4")) == 4
    assert ours.verify(path) == ""
