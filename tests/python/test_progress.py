"""How far a statement is: told to a function, shown on a terminal, and nowhere else."""
import os
import pty
import re
import subprocess
import sys

import pandas
import pyarrow
import pytest

import openhyper as api

LONG = "SELECT count(*) FROM big a JOIN big b ON a.n % 1000 = b.n % 1000 WHERE a.n + b.n <> 7"


@pytest.fixture
def big(connection):
    connection.execute_command("CREATE TABLE big AS SELECT n FROM generate_series(1, 400000) g(n)")
    return connection


def test_function_is_told(big):
    told = []
    with big.show_progress(told.append):
        assert big.execute_scalar_query(LONG) > 0
    assert len(told) > 2 and told == sorted(told) and 0 <= told[0] and told[-1] == 1
    assert any(0 < fraction < 1 for fraction in told)


def test_what_the_function_raises_cancels(big):
    def stop(fraction):
        raise ZeroDivisionError("enough")
    with pytest.raises(ZeroDivisionError, match="enough"), big.show_progress(stop):
        big.execute_command(LONG)
    with big.show_progress():
        assert big.execute_list_query("SELECT 1") == [[1]]


def test_whole_tables(tmp_path):
    path = tmp_path / "t.hyper"
    frame = pandas.DataFrame({"a": range(1_500_000), "b": [str(i) for i in range(1_500_000)]})
    told = []
    assert api.from_pandas(frame, path, "p", progress=told.append) == len(frame)
    assert told == sorted(told) and told[-1] == 1
    told.clear()
    assert api.from_arrow(pyarrow.Table.from_pandas(frame), path, "a", progress=told.append) == len(frame)
    assert told == sorted(told) and told[-1] == 1
    frame.to_csv(tmp_path / "t.csv", index=False)
    assert api.read_csv(tmp_path / "t.csv", path, "c", progress=told.append) == len(frame)
    with pytest.raises(TypeError):
        api.to_arrow(path, "c", progress=lambda: None)
    assert api.to_arrow(path, "c", progress=True).num_rows == len(frame)


PROGRAM = f"""
import sys
sys.modules["tqdm"] = None  # as if it were not installed
from openhyper import *
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process, Connection(process.endpoint, sys.argv[1]) as connection:
    with connection.show_progress():
        print(connection.execute_scalar_query({LONG!r}) > 0)
"""


def test_bar_on_a_terminal_only(tmp_path):
    path = tmp_path / "t.hyper"
    with api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process, \
            api.Connection(process.endpoint, path, api.CreateMode.CREATE) as connection:
        connection.execute_command("CREATE TABLE big AS SELECT n FROM generate_series(1, 500000) g(n)")
    command = [sys.executable, "-c", PROGRAM, str(path)]
    plain = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert (plain.stdout, plain.stderr) == ("True\n", "")
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=theirs, text=True) as shown:
        os.close(theirs)
        text = ""
        while True:
            try:
                text += os.read(ours, 1 << 16).decode()
            except OSError:  # its other end is closed
                break
        assert shown.stdout.read() == "True\n"
    os.close(ours)
    assert re.search(r"\r\[#*\.*\] +\d+ %  \d+ s", text)
    assert text.endswith("\r") and text.rstrip("\r").endswith(" ")  # taken away at the end
