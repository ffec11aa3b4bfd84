"""Values of every type through add_row and back, in batches, with nulls among them, in every kind of row."""
import datetime
import decimal
import math

import pytest

import openhyper as api

D, T, UTC = decimal.Decimal, api.SqlType, datetime.timezone.utc

# type, and values that come back as they went in
SAME = {
    T.bool(): [True, False],
    T.small_int(): [-32768, 0, 32767],
    T.int(): [-2**31, -1, 2**31 - 1],
    T.big_int(): [-2**63, 1, 2**63 - 1],
    T.oid(): [0, 2**32 - 1],
    T.float(): [1.5, -0.25, math.inf],
    T.double(): [1e308, 5e-324, -0.0],
    T.numeric(5, 2): [D("123.45"), D("-0.01"), D(0)],
    T.numeric(18, 0): [D(10**18 - 1), D(-10**18 + 1)],
    T.numeric(38, 10): [D("1234567890123456789012345678.0123456789"), D("-0.0000000001")],
    T.text(): ["", "twelve bytes", "thirteen byte", "ä" * 6, "ä" * 7, "日本語 😀 text", "x" * 300_000, "nul\0inside"],
    T.varchar(10): ["", "äöüß", "1234567890"],
    T.char(3): ["abc", "ab ", "   "],
    T.char(1): ["x", "€", " "],
    T.json(): ['{"a": [1, null]}'],
    T.bytes(): [b"", b"\0\xff", b"longer than twelve bytes"],
    T.date(): [api.Date(-4712, 1, 1), api.Date(0, 2, 29), api.Date(2020, 2, 29), api.Date(294276, 12, 31)],
    T.time(): [datetime.time(0), datetime.time(23, 59, 59, 999999)],
    T.timestamp(): [api.Timestamp(-4712, 1, 1), api.Timestamp(2020, 2, 29, 12, 34, 56, 789012),
                    api.Timestamp(294276, 12, 31, 23, 59, 59, 999999)],
    T.timestamp_tz(): [api.Timestamp(2020, 6, 1, 12, 0, 0, tzinfo=UTC)],
    T.interval(): [api.Interval(14, -3, 14706007008), api.Interval(0, 0, 0)],
}


def all_rows():
    """Rows of all types; each column runs through its values and NULL in a rhythm of its own."""
    columns = [values + [None] for values in SAME.values()]
    return [[column[i % len(column)] for column in columns] for i in range(12)]


@pytest.fixture
def wide(table):
    return table(("n", T.int()), *((f"c{i}", kind) for i, kind in enumerate(SAME)))


def test_round_trip_over_many_batches(connection, wide):
    rows = all_rows()
    with api.Inserter(connection, wide) as inserter:
        for i in range(5000):
            inserter.add_row([i, *rows[i % len(rows)]])
        inserter.execute()
    got = connection.execute_list_query("SELECT * FROM t ORDER BY n")
    assert len(got) == 5000
    for i in (*range(60), 2047, 2048, 4095, 4096, 4999):
        assert got[i] == [i, *rows[i % len(rows)]]
        assert list(map(type, got[i])) == [int, *map(type, rows[i % len(rows)])]


@pytest.mark.parametrize("row_as", [list, tuple, iter, lambda row: (value for value in row)])
def test_rows_may_be_anything_iterable(connection, wide, row_as):
    rows = [[i, *row] for i, row in enumerate(all_rows())]
    with api.Inserter(connection, wide) as inserter:
        inserter.add_rows(row_as(row) for row in rows)
        inserter.execute()
    assert connection.execute_list_query("SELECT * FROM t ORDER BY n") == rows


@pytest.mark.parametrize("kind, given, got", [
    (T.bool(), 1, True), (T.int(), True, 1), (T.int(), D("5.7"), 5), (T.double(), 2**60, 2.0**60), (T.oid(), 2**32, 0),
    (T.double(), D("0.5"), 0.5),
    (T.numeric(10, 2), 7, D(7)), (T.numeric(10, 2), D("1.235"), D("1.24")), (T.numeric(10, 2), D("1.245"), D("1.24")),
    (T.numeric(10, 2), D("1.2450000000000000000001"), D("1.25")), (T.numeric(10, 2), D("-0.005"), D(0)),
    (T.numeric(10, 2), D("1E+3"), D(1000)), (T.numeric(10, 2), D("4E-30"), D(0)),
    (T.numeric(30, 2), D("1.239"), D("1.23")), (T.numeric(30, 2), D("-1.239"), D("-1.23")),
    (T.text(), b"caf\xc3\xa9", "café"), (T.text(), b"a\xffb", "a\ufffdb"), (T.text(), memoryview(b"xy"), "xy"),
    (T.char(1), "xyz", "x"), (T.char(4), "ab", "ab  "), (T.bytes(), bytearray(b"ab"), b"ab"),
    (T.date(), datetime.datetime(2020, 1, 2, 3), api.Date(2020, 1, 2)), (T.date(), api.Date(2023, 2, 30), api.Date(2023, 3, 2)),
    (T.timestamp_tz(), datetime.datetime(2020, 6, 1, 12, tzinfo=datetime.timezone(datetime.timedelta(hours=2))),
     api.Timestamp(2020, 6, 1, 10, 0, 0, tzinfo=UTC)),
    (T.time(), datetime.datetime(2020, 1, 1, 3, 4), datetime.time(3, 4)),
])
def test_conversions(connection, table, kind, given, got):
    with api.Inserter(connection, table(("c", kind))) as inserter:
        inserter.add_row([given])
        inserter.execute()
    value = connection.execute_scalar_query("SELECT c FROM t")
    assert value == got and type(value) is type(got)


@pytest.mark.parametrize("kind, value, error", [
    (T.small_int(), 32768, ValueError), (T.int(), 1.0, ValueError), (T.int(), 2**200, ValueError),
    (T.int(), "1", ValueError), (T.oid(), 2**33, ValueError), (T.double(), "1", ValueError),
    (T.double(), 10**400, ValueError), (T.bool(), 2, ValueError), (T.bool(), 1.0, ValueError),
    (T.numeric(10, 2), 1.5, ValueError), (T.numeric(10, 2), D("nan"), ValueError),
    (T.numeric(10, 2), D(10)**20, OverflowError), (T.numeric(30, 2), 1, ValueError),
    (T.numeric(30, 2), D(10)**37, OverflowError), (T.text(), 5, ValueError), (T.text(), "\ud800", UnicodeEncodeError),
    (T.bytes(), "x", ValueError), (T.date(), "2020-01-01", ValueError),
    (T.timestamp(), datetime.date(2020, 1, 1), ValueError), (T.interval(), datetime.timedelta(1), ValueError),
    (T.interval(), api.Interval(2**31, 0, 0), OverflowError),
])
def test_refused(connection, table, kind, value, error):
    inserter = api.Inserter(connection, table(("c", kind)))
    with pytest.raises(error) as raised:
        inserter.add_row([value])
    if error is ValueError:
        assert '"c"' in str(raised.value) and repr(value)[:20] in str(raised.value)
    assert not inserter.is_open and connection.is_ready
    assert connection.execute_scalar_query("SELECT COUNT(*) FROM t") == 0


def test_pandas_values(connection, table):
    pd = pytest.importorskip("pandas")
    t = table(("t", T.timestamp()), ("i", T.int()), ("x", T.double()))
    frame = pd.DataFrame({"i": [7], "x": [1.5]})
    with api.Inserter(connection, t) as inserter:
        inserter.add_row([pd.Timestamp("2020-02-29 01:02:03.000004005"), frame["i"].iloc[0], frame["x"].iloc[0]])
        inserter.execute()
    assert connection.execute_list_query("SELECT * FROM t") == [[api.Timestamp(2020, 2, 29, 1, 2, 3, 4), 7, 1.5]]
    for column, missing, error in ((0, pd.NaT, TypeError), (1, pd.NA, ValueError), (2, pd.NA, ValueError)):
        row = [None, None, None]
        row[column] = missing
        inserter = api.Inserter(connection, t)
        with pytest.raises(error):
            inserter.add_row(row)


def test_row_that_changes_while_it_is_read(connection, table):
    row = [None, 1]

    class Cutter:
        def __index__(self):
            row.clear()
            return 5
    row[0] = Cutter()
    inserter = api.Inserter(connection, table(("a", T.int()), ("b", T.int())))
    with pytest.raises(ValueError):
        inserter.add_row(row)


def test_inserter_used_while_it_reads_a_row(connection, table):
    inserter = api.Inserter(connection, table(("a", T.int())))

    class Meddler:
        def __init__(self, meddle):
            self.meddle = meddle

        def __index__(self):
            self.meddle()
            return 5
    for meddle in (lambda: inserter.add_row([1]), lambda: inserter.close()):
        with pytest.raises(RuntimeError):
            inserter.add_row([Meddler(meddle)])
        assert not inserter.is_open
        inserter = api.Inserter(connection, "t")
    inserter.close()


def test_texts_as_bytes_and_small_reads(connection):
    sql = "SELECT i, 'ä' || i FROM generate_series(1, 10000) AS s(i) ORDER BY 1"
    with connection.execute_query(sql, text_as_bytes=True) as result:
        seen = []
        for row in result:
            seen.append(row)
            if len(seen) % 3 == 0 and result.next_row():
                seen.append(result.get_values())
    assert seen == [[i, f"ä{i}".encode()] for i in range(1, 10001)]


def test_geography_has_the_bytes_of_the_original(connection):
    """Coordinates lie on the original's grid."""
    points = {"point(-122.338083 47.647528)": "07aa02e0256ed901010a00ceabe8fa3dff96f08a9f01",
              "point(1 2)": "07aa021102917901010a00f2c9f2cc0284a5b9a601", "point(0 0)": "07aa024ef93f7801010a000000",
              "point(180 0)": "07aa0234af825801010a000090fcc788ea01", "point(-98.862614 45.734578)":
              "07aa028906e83c01010a00d8b1b4bc3bb5c4b8c78001", "point(1e-7 2e-7)": "07aa02653bb9ab01010a00402a"}
    for text, wanted in points.items():
        assert connection.execute_scalar_query(f"SELECT '{text}'::tableau.tabgeography").hex() == wanted
