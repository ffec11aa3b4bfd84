"""Nothing leaks, and nothing is used after its end."""
import gc
import sys
import warnings

import pytest

import openhyper as api

T = api.SqlType


def resident_bytes():
    with open("/proc/self/statm", encoding="ascii") as file:
        return int(file.read().split()[1]) * 4096


def test_no_memory_grows(connection, table):
    t = table(("a", T.int()), ("b", T.text()), ("c", T.numeric(10, 2)), ("d", T.timestamp()))
    rows = [[i, f"text number {i}" * 3, None, api.Timestamp(2020, 1, 1)] for i in range(3000)]

    def work():
        for _ in range(3):
            inserter = api.Inserter(connection, t)
            inserter.add_rows(rows)
            inserter.close()
            with pytest.raises(ValueError):
                api.Inserter(connection, t).add_row(["x", "", None, None])
        connection.execute_list_query("SELECT i, 'value ' || i, i / 3.0 FROM generate_series(1, 20000) s(i)")
        with connection.execute_query("SELECT i FROM generate_series(1, 20000) s(i)") as result:
            for row in result:
                if row[0] > 3000:
                    break
        with pytest.raises(api.HyperException):
            connection.execute_command("SELECT nonsense")
    for _ in range(5):
        work()
    gc.collect()
    before = resident_bytes()
    for _ in range(40):
        work()
    gc.collect()
    assert resident_bytes() - before < 8 << 20


def test_references_are_given_back(connection, table):
    t = table(("a", T.text()), ("b", T.int()))
    text, number = "a text that is longer than twelve bytes", 123456789
    row = [text, number]
    counts = [sys.getrefcount(x) for x in (text, number, row, None)]
    with api.Inserter(connection, t) as inserter:
        for _ in range(3000):
            inserter.add_row(row)
        inserter.add_rows([row] * 3000)
        inserter.execute()
    connection.execute_list_query("SELECT * FROM t")
    assert [sys.getrefcount(x) for x in (text, number, row)] == counts[:3]
    assert abs(sys.getrefcount(None) - counts[3]) < 100


def test_result_outlives_its_connection(process):
    connection = api.Connection(process.endpoint)
    result = connection.execute_query("SELECT i FROM generate_series(1, 5000) s(i) ORDER BY 1")
    assert result.next_row()
    connection.close()
    assert list(result) == [[i] for i in range(2, 5001)]


def test_iteration_keeps_the_result(connection):
    n = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for n, row in enumerate(connection.execute_query("SELECT i FROM generate_series(1, 5000) s(i) ORDER BY 1"), 1):
            assert row == [n]
            gc.collect(0)
    assert n == 5000 and connection.is_ready


def test_process_ends_under_a_connection(tmp_path):
    process = api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU)
    connection = api.Connection(process.endpoint, tmp_path / "x.hyper", api.CreateMode.CREATE)
    connection.execute_command("CREATE TABLE t (a int)")
    inserter = api.Inserter(connection, "t")
    inserter.add_row([1])
    process.close()
    with pytest.raises(api.HyperException):
        inserter.execute()
    with pytest.raises(api.HyperException):
        connection.execute_command("SELECT 1")
    connection.close()
    with pytest.raises(RuntimeError):
        connection.execute_command("SELECT 1")
    with pytest.raises(api.HyperException):
        api.Connection(api.Endpoint("tab.domain:///tmp/none/domain/auto", ""))


@pytest.mark.parametrize("make", [
    lambda process: api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU),
    lambda process: api.Connection(process.endpoint),
])
def test_unclosed_objects_warn(process, make):
    with pytest.warns(api.UnclosedObjectWarning):
        make(process)
        gc.collect()
