"""The process: command line, callback, signals, password, limits; clients that are slow or vanish."""
import os
import pathlib
import signal
import socket
import struct
import subprocess
import time

import pytest

from conftest import BUILD, USER

HYPERD = BUILD / "hyperd"


def run(*args, **more):
    return subprocess.run([HYPERD, *args], capture_output=True, text=True, timeout=30, **more)


def startup(port, **parameters):
    """A connection by hand, after its start-up packet."""
    s = socket.create_connection(("127.0.0.1", port), 20)
    body = b"".join(k.encode() + b"\0" + v.encode() + b"\0" for k, v in {"user": USER, "database": "postgres", **parameters}.items()) + b"\0"
    s.sendall(struct.pack(">II", len(body) + 8, 196608) + body)
    return s


def read_to(s, end):
    data = b""
    while not data.endswith(end):
        piece = s.recv(1 << 16)
        if not piece:
            break
        data += piece
    return data


def query(s, sql):
    body = sql.encode() + b"\0"
    s.sendall(b"Q" + struct.pack(">I", len(body) + 4) + body)


READY = b"Z\0\0\0\5I"


def test_help_and_version():
    assert "--listen-connection" in run("--help").stdout and "openhyper" in run("--version").stdout


@pytest.mark.parametrize("option, text", [
    ("--nope=1", "Could not interpret 'nope' as global setting: No internal setting named 'nope' exists."),
    ("--memory-limit=xyz", "memory limit must either be a percentage value"), ("--default-database-version=99", "default_database_version"),
    ("--listen-connection=nonsense", "invalid connection descriptor"),
    ("--listen-connection=tab.tcp://0.0.0.0:auto", "without a password"),
    ("--callback-connection=tab.domain:///nowhere/domain/x", "Unable to connect to callback endpoint"),
    ("--log-dir=/nowhere", "Unable to open log file"),
])
def test_refuses_to_start(option, text):
    r = run("run", "--no-password", *([] if "listen" in option else ["--listen-connection=tab.tcp://127.0.0.1:auto"]), option)
    assert r.returncode == 1 and text in r.stderr


def test_validate(db, connect):
    with connect():
        assert run("validate", "-d", str(db)).returncode == 1  # in use
    (db.parent / "bad.hyper").write_bytes(b"no database" * 1000)
    assert run("validate", "-d", str(db.parent / "bad.hyper")).returncode == 1


@pytest.mark.parametrize("end", ["callback", "SIGTERM"])
def test_ends_at_once(start, end):
    s = start()
    c = startup(s.port)
    read_to(c, READY)
    query(c, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7")
    time.sleep(0.2)
    began = time.monotonic()
    assert (s.stop() if end == "callback" else s.terminate()) == 0
    assert time.monotonic() - began < 5
    assert read_to(c, b"never").count(b"D") < 5


def test_interrupt_is_ignored(start):
    s = start()
    s.process.send_signal(signal.SIGINT)
    read_to(startup(s.port), READY)


def test_domain_socket(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0))
    folder = tmp_path / "d"
    p = subprocess.Popen([HYPERD, "run", "--no-password", "--listen-connection", f"tab.domain://{folder}/domain/auto",
                          "--callback-connection=tab.tcp://127.0.0.1:%d" % listener.getsockname()[1]], stdout=subprocess.DEVNULL,
                         stderr=subprocess.DEVNULL)
    callback, _ = listener.accept()
    said = callback.recv(300)
    path = folder / f".s.PGSQL.{p.pid}"
    assert said[1:] == f"tab.domain://{folder}/domain/.s.PGSQL.{p.pid}\0".encode() and said[0] == len(said) - 1
    assert path.is_socket() and pathlib.Path(f"{path}.pid").read_text() == str(p.pid) and path.stat().st_mode & 0o777 == 0o755
    callback.close()
    assert p.wait(20) == 0 and not path.exists() and not os.listdir(folder)


def test_log_only_where_asked(start, tmp_path):
    import json
    read_to(startup(start().port), READY)
    assert not list(tmp_path.glob("*.log"))
    s = start("--log-dir", str(tmp_path))
    c = startup(s.port)
    read_to(c, READY)
    query(c, "SELECT 'to be \"seen\"'")
    read_to(c, READY)
    assert s.stop() == 0
    lines = [json.loads(line) for line in (tmp_path / "hyperd.log").read_text().splitlines()]
    assert any(e["k"] == "query-begin" and e["v"]["query"] == "SELECT 'to be \"seen\"'" for e in lines)
    assert {"ts", "pid", "tid", "sev", "req", "sess", "k", "v"} == set(lines[0])


def test_password(start):
    psycopg = pytest.importorskip("psycopg")
    s = start(password="sésame öffne dich")

    def connect(**more):
        return psycopg.connect(host="127.0.0.1", port=s.port, dbname="postgres", **{"user": USER, **more})
    with connect(password="sésame öffne dich") as c:
        assert c.execute("SELECT 1").fetchone() == (1,)
    for wrong in ({"password": "sesame"}, {"password": ""}, {"user": "nobody", "password": "sésame öffne dich"}):
        with pytest.raises(psycopg.OperationalError):
            connect(**wrong)


def test_vanished_client_is_rolled_back_and_cancelled(start, tmp_path):
    s = start()
    c = startup(s.port)
    read_to(c, READY)
    for sql in (f'CREATE DATABASE "{tmp_path}/v.hyper"', f'ATTACH DATABASE "{tmp_path}/v.hyper" AS v', "CREATE TABLE t(a int)"):
        query(c, sql)
        assert b"ERROR" not in read_to(c, READY)
    other = startup(s.port, database=f"{tmp_path}/v.hyper")
    read_to(other, READY)
    query(other, "BEGIN")
    read_to(other, b"Z\0\0\0\5T")
    query(other, "INSERT INTO t VALUES (1)")
    read_to(other, b"Z\0\0\0\5T")
    query(other, "COPY t FROM STDIN WITH (FORMAT csv)")
    read_to(other, b"\0\0")
    other.sendall(b"d" + struct.pack(">I", 6) + b"2\n")
    other.close()
    busy = startup(s.port, database=f"{tmp_path}/v.hyper")
    read_to(busy, READY)
    query(busy, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7")
    time.sleep(0.3)
    busy.close()
    query(c, "SELECT count(*) FROM t")
    assert b"\0\0\0\0010" in read_to(c, READY)
    deadline = time.monotonic() + 10
    while cpu_ticks(s.process.pid, 0.3) > 5:
        assert time.monotonic() < deadline, "the statement of a client that has gone runs on"


def test_vanished_client_while_others_come(start, tmp_path):
    s = start(f"--log-dir={tmp_path}")
    busy = startup(s.port)
    read_to(busy, READY)
    query(busy, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7")
    time.sleep(0.2)
    busy.close()
    deadline = time.monotonic() + 5
    while "57014" not in (tmp_path / "hyperd.log").read_text():
        assert time.monotonic() < deadline, "the statement of a client that has gone runs on"
        socket.create_connection(("127.0.0.1", s.port), 20).close()
        time.sleep(0.02)


def test_memory_is_given_back(start):
    s = start()
    clients = [startup(s.port) for _ in range(8)]
    for c in clients:
        read_to(c, READY)
        query(c, "SELECT count(DISTINCT i::text || 'some more text') FROM generate_series(1, 500000) g(i)")
    for c in clients:
        assert b"500000" in read_to(c, READY)
    deadline = time.monotonic() + 10
    while resident_mb(s.process.pid) > 50:
        assert time.monotonic() < deadline, "memory of statements that have ended is kept"
        time.sleep(0.2)


def resident_mb(pid):
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) // 1024


def cpu_ticks(pid, seconds):
    def ticks():
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    before = ticks()
    time.sleep(seconds)
    return ticks() - before


def test_slow_client_stalls_nobody(start):
    s = start()
    slow = startup(s.port)
    read_to(slow, READY)
    query(slow, "SELECT i, repeat('x', 100) FROM generate_series(1, 300000) g(i)")  # and nobody reads
    time.sleep(0.5)
    c = startup(s.port)
    read_to(c, READY)
    for _ in range(20):
        query(c, "SELECT sum(i) FROM generate_series(1, 1000) g(i)")
        assert b"500500" in read_to(c, READY)
    slow.close()


def test_hundreds_of_connections(start):
    s = start()
    connections = [startup(s.port) for _ in range(400)]
    for c in connections:
        assert read_to(c, READY)
    for c in connections:
        query(c, "SELECT 1")
    for c in connections:
        assert read_to(c, READY).endswith(READY)


def test_idle_time_out(start):
    c = startup(start("--idle-timeout=1").port)
    read_to(c, READY)
    began = time.monotonic()
    assert c.recv(10) == b"" and 0.5 < time.monotonic() - began < 10


def test_statement_time_out(start):
    c = startup(start("--query-timeout=300ms").port)
    read_to(c, READY)
    query(c, "SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7")
    assert b"C53S01" in read_to(c, READY)


@pytest.mark.parametrize("data", [b"", b"\0\0\0\4", b"\0\0\0\x08\0\3\0\0", b"\xff\xff\xff\xff\0\3\0\0", b"GET / HTTP/1.1\r\n\r\n", b"\0\0\0\x09\0\2\0\0\0"])
def test_garbage_before_the_start(server, data):
    s = socket.create_connection(("127.0.0.1", server.port), 20)
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    assert s.recv(100) in (b"",)


@pytest.mark.parametrize("data", [b"Q\0\0\0\3", b"Q\x7f\xff\xff\xff", b"Q\0\0\0\5x", b"?\0\0\0\4", b"B\0\0\0\4", b"P\0\0\0\6xx"])
def test_garbage_later(server, data):
    s = startup(server.port)
    read_to(s, READY)
    s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    read_to(s, b"never")
    read_to(startup(server.port), READY)
