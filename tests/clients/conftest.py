"""A hyperd of ours for the clients of a test run, and databases for them."""
import os
import pathlib
import signal
import socket
import subprocess

import pytest

BUILD = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", pathlib.Path(__file__).parents[2] / "build")).resolve()
USER = "tableau_internal_user"


class Server:
    """Started as clients start it: with a callback connection, whose end stops it."""

    def __init__(self, cwd, *options, password=None):
        listener = socket.create_server(("127.0.0.1", 0))
        listener.settimeout(20)
        secret = [] if password else ["--no-password"]
        self.process = subprocess.Popen(
            [BUILD / "hyperd", "run", *secret, "--listen-connection", "tab.tcp://127.0.0.1:auto", "--callback-connection",
             "tab.tcp://127.0.0.1:%d" % listener.getsockname()[1], *options], cwd=cwd, stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        if password:
            self.process.stdin.write(f"{password}\n{password}\n")
        self.process.stdin.close()
        self.callback, _ = listener.accept()
        length = self.callback.recv(1)[0]
        self.endpoint = self.callback.recv(length).rstrip(b"\0").decode()
        self.port = int(self.endpoint.rsplit(":", 1)[1])

    def stop(self):
        self.callback.close()
        return self.process.wait(20)

    def terminate(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    s = Server(tmp_path_factory.mktemp("server"), "--default-database-version=4")
    yield s
    assert s.stop() == 0


@pytest.fixture
def start(tmp_path):
    started = []

    def start(*options, **more):
        started.append(Server(tmp_path, *options, **more))
        return started[-1]
    yield start
    for s in started:
        s.callback.close()
        s.process.wait(20)


@pytest.fixture
def db(server, tmp_path):
    """A new database file with a table; its path."""
    path = tmp_path / "clients.hyper"
    psycopg = pytest.importorskip("psycopg")
    with psycopg.connect(host="127.0.0.1", port=server.port, user=USER, dbname="postgres", autocommit=True) as c:
        c.execute(f'CREATE DATABASE "{path}"')
    with psycopg.connect(host="127.0.0.1", port=server.port, user=USER, dbname=str(path), autocommit=True) as c:
        c.execute("CREATE TABLE items(id int NOT NULL, name text, price numeric(10,2), day date)")
        c.execute("INSERT INTO items VALUES (1, 'one', 1.5, date '2020-02-29'), (2, NULL, NULL, NULL), (3, 'drei', -0.25, date '1999-12-31')")
    return path


@pytest.fixture
def connect(server, db):
    psycopg = pytest.importorskip("psycopg")

    def connect(**options):
        return psycopg.connect(host="127.0.0.1", port=server.port, user=USER, dbname=str(db), **options)
    return connect
