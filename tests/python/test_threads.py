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

# 10^13 pairs: not over within any test, and without a number that could overflow and end it by an error.
ENDLESS = "SELECT COUNT(*) FROM generate_series(1, 10000000) a(i), generate_series(1, 1000000) b(j) WHERE (i + j) % 7 = 3"


def wait_until_busy(cpu_seconds):
    """Returns when 0.3 s of processor time were used, hence a statement is running; it needs that only when nothing
    else does work meanwhile."""
    start, deadline = cpu_seconds(), time.monotonic() + 60
    while cpu_seconds() - start < 0.3:
        assert time.monotonic() < deadline, "the statement did not start"
        time.sleep(0.01)


def run_endless(connection, errors):
    try:
        connection.execute_scalar_query(ENDLESS)
    except Exception as error:
        errors.append(error)


def assert_cancelled(errors):
    """It ended because it was cancelled, and not by an error of its own."""
    assert len(errors) == 1 and isinstance(errors[0], api.HyperException)
    assert "cancel" in errors[0].main_message, errors[0]


def test_cancel_from_another_thread(connection):
    errors = []
    thread = threading.Thread(target=run_endless, args=(connection, errors))
    thread.start()
    wait_until_busy(time.process_time)  # Python runs here, so the statement does not hold the GIL
    connection.cancel()
    thread.join(30)
    assert not thread.is_alive()
    assert_cancelled(errors)
    assert connection.execute_scalar_query("SELECT 1") == 1


def test_closing_stops_the_statement_of_another_thread(process):
    connection = api.Connection(process.endpoint)
    errors = []
    thread = threading.Thread(target=run_endless, args=(connection, errors))
    thread.start()
    wait_until_busy(time.process_time)
    connection.close()
    thread.join(30)
    assert not thread.is_alive() and not connection.is_open
    assert_cancelled(errors)


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


def test_eight_threads_on_one_file(process, tmp_path):
    """Writers and readers with connections of their own; each reader sees whole inserts only."""
    path = tmp_path / "shared.hyper"
    errors = []
    with api.Connection(process.endpoint, path, api.CreateMode.CREATE) as connection:
        for n in range(4):
            connection.execute_command(f"CREATE TABLE t{n} (a int)")

    def run(n):
        try:
            with api.Connection(process.endpoint, path) as connection:
                for i in range(20):
                    if n % 2:
                        with api.Inserter(connection, f"t{n // 2}") as inserter:
                            inserter.add_rows([i] for _ in range(100))
                            inserter.execute()
                    else:
                        assert connection.execute_scalar_query(f"SELECT COUNT(*) FROM t{n // 2}") % 100 == 0
                        rows = connection.execute_list_query(f"SELECT a, COUNT(*) FROM t{n // 2} GROUP BY a")
                        assert all(count == 100 for _, count in rows)
        except Exception as error:
            errors.append(error)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads) and not errors
    with api.Connection(process.endpoint, path) as connection:
        for n in range(4):
            assert connection.execute_scalar_query(f"SELECT COUNT(*) FROM t{n}") == 2000


def test_arrow_leaves_the_interpreter_alone(process, tmp_path):
    """While a table of Arrow goes in and out in another thread, Python goes on: its longest pause is far below the time
    that the thread takes."""
    pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    n = 1_000_000
    data = pa.table({"a": pa.array(range(n)), "s": pa.array([f"a text of some length {i}" for i in range(n)])})
    done = threading.Event()
    times, errors = [], []

    def run():
        try:
            start = time.monotonic()
            api.from_arrow(data, tmp_path / "gil.hyper", "t")
            times.append(time.monotonic() - start)
            assert api.to_arrow(tmp_path / "gil.hyper").num_rows == n
        except Exception as error:
            errors.append(error)
        finally:
            done.set()
    thread = threading.Thread(target=run)
    ticks = 0
    thread.start()
    while not done.is_set():
        ticks += 1
        time.sleep(0.001)
    thread.join()
    assert not errors and ticks >= 20 * times[0], (ticks, times)


PROGRAM = textwrap.dedent(f"""
    import openhyper as api
    with api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process:
        with api.Connection(process.endpoint) as connection:
            print("ready", flush=True)
            try:
                connection.execute_scalar_query({ENDLESS!r})
            except KeyboardInterrupt:
                print("interrupted", connection.execute_scalar_query("SELECT 42"))
""")


def cpu_seconds_of(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_ctrl_c_cancels_the_statement():
    program = subprocess.Popen([sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True)
    try:
        assert program.stdout.readline() == "ready\n"
        wait_until_busy(lambda: cpu_seconds_of(program.pid))
        start = time.monotonic()
        program.send_signal(signal.SIGINT)
        # The 0.2 s that are promised are of a machine that is free: a busy one gets the time of its queue besides.
        assert program.stdout.readline() == "interrupted 42\n"
        assert time.monotonic() - start < 0.2 * (2 + os.getloadavg()[0] / os.cpu_count())
    finally:
        program.kill()
        program.wait()
