#!/usr/bin/env python3
"""Replays recordings of genuine clients against our server and compares its answers with the genuine ones.

    replay.py --hyperd build/hyperd [--show N] ../shared/data/wire/*.jsonl

Compared are the messages' kinds in their order and, of each kind, what clients act upon: types and formats of
columns, tags, SQLSTATEs, transaction status, names of parameters, numbers of rows. Texts, ids and keys are not.
Paths below /data are moved to a folder of our own. Clients sign in to our server's nonce with a password of ours, a
right one where theirs was taken. Data of which only the beginning was recorded is made again to its recorded length.
Exit code 1 when a recording differs.

Differences that are meant (docs/server.md): an error of a statement that had begun to give rows comes before them;
clients of a protocol above 3.0 are asked to speak 3.0 instead of being dropped; RowDescription tells plain clients
that a column is binary; CREATE TABLE AS counts its rows; parameters without declared types are inferred.
"""
import argparse
import base64
import hashlib
import hmac
import json
import pathlib
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time

TIMEOUT_S = 20
UNTAGGED = {"StartupMessage", "SSLRequest", "GSSENCRequest", "CancelRequest"}
STREAMED = {"DataRow", "CopyData"}  # how many there are is compared, but not how they are cut
PASSWORD, WRONG_PASSWORD = "right", "wrong"  # ours: those of the recording are not known
# Answers, by number, that are 0A000 of ours: Arrow streams in files and to the client.
NOT_THERE = {"copy-files": {10, 16}}
# Recordings that work on what others have made.
NEEDED_BEFORE = {"pantab-read": ["pantab-write"], "psycopg3": ["psql"], "pgjdbc": ["psql", "psycopg3"]}
VERSION_TEXTS = {"session_identifier", "hyper_version"}
TAGS = {b"R": "Authentication", b"K": "BackendKeyData", b"2": "BindComplete", b"3": "CloseComplete", b"C": "CommandComplete",
        b"d": "CopyData", b"c": "CopyDone", b"G": "CopyInResponse", b"H": "CopyOutResponse", b"D": "DataRow",
        b"I": "EmptyQueryResponse", b"E": "ErrorResponse", b"n": "NoData", b"N": "NoticeResponse",
        b"t": "ParameterDescription", b"S": "ParameterStatus", b"1": "ParseComplete", b"s": "PortalSuspended",
        b"Z": "ReadyForQuery", b"T": "RowDescription", b"v": "NegotiateProtocolVersion"}


def text(data, at):
    end = data.index(0, at)
    return data[at:end].decode("utf-8", "replace"), end + 1


def fields_of_error(body):
    fields, at = {}, 0
    while body[at]:
        value, end = text(body, at + 1)
        fields[chr(body[at])] = value
        at = end
    return fields


def essence(kind, body):
    """What is compared of a message."""
    if kind in ("ErrorResponse", "NoticeResponse"):
        return kind, fields_of_error(body).get("C")
    if kind == "RowDescription":
        columns, at = [], 2
        for _ in range(struct.unpack(">h", body[:2])[0]):
            _, at = text(body, at)
            oid, size, mod, code = struct.unpack(">IhiH", body[at + 6:at + 18])
            columns.append((oid, size, mod, code))
            at += 18
        return kind, tuple(columns)
    if kind == "ParameterStatus":
        name, at = text(body, 0)
        return kind, name, None if name in VERSION_TEXTS else text(body, at)[0]
    if kind == "Authentication":
        return kind, struct.unpack(">I", body[:4])[0]
    if kind in ("BackendKeyData", "DataRow", "CopyData"):
        return (kind,)
    return kind, bytes(body)


class Connection:
    def __init__(self, address):
        self.sock = socket.create_connection(address, TIMEOUT_S)
        self.buffer = b""
        self.wants_byte = False
        self.got = []
        self.key = b""
        self.first_bare, self.challenge = b"", b""  # of SCRAM-SHA-256: ours and the server's first message

    def fill(self, n):
        while len(self.buffer) < n:
            piece = self.sock.recv(1 << 16)
            if not piece:
                return False
            self.buffer += piece
        return True

    def take(self, n):
        piece, self.buffer = self.buffer[:n], self.buffer[n:]
        return piece

    def next(self):
        """The essence of the next message; ("(eof)",) at the end."""
        try:
            if self.wants_byte:
                self.wants_byte = False
                return ("SSLAnswer", self.take(1)) if self.fill(1) else ("(eof)",)
            if not self.fill(5):
                return ("(eof)",)
            tag, length = self.buffer[:1], struct.unpack(">I", self.buffer[1:5])[0]
            if not self.fill(1 + length):
                return ("(eof)",)
        except ConnectionError:
            return ("(eof)",)
        except TimeoutError:
            return ("(nothing within %d s)" % TIMEOUT_S,)
        body = self.take(1 + length)[5:]
        kind = TAGS.get(tag, repr(tag))
        if kind == "BackendKeyData":
            self.key = body
        elif kind == "Authentication" and body[:4] == b"\0\0\0\x0b":
            self.challenge = body[4:]
        return essence(kind, body)


def tagged(tag, body):
    return tag + struct.pack(">I", len(body) + 4) + body


def signed(message, connection, password):
    """A client's message of SCRAM-SHA-256: the first as it is, the second with the proof that our server's nonce asks for."""
    if b"SCRAM-SHA-256" in message:
        connection.first_bare = message[message.index(b"n=,r="):]
        return message
    first = dict(part.split(b"=", 1) for part in connection.challenge.split(b","))
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), base64.b64decode(first[b"s"]), int(first[b"i"]))
    key = hmac.digest(salted, b"Client Key", "sha256")
    bare = b"c=biws,r=" + first[b"r"]
    signature = hmac.digest(hashlib.sha256(key).digest(), b",".join((connection.first_bare, connection.challenge, bare)), "sha256")
    proof = bytes(a ^ b for a, b in zip(key, signature))
    return tagged(b"p", bare + b",p=" + base64.b64encode(proof))


def made_whole(message, length):
    """HyperBinary data of which only the beginning was recorded: rows (n, a text with n in it) up to that length."""
    assert message[5:11] == b"HPRCPY"
    pieces, size, n = [message[:24]], 24, struct.unpack("<i", message[24:28])[0]
    while size < length:
        text = b"row %d with some text to make it larger" % n
        pieces.append(struct.pack("<iBI", n, 0, len(text)) + text)
        size, n = size + len(pieces[-1]), n + 1
    whole = b"".join(pieces)
    assert len(whole) == length and whole.startswith(message), "the recorded rows are others"
    return whole


def moved(message, is_tagged, folder):
    """A client's message with its paths in our folder and the length that it then has."""
    escaped = folder.replace("/", "\\/").encode()
    head = 1 if is_tagged else 0
    body = message[head + 4:].replace(b"/data/", folder.encode() + b"/").replace(b"\\/data\\/", escaped + b"\\/")
    return message[:head] + struct.pack(">I", len(body) + 4) + body


def squeezed(messages):
    """Runs of rows as one entry with their number; of CopyData, which may be cut anywhere, without it."""
    out = []
    for message in messages:
        if message[0] in STREAMED and out and out[-1][0] == message[0]:
            out[-1] = (message[0], out[-1][1] + 1)
        elif message[0] in STREAMED:
            out.append((message[0], 1))
        else:
            out.append(message)
    return [(m[0],) if m[0] == "CopyData" else m for m in out]


def without_late_rows(messages):
    """Rows before an error do not count: it may come before or behind them."""
    out = []
    for message in messages:
        if message[0] == "ErrorResponse":
            while out and out[-1][0] in ("DataRow", "RowDescription"):
                out.pop()
        out.append(message)
    return out


class Replay:
    def __init__(self, path, address, folder):
        self.lines = [json.loads(line) for line in path.open()]
        self.address, self.folder = address, folder
        self.connections, self.want, self.keys = {}, {}, {}
        self.accepted = {line["conn"] for line in self.lines if line.get("msg") == "ReadyForQuery"}

    def connection(self, number):
        if number not in self.connections:
            self.connections[number] = Connection(self.address)
            self.want[number] = []
        return self.connections[number]

    def catch_up(self, number):
        """Reads as many messages as were recorded so far, rows apart."""
        c, want = self.connections[number], self.want[number]
        wanted = sum(m[0] not in STREAMED for m in without_late_rows(want))
        answers = [m[0] for m in want].count("ReadyForQuery") if want and want[-1][0] == "ReadyForQuery" else len(want)
        while sum(m[0] not in STREAMED for m in without_late_rows(c.got)) < wanted and [m[0] for m in c.got].count("ReadyForQuery") < answers:
            c.got.append(c.next())
            if c.got[-1][0].startswith("("):
                return

    def in_order(self):
        """The lines of connections. What is no message was recorded when its connection ended: it comes first."""
        lines = [line for line in self.lines if isinstance(line.get("conn"), int)]
        raw = [line for line in lines if line["msg"] == "(raw)"]
        return raw + [line for line in lines if line["msg"] != "(raw)"]

    def send(self, line):
        c = self.connection(line["conn"])
        for number in list(self.connections):  # connections of one client work on the same things
            if number == line["conn"] or "ErrorResponse" not in [m[0] for m in self.want[number][-2:]]:
                self.catch_up(number)  # but an error of INSERT BULK may be seen later than there
        if line["msg"] == "(eof)":
            try:
                c.sock.shutdown(socket.SHUT_WR)
            except OSError:
                pass  # the server was first
            return
        message = bytes.fromhex(line["hex"])
        if line["msg"] == "CancelRequest" and message[8:] in self.keys:
            time.sleep(0.5)  # ours shows nothing of a statement before its end: it shall at least have begun
            message = message[:8] + self.connections[self.keys[message[8:]]].key
        elif line["msg"] == "PasswordMessage":
            message = signed(message, c, PASSWORD if line["conn"] in self.accepted else WRONG_PASSWORD)
        elif len(message) < line.get("bytes", 0):
            message = made_whole(message, line["bytes"])
        elif line["msg"] != "(raw)":
            message = moved(message, line["msg"] not in UNTAGGED, self.folder)
        if line["msg"] in ("SSLRequest", "GSSENCRequest"):
            c.wants_byte = True
        try:
            c.sock.sendall(message)
        except OSError:
            pass  # the recorded client, too, may have written to a connection that was closed

    def expect(self, line):
        self.connection(line["conn"])
        if line["msg"] == "(eof)":
            self.want[line["conn"]].append(("(eof)",))
            return
        message = bytes.fromhex(line["hex"])
        if line["msg"] == "SSLAnswer":
            self.want[line["conn"]].append(("SSLAnswer", message))
            return
        if line["msg"] == "BackendKeyData":
            self.keys[message[5:]] = line["conn"]
        self.want[line["conn"]].append(essence(line["msg"], message[5:]))

    def run(self):
        for line in self.in_order():
            (self.send if line["dir"] == "C" else self.expect)(line)
        for number, c in self.connections.items():
            self.catch_up(number)
            while self.want[number][-1:] == [("(eof)",)] and not (c.got and c.got[-1][0].startswith("(")):
                c.got.append(c.next())
            self.connections[number].sock.close()
        for number, c in self.connections.items():
            yield number, squeezed(without_late_rows(self.want[number])), squeezed(without_late_rows(c.got))


def start_server(hyperd, recording, folder):
    """Our server with the settings of a recording, if there is one, on a port of its own; the process and its address."""
    settings, with_password = [], False
    for line in map(json.loads, recording.open() if recording else []):
        if "start" in line:
            settings = [a for a in line["start"]["argv"] if a.startswith("--") and "=" in a and "log" not in a]
        with_password |= line.get("msg") == "PasswordMessage"
    if not with_password:
        settings.append("--no-password")
    listener = socket.create_server(("127.0.0.1", 0))
    command = [hyperd, "run", *settings, "--log-config=", "--listen-connection", "tab.tcp://127.0.0.1:auto",
               "--callback-connection", "tab.tcp://127.0.0.1:%d" % listener.getsockname()[1]]
    process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    process.stdin.write((PASSWORD + "\n").encode() * 2)
    process.stdin.close()
    listener.settimeout(TIMEOUT_S)
    callback, _ = listener.accept()
    descriptor = callback.recv(256)[1:-1].decode()
    return process, callback, ("127.0.0.1", int(descriptor.rsplit(":", 1)[1]))


def prepare(folder):
    """The files that the recorded statements read."""
    (folder / "a.csv").write_text('a,b\n1,x\n2,\n3,"q""t"\n')
    (folder / "bad.csv").write_text("1,x\nzz,y\n")
    (folder / "few.csv").write_text("1,x\n2\n")


def is_same(want, got):
    return len(want) == len(got) and all(a == b or is_meant(a, b) for a, b in zip(want, got))


def is_meant(want, got):
    if want[0] == got[0] == "RowDescription":
        return [c[:3] for c in want[1]] == [c[:3] for c in got[1]]
    return want == ("CommandComplete", b"SELECT 0\0") and got[0] == want[0] and got[1].startswith(b"SELECT ")


def blocks(messages):
    """The answers to one request after the other: each ends with ReadyForQuery."""
    out = [[]]
    for message in messages:
        out[-1].append(message)
        if message[0] == "ReadyForQuery":
            out.append([])
    return out


def difference(want, got, not_there=()):
    """What differs first, as text, or None. A statement that was cancelled there may have ended in time here."""
    if want == [("(eof)",)] and got and got[0][0] == "NegotiateProtocolVersion":
        return None
    want_blocks, got_blocks = blocks(want), blocks(got)
    for i, (a, b) in enumerate(zip(want_blocks, got_blocks)):
        cancelled = ("ErrorResponse", "57014") in a
        ended = any(m[0] == "CommandComplete" for m in b)
        inferred = a[:1] == [("ErrorResponse", "42601")] and [m[0] for m in b[:2]] == ["ParseComplete", "ParameterDescription"]
        if i in not_there and b[-2:] != [("ErrorResponse", "0A000"), a[-1]]:
            return f"answer {i} should be 0A000, is {b}"
        if not (i in not_there or is_same(a, b) or (cancelled and ended) or inferred):
            return f"answer {i}:\n  genuine {a}\n  ours    {b}"
    return None if len(want_blocks) == len(got_blocks) else f"{len(want_blocks)} answers, ours {len(got_blocks)}"


def replay_in(hyperd, path, folder):
    """The differences by connection."""
    process, callback, address = start_server(hyperd, path, folder)
    try:
        for number, want, got in Replay(path, address, str(folder)).run():
            text = difference(want, got, NOT_THERE.get(path.stem, ()))
            if text:
                yield f"connection {number}, {text}"
    finally:
        callback.close()
        code = process.wait(TIMEOUT_S)
    if code:
        yield f"hyperd ended with exit code {code}"


def replay(hyperd, path, show):
    """The number of differences."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="replay"))
    prepare(folder)
    try:
        for name in NEEDED_BEFORE.get(path.stem, []):
            list(replay_in(hyperd, path.with_stem(name), folder))
        differences = list(replay_in(hyperd, path, folder))
    finally:
        shutil.rmtree(folder)
    for text in differences[:show]:
        print(f"{path.name}, {text}")
    return len(differences)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hyperd", default="build/hyperd")
    parser.add_argument("--show", type=int, default=3, help="differences to print per recording")
    parser.add_argument("recordings", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    failed = 0
    for path in args.recordings:
        differing = replay(str(pathlib.Path(args.hyperd).resolve()), path, args.show)
        print(f"{path.stem}: {'%d differences' % differing if differing else 'same'}")
        failed += bool(differing)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
