"""psycopg 3: parameters in text and binary, transactions, pipelines, cursors, COPY, cancel, errors."""
import datetime
import decimal
import threading
import time

import pytest

psycopg = pytest.importorskip("psycopg")


def test_types(connect):
    with connect() as c:
        row = c.execute("SELECT * FROM items ORDER BY id").fetchone()
    assert row == (1, "one", decimal.Decimal("1.50"), datetime.date(2020, 2, 29))


@pytest.mark.parametrize("binary", [False, True])
@pytest.mark.parametrize("sql, want", [
    ("SELECT true", True), ("SELECT 7::smallint", 7), ("SELECT 1234567890123", 1234567890123), ("SELECT 1.5::double precision", 1.5),
    ("SELECT 0.5::real", 0.5), ("SELECT -12345.678::numeric(18,3)", decimal.Decimal("-12345.678")),
    ("SELECT 0.0001::numeric(38,20)", decimal.Decimal("0.0001")), ("SELECT 10000::numeric(10,0)", decimal.Decimal(10000)),
    ("SELECT 'grün'", "grün"), ("SELECT '\\x00ff'::bytea", b"\x00\xff"), ("SELECT date '1969-07-20'", datetime.date(1969, 7, 20)),
    ("SELECT timestamp '2001-02-03 04:05:06.789'", datetime.datetime(2001, 2, 3, 4, 5, 6, 789000)),
    ("SELECT time '12:34:56'", datetime.time(12, 34, 56)), ("SELECT NULL::int", None),
])
def test_results(connect, binary, sql, want):
    with connect() as c:
        assert c.execute(sql, binary=binary).fetchone()[0] == want


@pytest.mark.parametrize("value", [True, 7, -40000, 2 ** 40, 1.25, "text", "", b"\x00\x01", decimal.Decimal("12.345"), decimal.Decimal("-0.001"),
                                   datetime.date(2020, 2, 29), datetime.datetime(1999, 12, 31, 23, 59, 59), datetime.time(1, 2, 3)])
@pytest.mark.parametrize("mark", ["%s", "%b", "%t"])
def test_parameters(connect, value, mark):
    with connect() as c:
        assert c.execute(f"SELECT {mark}", [value]).fetchone()[0] == value


@pytest.mark.parametrize("value", [[1, None, 3], ["a,b", 'c"d', "{", None], [], [1.5], [True, False]])
def test_arrays(connect, value):
    kind = {int: "int[]", str: "text[]", float: "float8[]", bool: "bool[]"}[type((value or ["x"])[0])]
    with connect() as c:
        assert c.execute(f"SELECT %s::{kind}", [value]).fetchone() == (value,)


def test_null_parameter(connect):
    with connect() as c:
        assert c.execute("SELECT %s::int, %s::text", [None, None]).fetchone() == (None, None)


def test_transactions(connect):
    with connect() as c:
        c.execute("INSERT INTO items VALUES (4, 'four', 4, NULL)")
        c.rollback()
        assert c.execute("SELECT count(*) FROM items").fetchone() == (3,)
        with pytest.raises(psycopg.errors.UndefinedColumn):
            c.execute("SELECT nope FROM items")
        with pytest.raises(psycopg.errors.InFailedSqlTransaction):
            c.execute("SELECT 1")
        c.rollback()
        c.execute("INSERT INTO items VALUES (4, 'four', 4, NULL)")
    with connect() as c:
        assert c.execute("SELECT count(*) FROM items").fetchone() == (4,)


def test_executemany_and_pipeline(connect):
    with connect(autocommit=True) as c:
        with c.cursor() as cursor:
            cursor.executemany("INSERT INTO items VALUES (%s, %s, %s, %s)", [(i, str(i), i / 4, None) for i in range(10, 200)])
            assert cursor.rowcount == 190
        with c.pipeline():
            answers = [c.execute("SELECT %s::int + 1", [i]) for i in range(50)]
        assert [a.fetchone()[0] for a in answers] == list(range(1, 51))


def test_server_side_cursor(connect):
    with connect() as c, c.cursor("cur") as cursor:
        cursor.execute("SELECT i FROM generate_series(1, 5000) g(i)")
        cursor.itersize = 700
        assert [r[0] for r in cursor] == list(range(1, 5001))


def test_copy(connect):
    with connect() as c:
        with c.cursor().copy("COPY items (id, name) FROM STDIN WITH (FORMAT csv)") as copy:
            for i in range(1000):
                copy.write(f"{i + 100},name {i}\n")
        assert c.execute("SELECT count(*) FROM items").fetchone() == (1003,)
        with c.cursor().copy("COPY (SELECT id FROM items WHERE id < 103 ORDER BY id) TO STDOUT WITH (FORMAT csv)") as copy:
            assert b"".join(copy) == b"1\n2\n3\n100\n101\n102\n"


def test_hyper_binary_of_quoted_names(connect):
    with connect() as c:
        c.execute("""CREATE TABLE "a""b"("c""d" smallint NOT NULL, e text)""")
        c.execute("""INSERT INTO "a""b" VALUES (7, 'x')""")
        with c.cursor().copy("""COPY public."a""b" ("c""d") TO STDOUT WITH (FORMAT hyperbinary)""") as copy:
            assert b"".join(copy) == b"HPRCPY" + bytes(13) + b"\7\0"


def test_failed_copy_leaves_nothing(connect):
    with connect(autocommit=True) as c:
        with pytest.raises(ValueError, match="given up"), c.cursor().copy("COPY items (id) FROM STDIN WITH (FORMAT csv)") as copy:
            copy.write("7\n")
            raise ValueError("given up")
        with pytest.raises(psycopg.Error), c.cursor().copy("COPY items (id) FROM STDIN WITH (FORMAT csv)") as copy:
            for _ in range(20000):
                copy.write("7\nnot a number\n")
        assert c.execute("SELECT count(*) FROM items").fetchone() == (3,)


def test_cancel(connect):
    with connect(autocommit=True) as c:
        timer = threading.Timer(0.3, c.cancel)
        timer.start()
        began = time.monotonic()
        with pytest.raises(psycopg.errors.QueryCanceled):
            c.execute("SELECT count(*) FROM generate_series(1, 3000000) a, generate_series(1, 1000000) b WHERE a.a + b.b = 7")
        assert time.monotonic() - began < 5
        assert c.execute("SELECT 1").fetchone() == (1,)


def test_errors_have_all_fields(connect):
    with connect(autocommit=True) as c:
        with pytest.raises(psycopg.errors.SyntaxError) as e:
            c.execute("SELECT 1 FRO items")
        d = e.value.diag
        assert d.severity == "ERROR" and d.sqlstate == "42601" and d.statement_position == "14" and "^~~~~" in d.message_detail


def test_large_values(connect):
    text = "ä" * 3_000_000
    with connect() as c:
        assert c.execute("SELECT %s::text", [text]).fetchone()[0] == text


def test_many_rows(connect):
    with connect() as c:
        rows = c.execute("SELECT i, i::text FROM generate_series(1, 200000) g(i)", binary=True).fetchall()
    assert rows[-1] == (200000, "200000") and len(rows) == 200000
