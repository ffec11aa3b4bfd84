"""Statements release the GIL, can be cancelled from other threads, and by Ctrl-C."""
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time

import pytest

import openhyper as api

ENDLESS = "SELECT COUNT(*) FROM generate_series(1, 100000) a(i), generate_series(1, 1000000) b(j) WHERE i * j % 7 = 3"


def test_cancel_from_another_thread(connection):
    timer = threading.Timer(0.3, connection.cancel)
    timer.start()
    start = time.monotonic()
    with pytest.raises(api.HyperException):
        connection.execute_scalar_query(ENDLESS)
    assert time.monotonic() - start < 5
    timer.join()
    assert connection.execute_scalar_query("SELECT 1") == 1


def test_python_runs_during_a_statement(connection):
    ticks = []
    done = threading.Event()

    def tick():
        while not done.is_set():
            ticks.append(time.monotonic())
            time.sleep(0.01)
        connection.cancel()
    thread = threading.Thread(target=tick)
    threading.Timer(0.5, done.set).start()
    thread.start()
    with pytest.raises(api.HyperException):
        connection.execute_command(ENDLESS)
    thread.join()
    assert len(ticks) > 10


def test_closing_stops_the_statement_of_another_thread(process):
    connection = api.Connection(process.endpoint)
    errors = []

    def run():
        try:
            connection.execute_command(ENDLESS)
        except Exception as error:
            errors.append(error)
    thread = threading.Thread(target=run)
    thread.start()
    time.sleep(0.3)
    connection.close()
    thread.join(10)
    assert not thread.is_alive() and len(errors) == 1 and not connection.is_open


def test_one_connection_for_many_threads(connection):
    connection.execute_command("CREATE TABLE t (a int)")
    errors = []

    def run(n):
        try:
            for i in range(50):
                assert connection.execute_scalar_query(f"SELECT {n} * 1000 + {i}") == n * 1000 + i
                connection.execute_command(f"INSERT INTO t VALUES ({i})")
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors and connection.execute_scalar_query("SELECT COUNT(*) FROM t") == 200


def test_connections_work_side_by_side(process, tmp_path):
    errors = []

    def run(n):
        try:
            with api.Connection(process.endpoint, tmp_path / f"{n}.hyper", api.CreateMode.CREATE) as connection:
                table = api.TableDefinition("t", [api.TableDefinition.Column("a", api.SqlType.int())])
                connection.catalog.create_table(table)
                with api.Inserter(connection, table) as inserter:
                    inserter.add_rows([i] for i in range(10_000))
                    inserter.execute()
                assert connection.execute_scalar_query("SELECT SUM(a) FROM t") == 49_995_000
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors


PROGRAM = textwrap.dedent(f"""
    import sys, time
    import openhyper as api
    with api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process:
        with api.Connection(process.endpoint) as connection:
            print("ready", flush=True)
            try:
                connection.execute_scalar_query({ENDLESS!r})
            except KeyboardInterrupt:
                print("interrupted", connection.execute_scalar_query("SELECT 42"))
""")


def test_ctrl_c_cancels_the_statement():
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, env=os.environ)
    try:
        assert program.stdout.readline() == "ready\n"
        time.sleep(0.5)
        start = time.monotonic()
        program.send_signal(signal.SIGINT)
        assert program.communicate(timeout=10)[0] == "interrupted 42\n"
        assert time.monotonic() - start < 5
    finally:
        program.kill()
