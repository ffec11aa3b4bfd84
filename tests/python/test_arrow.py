"""The Arrow C data interface, out of results and into tables."""
import datetime as dt
import math
from decimal import Decimal

import pytest

import openhyper as api

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")

UTC = dt.timezone.utc
EVERY_TYPE = """SELECT true AS b, (-1)::smallint AS s, 2 AS i, 3::bigint AS l, 4::oid AS o, 1.5::real AS f,
    2.5::double precision AS d, (-1.25)::numeric(10,2) AS n, (-123456789012345678901.5)::numeric(25,2) AS nn,
    'a text of more than twelve bytes' AS t, 'ab'::char(4) AS c4, 'ä'::char(1) AS c1, 'a'::bytea AS y,
    date '0004-02-29' AS da, time '10:11:12.5' AS ti, timestamp '1066-01-01 10:00:00.000001' AS ts,
    timestamptz '2020-01-01 10:00:00+02' AS tz, interval '1 month 2 days 3.5 seconds' AS iv, '{"a":1}'::json AS j"""


def test_every_type_comes_out(connection):
    table = connection.execute_query(f"{EVERY_TYPE} UNION ALL SELECT {', '.join(['NULL'] * 19)}").to_arrow()
    table.validate(full=True)
    rows = table.sort_by("i").to_pylist()
    assert list(rows[0].values()) == [
        True, -1, 2, 3, 4, 1.5, 2.5, Decimal("-1.25"), Decimal("-123456789012345678901.50"),
        "a text of more than twelve bytes", "ab  ", "ä", b"a", dt.date(4, 2, 29), dt.time(10, 11, 12, 500000),
        dt.datetime(1066, 1, 1, 10, 0, 0, 1), dt.datetime(2020, 1, 1, 8, tzinfo=UTC),
        pa.MonthDayNano([1, 2, 3_500_000_000]), '{"a":1}']
    assert set(rows[1].values()) == {None}
    assert table.schema.field("n").type == pa.decimal128(10, 2)
    assert table.schema.field("tz").type == pa.timestamp("us", "UTC")


def test_large_result(connection):
    """Many chunks, many record batches; validity and texts at every position."""
    query = ("SELECT g, g % 7 = 0 AS b, CASE WHEN g % 3 = 0 THEN NULL ELSE repeat('x', g % 20) END AS t "
             "FROM generate_series(1, 300001) g")
    table = pa.table(connection.execute_query(query))
    table.validate(full=True)
    assert table.column("g").to_pylist() == list(range(1, 300002))
    assert table.column("b").to_pylist() == [g % 7 == 0 for g in range(1, 300002)]
    assert table.column("t").to_pylist() == [None if g % 3 == 0 else "x" * (g % 20) for g in range(1, 300002)]


def test_rows_read_before_do_not_come_again(connection):
    result = connection.execute_query("SELECT * FROM generate_series(1, 5000)")
    assert [next(iter(result)) for _ in range(3)] == [[1], [2], [3]]
    assert not connection.is_ready
    reader = pa.RecordBatchReader.from_stream(result)
    assert not result.is_open and connection.is_ready
    assert connection.execute_scalar_query("SELECT 1") == 1  # the stream goes on by itself
    connection.close()
    assert reader.read_all().column(0).to_pylist() == list(range(4, 5001))
    with pytest.raises(RuntimeError):
        result.to_arrow()


def test_no_rows_and_no_columns(connection):
    empty = connection.execute_query("SELECT 1 AS a, 'x' AS b WHERE false").to_arrow()
    assert (empty.num_rows, empty.schema.names) == (0, ["a", "b"])
    assert connection.execute_query("CREATE TABLE x (a int)").to_arrow().num_columns == 0


def test_notebook_table_reads_ahead_only(connection):
    with connection.execute_query("SELECT g, CASE WHEN g = 1 THEN '<b>' END AS t FROM generate_series(1, 3000) g") as rows:
        shown = rows._repr_html_()
        assert "&lt;b&gt;" in shown and "<i>NULL</i>" in shown and "3,000 rows" in shown and "<td>21</td>" not in shown
        assert len(list(rows)) == 3000


def back(connection, data, *types):
    """Rows that come back from a table of the given types after an insert from Arrow."""
    columns = ", ".join(f'"{name}" {sql}' for name, sql in zip(data.schema.names, types))
    connection.execute_command(f"CREATE TEMP TABLE arrow_in ({columns})")
    try:
        with api.Inserter(connection, "arrow_in") as inserter:
            inserter.add_arrow(data)
            inserter.execute()
        return connection.execute_query("SELECT * FROM arrow_in").to_arrow()
    finally:
        connection.execute_command("DROP TABLE arrow_in")


WHEN = dt.datetime(2021, 3, 4, 5, 6, 7)
LAYOUTS = [
    ("text", pa.array(["a", None, "longer than twelve bytes", ""])),
    ("text", pa.array(["a", None, "longer than twelve bytes", ""], pa.large_string())),
    ("text", pa.array(["a", None, "longer than twelve bytes", "longer than twelve bytes, too"], pa.string_view())),
    ("text", pa.array(["b", None, "a", "b"]).dictionary_encode()),
    ("bytea", pa.array([b"\0a", None, b"longer than twelve bytes"], pa.binary_view())),
    ("bytea", pa.array([b"abc", None, b"def"], pa.binary(3))),
    ("smallint", pa.array([1, None, 255], pa.uint8())),
    ("integer", pa.array([1, None, -5], pa.int64())),
    ("bigint", pa.array([1, None, 2**63 - 1], pa.uint64())),
    ("integer", pa.array([7, None, 8, 7], pa.int32()).dictionary_encode()),
    ("double precision", pa.array([1.5, None, -0.25], pa.float16())),
    ("double precision", pa.array([1, None, 3], pa.int8())),
    ("boolean", pa.array([True, None, False, True])),
    ("numeric(9,2)", pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal32(9, 2))),
    ("numeric(18,2)", pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal64(18, 2))),
    ("numeric(30,4)", pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal128(20, 2))),
    ("numeric(38,2)", pa.array([Decimal("1.25"), None, Decimal("-3.50")], pa.decimal256(50, 2))),
    ("date", pa.array([dt.date(1, 1, 1), None, dt.date(9999, 12, 31)])),
    ("date", pa.array([dt.date(1969, 12, 31), None, dt.date(2020, 2, 29)], pa.date64())),
    ("time", pa.array([dt.time(1, 2, 3), None], pa.time32("s"))),
    ("time", pa.array([dt.time(1, 2, 3), None], pa.time64("ns"))),
    ("timestamp", pa.array([WHEN, None, dt.datetime(1, 1, 1)], pa.timestamp("s"))),
    ("timestamp", pa.array([WHEN, None], pa.timestamp("ms"))),
    ("timestamp", pa.array([WHEN, None, dt.datetime(1960, 1, 1, 0, 0, 0, 1)], pa.timestamp("ns"))),
    ("timestamptz", pa.array([WHEN.replace(tzinfo=UTC), None], pa.timestamp("us", "Europe/Berlin"))),
    ("interval", pa.array([pa.MonthDayNano([1, -2, 3000]), None])),
    ("text", pa.nulls(3)),
]


@pytest.mark.parametrize("sql_type,values", LAYOUTS, ids=[str(values.type) for _, values in LAYOUTS])
def test_every_layout_goes_in(connection, sql_type, values):
    """Whole, as a slice in the middle of many rows, and as a struct that is sliced itself."""
    expected = values.to_pylist()
    table = pa.table({"v": values})
    assert back(connection, table, sql_type).column(0).to_pylist() == expected
    many = pa.concat_arrays([values] * 3000)
    sliced = many.slice(5, many.length() if hasattr(many, "length") else len(many) - 5)
    assert back(connection, pa.table({"v": sliced}), sql_type).column(0).to_pylist() == (expected * 3000)[5:]
    struct = pa.StructArray.from_arrays([many], ["v"]).slice(3)
    assert back(connection, pa.RecordBatch.from_struct_array(struct), sql_type).column(0).to_pylist() == (expected * 3000)[3:]


def test_columns_by_name(connection):
    data = pa.table({"b": ["x"], "a": [1]})
    connection.execute_command("CREATE TABLE named (a int, b text)")
    with api.Inserter(connection, "named") as inserter:
        inserter.add_row([0, "first"])
        inserter.add_arrow(data)
        inserter.add_arrow(data.to_batches()[0])  # __arrow_c_array__
        inserter.add_row([2, "last"])
        inserter.execute()
    assert connection.execute_list_query("SELECT * FROM named") == [[0, "first"], [1, "x"], [1, "x"], [2, "last"]]


@pytest.mark.parametrize("data,sql_type,message", [
    (pa.table({"w": [1]}), "int", "no column 'v'"),
    (pa.table({"v": [1], "w": [1]}), "int", "2 columns"),
    (pa.table({"v": ["x"]}), "int", "column 'v': values like text"),
    (pa.table({"v": [1, 2**40]}), "int", "the value of row 2 is out of range"),
    (pa.table({"v": pa.array([2**63], pa.uint64())}), "bigint", "row 1 is out of range"),
    (pa.table({"v": [Decimal("123.45")]}), "numeric(4,2)", "row 1 is out of range"),
    (pa.table({"v": [[1, 2]]}), "int", "has no counterpart"),
    (pa.table({"v": [WHEN.replace(tzinfo=UTC)]}), "timestamp", "values like timestamptz"),
])
def test_refusals(connection, data, sql_type, message):
    """Nothing is inserted, and the connection goes on."""
    connection.execute_command(f"CREATE TABLE r (v {sql_type})")
    with api.Inserter(connection, "r") as inserter:
        with pytest.raises(ValueError, match=message):
            inserter.add_arrow(data)
        assert not inserter.is_open
    assert connection.execute_scalar_query("SELECT count(*) FROM r") == 0


def test_not_null_and_foreign_objects(connection):
    connection.execute_command("CREATE TABLE n (v int NOT NULL)")
    with api.Inserter(connection, "n") as inserter, pytest.raises(api.HyperException):
        inserter.add_arrow(pa.table({"v": [1, None]}))
    with api.Inserter(connection, "n") as inserter, pytest.raises(TypeError):
        inserter.add_arrow([1])
    def broken():
        yield pa.record_batch({"v": [1]})
        raise KeyError("the producer failed")
    reader = pa.RecordBatchReader.from_batches(pa.schema({"v": pa.int64()}), broken())
    with api.Inserter(connection, "n") as inserter, pytest.raises(OSError, match="the producer failed"):
        inserter.add_arrow(reader)


def test_surplus_digits(connection):
    """As add_row: short numerics are rounded half to even, long ones cut."""
    values = pa.table({"v": [Decimal(text) for text in ("1.245", "1.235", "-1.245", "-0.005", "0.006")]})
    short = back(connection, values, "numeric(10,2)").column(0).to_pylist()
    assert short == [Decimal(text) for text in ("1.24", "1.24", "-1.24", "0.00", "0.01")]
    long = back(connection, values, "numeric(30,2)").column(0).to_pylist()
    assert long == [Decimal(text) for text in ("1.24", "1.23", "-1.24", "0.00", "0.00")]


def test_floats_keep_not_a_number(connection):
    values = back(connection, pa.table({"v": [math.nan, None, math.inf]}), "double precision").column(0).to_pylist()
    assert math.isnan(values[0]) and values[1:] == [None, math.inf]
