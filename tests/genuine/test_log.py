"""A crash of ours leaves a log beside the file: the genuine server sees the last checkpoint, and what it changes then
is not mixed with the log."""
import shutil

import engines


def crash(ours, path, statements, copy):
    """The file and its log as they are while a process of ours works on them, as `copy`."""
    with ours.open(path) as file:
        for sql in statements:
            file.rows(sql)
        shutil.copy(path, copy)
        shutil.copy(f"{path}.wal", f"{copy}.wal")


def make(ours, tmp_path):
    path, copy = tmp_path / "a.hyper", tmp_path / "b.hyper"
    with ours.open(path) as file:
        file.rows("CREATE TABLE t (i int, s text)")
        file.rows("INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 1000) AS g(i)")
    crash(ours, path, ["INSERT INTO t VALUES (2000, 'logged')", "DELETE FROM t WHERE i <= 10",
                       "UPDATE t SET s = 'changed' WHERE i = 500"], copy)
    assert not (tmp_path / "a.hyper.wal").exists()
    return copy


COUNT = "SELECT count(*), min(i), max(i) FROM {}public.t"


def count(engine, path):
    with engine.open(path) as file:
        return [str(value) for value in file.rows(COUNT.format(file.prefix))[0]]


def test_genuine_server_sees_the_checkpoint_and_leaves_the_log_valid(ours, genuine, tmp_path, assert_sound):
    path = make(ours, tmp_path)
    assert count(genuine, path) == ["1000", "1", "1000"]
    assert count(ours, path) == ["991", "11", "2000"]  # it only read: the file is at the log's state
    assert not (tmp_path / "b.hyper.wal").exists()
    assert count(genuine, path) == ["991", "11", "2000"]
    assert_sound(path, genuine, is_ours=True)


def test_log_is_not_applied_to_what_the_genuine_server_changed(ours, genuine, tmp_path):
    path = make(ours, tmp_path)
    with genuine.open(path) as file:
        file.rows(f"INSERT INTO {file.prefix}public.t VALUES (3000, 'genuine')")
    assert "not of this file in this state" in ours.verify(path)
    assert count(ours, path) == ["1001", "1", "3000"]
    assert (tmp_path / "b.hyper.wal.unused-1").exists()
    assert ours.verify(path) == ""
