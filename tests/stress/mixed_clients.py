#!/usr/bin/env python3
"""Many clients of all kinds on one server for a while: readers, writers, DDL, COPY, cancels, clients that are killed.

    mixed_clients.py --hyperd build/hyperd --minutes 10 --clients 64

Every writer notes which of its rows were committed. Readers see no row twice. At the end each noted row must be there once,
each row that was refused or deleted must not, and a counter must show each increment that was confirmed. Clients that are
killed cut their connection within a transaction, a COPY, a result or a statement that would run for long: nothing of it
may stay. No error may come that is not a client's own doing. The server's memory must be flat: in use, at the end against
the first fifth, and little of it is kept once the clients rest. Needs psycopg. Exit code 1 when something is wrong.
"""
import argparse
import collections
import os
import pathlib
import random
import socket
import subprocess
import sys
import tempfile
import threading
import time

import psycopg

USER = "tableau_internal_user"
# Write conflicts, cancelled statements, tables that another client has just dropped: what clients do to each other.
EXPECTED = {"40001", "57014", "42P01", "42P07", "25P02", "55006"}
LONG = "SELECT count(*) FROM generate_series(1, 2000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7"
RESTING_MB = 150


class Stress:
    def __init__(self, hyperd, folder, seconds):
        self.folder, self.until, self.seconds = folder, time.monotonic() + seconds, seconds
        listener = socket.create_server(("127.0.0.1", 0))
        self.process = subprocess.Popen(
            [hyperd, "run", "--no-password", "--listen-connection=tab.tcp://127.0.0.1:auto", "--durability=off",
             "--callback-connection=tab.tcp://127.0.0.1:%d" % listener.getsockname()[1]], cwd=folder, stdout=subprocess.DEVNULL)
        self.callback, _ = listener.accept()
        self.port = int(self.callback.recv(300).rstrip(b"\0").rsplit(b":", 1)[1])
        self.database = str(folder / "stress.hyper")
        self.lock = threading.Lock()
        self.committed, self.refused = set(), set()
        self.increments = 0
        self.next_row = 0
        self.done = collections.Counter()
        self.faults = []
        with self.connect("postgres") as c:
            c.execute(f'CREATE DATABASE "{self.database}"')
        with self.connect() as c:
            c.execute("CREATE TABLE rows(id bigint NOT NULL, client int NOT NULL, note text)")
            c.execute("CREATE TABLE counter(n bigint NOT NULL)")
            c.execute("INSERT INTO counter VALUES (0)")

    def connect(self, database=None, **more):
        return psycopg.connect(host="127.0.0.1", port=self.port, user=USER, dbname=database or self.database, autocommit=True, **more)

    def rows(self, n):
        with self.lock:
            first = self.next_row
            self.next_row += n
        return list(range(first, first + n))

    def note(self, ids, kind):
        with self.lock:
            getattr(self, kind).update(ids)

    def count(self, what):
        with self.lock:
            self.done[what] += 1

    def fault(self, text):
        with self.lock:
            self.faults.append(text)

    def client(self, number):
        rng = random.Random(number)
        actions = [self.insert, self.insert, self.copy, self.delete, self.transaction, self.rollback, self.increment, self.read, self.read,
                   self.fetch, self.ddl, self.cancel, self.kill]
        while time.monotonic() < self.until:
            try:
                with self.connect() as c:
                    for _ in range(rng.randrange(1, 40)):
                        if time.monotonic() > self.until or c.closed:
                            break
                        self.step(c, number, rng, rng.choice(actions))
            except psycopg.OperationalError as e:
                self.fault(f"connection: {e}")
                time.sleep(0.1)

    def step(self, c, number, rng, action):
        try:
            action(c, number, rng)
            self.count(action.__name__)
        except psycopg.Error as e:
            self.count(e.sqlstate)
            if e.sqlstate not in EXPECTED:
                self.fault(f"{action.__name__}: {e.sqlstate} {e}")
            if not c.closed and c.info.transaction_status.name != "IDLE":
                c.execute("ROLLBACK")

    def insert(self, c, number, rng):
        ids = self.rows(rng.randrange(1, 5))
        for i in ids:
            c.execute("INSERT INTO rows VALUES (%s, %s, %s)", [i, number, "x" * rng.randrange(50)])
            self.note([i], "committed")

    def copy(self, c, number, rng):
        ids = self.rows(rng.randrange(1, 2000))
        with c.cursor().copy("COPY rows (id, client) FROM STDIN WITH (FORMAT csv)") as copy:
            for i in ids:
                copy.write(f"{i},{number}\n")
        self.note(ids, "committed")

    def delete(self, c, number, rng):
        """The rows of this client, so that the table stays small."""
        with self.lock:
            before = self.next_row
        ids = [r[0] for r in c.execute("SELECT id FROM rows WHERE client = %s AND id < %s", [number, before])]
        c.execute("DELETE FROM rows WHERE client = %s AND id < %s", [number, before])
        with self.lock:
            self.committed.difference_update(ids)
            self.refused.update(ids)

    def increment(self, c, number, rng):
        c.execute("UPDATE counter SET n = n + 1")
        with self.lock:
            self.increments += 1

    def transaction(self, c, number, rng):
        ids = self.rows(3)
        c.execute("BEGIN")
        for i in ids:
            c.execute("INSERT INTO rows VALUES (%s, %s, NULL)", [i, number])
        c.execute("COMMIT")
        self.note(ids, "committed")

    def rollback(self, c, number, rng):
        ids = self.rows(3)
        c.execute("BEGIN")
        for i in ids:
            c.execute("INSERT INTO rows VALUES (%s, %s, NULL)", [i, number])
        c.execute("ROLLBACK")
        self.note(ids, "refused")

    def read(self, c, number, rng):
        n, distinct = c.execute("SELECT count(*), count(DISTINCT id) FROM rows").fetchone()
        if n != distinct:
            self.fault(f"{n} rows, but {distinct} different ones")

    def fetch(self, c, number, rng):
        n = rng.randrange(1, 20000)
        rows = c.execute("SELECT i, i::text FROM generate_series(1, %s) g(i)", [n]).fetchall()
        if len(rows) != n or rows[-1] != (n, str(n)):
            self.fault(f"{len(rows)} rows of {n}")

    def ddl(self, c, number, rng):
        name = f"made_{rng.randrange(8)}"
        c.execute(f"CREATE TABLE IF NOT EXISTS {name}(a int, b text)")
        c.execute(f"INSERT INTO {name} SELECT i, i::text FROM generate_series(1, 100) g(i)")
        c.execute(f"DROP TABLE IF EXISTS {name}")

    def cancel(self, c, number, rng):
        ended = threading.Event()

        def cancel_until_it_works():
            while not ended.wait(0.02 + rng.random() / 20):
                c.cancel()
        thread = threading.Thread(target=cancel_until_it_works)
        thread.start()
        try:
            c.execute(LONG)
        finally:
            ended.set()
            thread.join()
            time.sleep(0.02)  # a cancel that comes late must not hit the next statement

    def kill(self, c, number, rng):
        ids = self.rows(2)
        self.note(ids, "refused")
        way = rng.choice([self.cut_transaction, self.cut_copy, self.cut_result, self.cut_statement])
        try:
            way(c, number, ids)
        except psycopg.OperationalError:
            pass  # this end sees the cut, too
        c.close()

    @staticmethod
    def cut(c):
        with socket.socket(fileno=os.dup(c.fileno())) as s:
            s.shutdown(socket.SHUT_RDWR)

    def cut_transaction(self, c, number, ids):
        c.execute("BEGIN")
        for i in ids:
            c.execute("INSERT INTO rows VALUES (%s, %s, NULL)", [i, number])
        self.cut(c)

    def cut_copy(self, c, number, ids):
        with c.cursor().copy("COPY rows (id, client) FROM STDIN WITH (FORMAT csv)") as copy:
            for i in ids:
                copy.write(f"{i},{number}\n")
            self.cut(c)

    def cut_result(self, c, number, ids):
        with c.cursor() as cursor:
            for i, _ in enumerate(cursor.stream("SELECT i, i::text FROM generate_series(1, 100000) g(i)")):
                if i == 10:
                    self.cut(c)

    def cut_statement(self, c, number, ids):
        timer = threading.Timer(0.05, self.cut, [c])
        timer.start()
        try:
            c.execute(LONG)
        finally:
            timer.join()

    def memory_kb(self):
        for line in pathlib.Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return int(line.split()[1])
        return 0

    def run(self, n_clients):
        """Memory in MB after a fifth, half and all of the time, and when the clients rest."""
        threads = [threading.Thread(target=self.client, args=[i]) for i in range(n_clients)]
        memory = []
        for t in threads:
            t.start()
        for part in (0.2, 0.5, 0.98):
            # The mean of some looks: single statements come and go.
            time.sleep(max(0, self.until - self.seconds * (1 - part) - time.monotonic()))
            looks = []
            for _ in range(10):
                looks.append(self.memory_kb())
                time.sleep(self.seconds / 1000)
            memory.append(sum(looks) // len(looks) // 1024)
        for t in threads:
            t.join()
        time.sleep(3)
        memory.append(self.memory_kb() // 1024)
        if memory[2] > memory[0] * 1.5 + 50 or memory[3] > RESTING_MB:
            self.fault(f"memory is not flat: {memory} MB")
        self.check()
        self.callback.close()
        code = self.process.wait(30)
        if code:
            self.fault(f"hyperd ended with exit code {code}")
        return memory

    def check(self):
        with self.connect() as c:
            found = collections.Counter(r[0] for r in c.execute("SELECT id FROM rows"))
            counted = c.execute("SELECT n FROM counter").fetchone()[0]
        if counted != self.increments:
            self.fault(f"{self.increments} increments were confirmed, the counter shows {counted}")
        doubles = [i for i, n in found.items() if n > 1]
        lost = self.committed - found.keys()
        risen = self.refused & found.keys()
        for what, ids in (("doubled", doubles), ("lost", lost), ("came back", risen)):
            if ids:
                self.fault(f"{len(ids)} rows {what}: {sorted(ids)[:10]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hyperd", default="build/hyperd")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=64)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="stress") as folder:
        stress = Stress(str(pathlib.Path(args.hyperd).resolve()), pathlib.Path(folder), args.minutes * 60)
        memory = stress.run(args.clients)
    print(dict(stress.done), "\n%d rows stay; memory %d MB after a fifth, %d MB at half time, %d MB at the end, %d MB at rest"
          % (len(stress.committed), *memory))
    for text, n in collections.Counter(stress.faults).most_common(20):
        print(f"{n} x {text}")
    return 1 if stress.faults else 0


if __name__ == "__main__":
    sys.exit(main())
