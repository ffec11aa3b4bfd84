"""Engines of other processes: servers that are started by hyper_path, and endpoints that other processes connect to."""
import json
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from decimal import Decimal

import pyarrow
import pytest

from openhyper import (Connection, CreateMode, Date, Endpoint, HyperException, HyperProcess, Inserter, Interval, SqlType,
                       TableDefinition, Telemetry, Timestamp)

NO = Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU
BUILD = os.environ.get("OPENHYPER_BUILD_DIR", os.path.join(os.path.dirname(__file__), "..", "..", "build"))
GENUINE = os.environ.get("GENUINE_HYPERD")
SERVERS = [pytest.param(BUILD, id="ours"), pytest.param(GENUINE and os.path.dirname(GENUINE), id="genuine", marks=[
    pytest.mark.skipif(not GENUINE, reason="GENUINE_HYPERD is not set")])]

OTHER = """
import sys
from openhyper import Connection, Endpoint
with Connection(Endpoint(sys.argv[1], ""), sys.argv[2]) as connection:
    print(connection.execute_command("INSERT INTO t SELECT a + 1 FROM t"), connection.execute_list_query("SELECT a FROM t ORDER BY a"))
"""


def in_other_process(descriptor, path):
    done = subprocess.run([sys.executable, "-c", OTHER, descriptor, str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def table(process, path):
    connection = Connection(process.endpoint, path, CreateMode.CREATE_AND_REPLACE)
    connection.execute_command("CREATE TABLE t (a int)")
    connection.execute_command("INSERT INTO t VALUES (1)")
    return connection


@pytest.mark.parametrize("parameters, scheme", [({}, "tab.domain:"), ({"use_tcp_port": "auto"}, "tab.tcp:"),
                                                ({"listen_connection": "tab.tcp://127.0.0.1:auto"}, "tab.tcp:")])
@pytest.mark.parametrize("hyper_path", [None, BUILD], ids=["here", "server"])
def test_two_processes_on_one_engine(tmp_path, hyper_path, parameters, scheme):
    path = tmp_path / "t.hyper"
    with HyperProcess(NO, "", hyper_path, parameters) as process, table(process, path) as connection:
        descriptor = process.endpoint.connection_descriptor
        assert descriptor.startswith(scheme) and "auto" not in descriptor
        assert in_other_process(descriptor, path) == "1 [[1], [2]]"
        assert connection.execute_list_query("SELECT a FROM t ORDER BY a") == [[1], [2]]
    with pytest.raises(HyperException, match="Could not connect"):
        Connection(Endpoint(descriptor, ""))
    if scheme == "tab.domain:":
        assert not os.path.exists(descriptor.split("://")[1].split("/domain/")[0])


def test_listens_only_when_asked(tmp_path):
    with HyperProcess(NO) as process:
        folder = process.endpoint._descriptor.split("://")[1].split("/domain/")[0]
        with Connection(process.endpoint):
            assert not os.path.exists(folder)
        assert pickle.loads(pickle.dumps(process.endpoint)).connection_descriptor == str(process.endpoint)
        assert os.stat(folder).st_mode & 0o777 == 0o700


def test_fork(tmp_path):
    path = tmp_path / "t.hyper"
    with HyperProcess(NO) as process, table(process, path) as connection:
        child = os.fork()
        if child == 0:
            code = 1
            try:
                with Connection(process.endpoint, path) as own:
                    code = 0 if own.execute_command("INSERT INTO t VALUES (7)") == 1 else 2
                process.close()
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert connection.execute_list_query("SELECT a FROM t ORDER BY a") == [[1], [7]]


COLUMNS = [("a", SqlType.bool()), ("b", SqlType.small_int()), ("c", SqlType.int()), ("d", SqlType.big_int()),
           ("e", SqlType.double()), ("f", SqlType.numeric(18, 3)), ("g", SqlType.numeric(38, 3)), ("h", SqlType.text()),
           ("i", SqlType.char(3)), ("j", SqlType.char(1)), ("k", SqlType.bytes()), ("l", SqlType.date()),
           ("m", SqlType.time()), ("n", SqlType.timestamp()), ("o", SqlType.timestamp_tz()), ("p", SqlType.interval()),
           ("q", SqlType.json()), ("r", SqlType.varchar(50))]


def rows():
    import datetime
    utc = datetime.timezone.utc
    for i in range(5000):
        yield [i % 2 == 0, i % 100, -i, i << 40, i / 7, Decimal(i).scaleb(-3), Decimal(10) ** 34 + Decimal(i).scaleb(-3),
               f"täxt {i}" * (i % 5), "ab", "ö", bytes([i % 256, 0]), Date(-4712 + i, 1, 1), datetime.time(23, 59, 59, i),
               Timestamp(2000, 1, 1, 1, 2, 3, i), Timestamp(2000, 1, 1, 1, 2, 3, i, tzinfo=utc), Interval(i, -i, i * 10 ** 6),
               '{"a":1}', "x" * (i % 50)] if i % 7 else [None] * len(COLUMNS)


@pytest.mark.parametrize("hyper_path", SERVERS)
def test_values_are_the_same(tmp_path, hyper_path):
    """What an engine here and a server give for the same rows, as lists and as Arrow."""
    definition = TableDefinition("v", [TableDefinition.Column(*c) for c in COLUMNS])
    lists, tables = [], []
    for number, folder in enumerate((None, hyper_path)):
        with HyperProcess(NO, "", folder, {"default_database_version": "3"}) as process:
            assert (process._HyperProcess__process.pid == os.getpid()) == (folder is None)
            with Connection(process.endpoint, tmp_path / f"{number}.hyper", CreateMode.CREATE) as connection:
                connection.catalog.create_table(definition)
                with Inserter(connection, definition) as inserter:
                    inserter.add_rows(rows())
                    inserter.execute()
                assert str(connection.catalog.get_table_definition("v").columns) == str(definition.columns)
                query = "SELECT *, array[d, null] AS s, array[h, null, ''] AS u FROM v ORDER BY d NULLS LAST, c"
                lists.append(connection.execute_list_query(query))
                tables.append(connection.execute_query(query).to_arrow())
    assert lists[0] == lists[1] and len(lists[0]) == 5000
    assert tables[0].equals(tables[1])


@pytest.mark.parametrize("hyper_path", SERVERS)
def test_inserters(tmp_path, hyper_path):
    with HyperProcess(NO, "", hyper_path) as process, \
            Connection(process.endpoint, tmp_path / "t.hyper", CreateMode.CREATE) as connection:
        connection.execute_command("CREATE TABLE t (a int NOT NULL, b text, c timestamp)")
        stream = [TableDefinition.Column("a", SqlType.int()), TableDefinition.Column("raw", SqlType.text())]
        mapping = [Inserter.ColumnMapping("c", "to_timestamp(\"raw\", 'YYYY-MM-DD')"), Inserter.ColumnMapping("b", "'it''s'")]
        with Inserter(connection, "t", ["a", *mapping], inserter_definition=[
                TableDefinition.Column("a", SqlType.int(), connection.catalog.get_table_definition("t").get_column(0).nullability),
                stream[1]]) as inserter:
            inserter.add_rows([[1, "2020-01-02"], [2, None]])
            inserter.execute()
        assert connection.execute_list_query("SELECT * FROM t ORDER BY a") == [
            [1, "it's", Timestamp(2020, 1, 2)], [2, "it's", None]]
        with pytest.raises(HyperException, match="nope"):
            with Inserter(connection, "t", ["a", Inserter.ColumnMapping("b", "nope")], inserter_definition=[
                    TableDefinition.Column("a", SqlType.int(), connection.catalog.get_table_definition("t").get_column(0).nullability)
            ]) as inserter:
                inserter.add_row([3])
                inserter.execute()
        with Inserter(connection, "t") as inserter:
            inserter.add_row([9, "dropped", None])
        with Inserter(connection, "t", ["a"]) as inserter:
            inserter.add_arrow(pyarrow.table({"a": [5, 6]}))
            inserter.execute()
        assert connection.is_ready
        assert connection.execute_list_query("SELECT a, b FROM t ORDER BY 1") == [[1, "it's"], [2, "it's"], [5, None], [6, None]]


SLOW = "SELECT sum(a.n * b.n) FROM generate_series(1, 2000000) a(n), generate_series(1, 2000000) b(n) WHERE a.n + b.n = 7 * b.n + a.n * 3"


@pytest.mark.parametrize("hyper_path", SERVERS)
def test_cancel_and_death(tmp_path, hyper_path):
    process = HyperProcess(NO, "", hyper_path)
    with Connection(process.endpoint) as connection:
        timer = threading.Timer(0.3, connection.cancel)
        timer.start()
        with pytest.raises(HyperException, match="cancel"):
            connection.execute_command(SLOW)
        assert connection.execute_scalar_query("SELECT 1") == 1
        os.kill(process._HyperProcess__process.pid, signal.SIGKILL)
        with pytest.raises(HyperException, match="terminated unexpectedly"):
            connection.execute_scalar_query("SELECT 1")
    with pytest.raises(HyperException, match="exit code 9"):
        process.shutdown()


def test_ctrl_c_reaches_a_server(tmp_path):
    program = f"""
import time
from openhyper import *
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "", {BUILD!r}) as process, Connection(process.endpoint) as connection:
    print("ready", flush=True)
    try:
        connection.execute_command({SLOW!r})
    except KeyboardInterrupt:
        print(time.time(), connection.execute_scalar_query("SELECT 1"), flush=True)
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout.readline() == "ready\n"
        time.sleep(0.5)
        sent = time.time()
        child.send_signal(signal.SIGINT)
        at, one = child.stdout.readline().split()
    assert one == "1" and float(at) - sent < 2


def test_failures_to_start_and_connect(tmp_path):
    with pytest.raises(HyperException) as caught:
        HyperProcess(NO, "", tmp_path)
    assert f"{tmp_path}/hyperd" in caught.value.__cause__.main_message
    with pytest.raises(HyperException) as caught:
        HyperProcess(NO, "", BUILD, {"no_such_thing": "1"})
    assert "no_such_thing" in caught.value.__cause__.main_message
    with pytest.raises(HyperException, match="Could not connect"):
        Connection(Endpoint("tab.tcp://127.0.0.1:1", ""))
    with pytest.raises(HyperException, match="Invalid connection string"):
        Connection(Endpoint("nonsense", ""))
    with pytest.raises(HyperException) as caught:  # other machines could reach it, and there is no password
        HyperProcess(NO, "", None, {"listen_connection": "tab.tcp://0.0.0.0:auto"})
    assert "without a password" in caught.value.__cause__.main_message


def test_password(tmp_path):
    command = [os.path.join(BUILD, "hyperd"), "run", "--init-user=alice", "--skip-license", "--log-config=", "--log-dir",
               str(tmp_path), "--listen-connection", f"tab.domain://{tmp_path}/domain/s"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as server:
        server.stdin.write("sesame\nsesame\n")
        server.stdin.close()
        while not os.path.exists(tmp_path / "s.pid"):
            assert server.poll() is None
            time.sleep(0.005)
        endpoint = Endpoint(f"tab.domain://{tmp_path}/domain/s", "")
        with Connection(endpoint, parameters={"user": "alice", "password": "sesame"}) as connection:
            assert connection.execute_scalar_query("SELECT 1") == 1
        for wrong in ({"user": "alice", "password": "pumpkin"}, {"user": "alice"}, {"password": "sesame"}):
            with pytest.raises(HyperException, match="could not connect as|No password"):
                Connection(endpoint, parameters=wrong)
        server.terminate()


@pytest.mark.parametrize("hyper_path", [None, BUILD], ids=["here", "server"])
def test_log_where_it_is_asked_for(tmp_path, hyper_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for parameters in ({}, {"log_config": ""}, {"log_dir": str(tmp_path), "log_config": ""}):
        with HyperProcess(NO, "", hyper_path, parameters) as process, Connection(process.endpoint):
            pass
        assert not os.path.exists("hyperd.log")
    with HyperProcess(NO, "", hyper_path, {"log_dir": str(tmp_path)}) as process, Connection(process.endpoint) as connection:
        with pytest.raises(HyperException):
            connection.execute_command("SELECT nope")
    lines = [json.loads(line) for line in (tmp_path / "hyperd.log").read_text().splitlines()]
    assert lines[0]["k"] == "startup-info" and any("nope" in line["v"].get("message", "") for line in lines)
    with pytest.raises(HyperException) as caught:
        HyperProcess(NO, "", hyper_path, {"log_dir": "/nowhere"})
    assert "/nowhere/hyperd.log" in caught.value.__cause__.main_message
