"""Our engine and the genuine server behind one face: `with engine.open(path) as db: db.rows(sql)`.

Values are the text that both show, null is None. A file is closed, and free for the other engine, when the block ends.
"""
import contextlib
import hashlib
import json
import os
import pathlib
import socket
import struct
import subprocess
import time


class SqlError(Exception):
    """An answer with an SQLSTATE (`state`)."""

    def __init__(self, state, message):
        super().__init__(f"{state}: {message}")
        self.state = state


class Ours:
    """A process `openhyper jsonl` per open file."""

    def __init__(self, program):
        self.program = str(program)

    @contextlib.contextmanager
    def open(self, path):
        process = subprocess.Popen([self.program, "jsonl", str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True)
        try:
            yield OurFile(process)
        finally:
            _, told = process.communicate(timeout=300)
        assert process.returncode == 0, told

    def info(self, path):
        """What `openhyper info` says."""
        return subprocess.run([self.program, "info", str(path)], capture_output=True, text=True, check=True).stdout

    def verify(self, path):
        """The faults that `openhyper verify` names."""
        done = subprocess.run([self.program, "verify", str(path)], capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr


class OurFile:
    """Tables are "schema"."table"."""

    prefix = ""

    def __init__(self, process):
        self._process = process

    def rows(self, sql):
        self._process.stdin.write(json.dumps({"sql": sql}) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise SqlError("XXXXX", f"the engine ended on: {sql}\n{self._process.stderr.read()}")
        answer = json.loads(line)
        if "error" in answer:
            raise SqlError(answer["error"], f'{answer["message"]} in: {sql}')
        return [tuple(row) for row in answer["rows"]]


class Genuine:
    """A genuine server, started for the tests, and its check of files."""

    USER = "tableau_internal_user"

    def __init__(self, program, folder):
        self.program = program
        self._folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self._port = probe.getsockname()[1]
        self._server = subprocess.Popen(
            [program, "run", "--no-password", "--skip-license", f"--listen-connection=tab.tcp://127.0.0.1:{self._port}",
             f"--init-user={self.USER}", f"--log-dir={folder}"],
            cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._session = self._connect()

    def _connect(self):
        for _ in range(200):
            with contextlib.suppress(OSError):
                return WireSession(self._port, self.USER)
            assert self._server.poll() is None, "the genuine server ended"
            time.sleep(0.05)
        raise AssertionError("the genuine server does not listen")

    @contextlib.contextmanager
    def open(self, path):
        self._session.query(f'attach database "{path}" as f')
        try:
            yield GenuineFile(self._session)
        finally:
            self._session.query("detach database f")  # changes are in the file when it returns

    def execute(self, sql):
        return self._session.query(sql)

    def validate(self, path):
        """The reason why the server holds the file to be corrupt, or ''."""
        done = subprocess.run([self.program, "validate", "-d", str(path)], cwd=self._folder, capture_output=True, text=True)
        return "" if done.returncode == 0 else done.stdout + done.stderr

    def close(self):
        self._session.close()
        self._server.terminate()
        self._server.wait(60)


class GenuineFile:
    """Tables are "f"."schema"."table"."""

    prefix = '"f".'

    def __init__(self, session):
        self._session = session

    def rows(self, sql):
        return self._session.query(sql)


class WireSession:
    """As much of PostgreSQL's protocol 3.0 as a simple query with text results needs."""

    def __init__(self, port, user):
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=300)
        self._in = self._socket.makefile("rb")
        body = b"".join(s.encode() + b"\0" for s in ("user", user, "client_encoding", "UTF8")) + b"\0"
        self._socket.sendall(struct.pack("!ii", len(body) + 8, 196608) + body)
        self._until_ready("log in")

    def _message(self):
        head = self._in.read(5)
        if len(head) < 5:
            raise ConnectionError("the genuine server closed the connection")
        return head[:1], self._in.read(struct.unpack("!i", head[1:])[0] - 4)

    def _until_ready(self, sql):
        rows, error = [], None
        while True:
            kind, body = self._message()
            if kind == b"D":
                rows.append(self._row(body))
            elif kind == b"E":
                fields = {part[:1].decode(): part[1:].decode() for part in body.split(b"\0") if part}
                error = SqlError(fields["C"], f'{fields["M"]} in: {sql}')
            elif kind == b"Z":
                break
        if error:
            raise error
        return rows

    @staticmethod
    def _row(body):
        values, at = [], 2
        for _ in range(struct.unpack_from("!h", body)[0]):
            length, = struct.unpack_from("!i", body, at)
            at += 4
            values.append(None if length < 0 else body[at:at + length].decode())
            at += max(length, 0)
        return tuple(values)

    def query(self, sql):
        body = sql.encode() + b"\0"
        self._socket.sendall(b"Q" + struct.pack("!i", len(body) + 4) + body)
        return self._until_ready(sql)

    def close(self):
        self._socket.sendall(b"X\0\0\0\4")
        self._socket.close()


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def all_rows(file, schema, table):
    """The rows of a table as the lines of the manifest, sorted."""
    rows = file.rows(f"select * from {file.prefix}{quoted(schema)}.{quoted(table)}")
    return sorted("\x1f".join("\\N" if value is None else value for value in row) for row in rows)


def rows_sha256(lines):
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def samples_folder(root):
    given = os.environ.get("OH_HYPER_SAMPLES")
    folder = pathlib.Path(given) if given else root.parent / "shared/data/hyper-samples"
    return folder if (folder / "manifest.json").exists() else None
