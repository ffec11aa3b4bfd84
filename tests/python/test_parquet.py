"""Parquet files that pyarrow writes, read by SQL: types, encodings, compressions, page versions; and what is refused."""
import datetime
import decimal
import itertools
import uuid

import pytest

import openhyper as api

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

D, UTC = decimal.Decimal, datetime.timezone.utc
ROWS = 5000  # several batches, several pages


def every(values, nulls=True):
    """ROWS values in turn; every seventh, and a long run, is null."""
    out = list(itertools.islice(itertools.cycle(values), ROWS))
    if nulls:
        for i in [*range(0, ROWS, 7), *range(2100, 4200)]:
            out[i] = None
    return out


MICROS = [0, 1, -5, 1_577_836_800_123_456, -62_135_596_800_000_000]
# name -> (Arrow type, values, SQL type, what SQL gives as text for the values)
TYPES = {
    "bool": (pa.bool_(), [True, False, False], "boolean", ["true", "false", "false"]),
    "int8": (pa.int8(), [-128, 0, 127], "smallint", None),
    "int16": (pa.int16(), [-2**15, 0, 2**15 - 1], "smallint", None),
    "int32": (pa.int32(), [-2**31, 0, 2**31 - 1, 5, 6], "integer", None),
    "int64": (pa.int64(), [-2**63, 0, 2**63 - 1, 5, 6], "bigint", None),
    "uint8": (pa.uint8(), [0, 255], "smallint", None),
    "uint16": (pa.uint16(), [0, 2**16 - 1], "integer", None),
    "uint32": (pa.uint32(), [0, 2**32 - 1], "bigint", None),
    "uint64": (pa.uint64(), [0, 2**64 - 1], "numeric(20,0)", None),
    "float32": (pa.float32(), [1.5, -0.25], "real", None),
    "float64": (pa.float64(), [1.5, -0.1, 3e300], "double precision", ["1.5", "-0.1", "3e+300"]),
    "string": (pa.string(), ["", "a", "twelve bytes", "thirteen byte", "ä" * 40], "text", None),
    "binary": (pa.binary(), [b"", b"\0\xff", b"longer than twelve bytes"], "bytea",
               ["\\x", "\\x00ff", "\\x" + b"longer than twelve bytes".hex()]),
    "fixed": (pa.binary(3), [b"abc", b"\xff\xfe\0"], "bytea", ["\\x616263", "\\xfffe00"]),
    "fixed20": (pa.binary(20), [b"abcd" * 5, b"wxyz" * 5], "bytea", ["\\x" + "61626364" * 5, "\\x" + "7778797a" * 5]),
    "date32": (pa.date32(), [datetime.date(2020, 2, 29), datetime.date(1, 1, 1)], "date", None),
    "time64": (pa.time64("us"), [datetime.time(1, 2, 3, 4), datetime.time(23, 59, 59)], "time",
               ["01:02:03.000004", "23:59:59"]),
    "decimal9": (pa.decimal128(9, 2), [D("1.23"), D("-9999999.99")], "numeric(9,2)", None),
    "decimal18": (pa.decimal128(18, 4), [D("1.2300"), D("-99999999999999.9999")], "numeric(18,4)", None),
    "decimal38": (pa.decimal128(38, 10), [D("1.2300000000"), D("-9999999999999999999999999999.9999999999")],
                  "numeric(38,10)", None),
    "timestamp": (pa.timestamp("us"), MICROS, "timestamp",
                  ["1970-01-01 00:00:00", "1970-01-01 00:00:00.000001", "1969-12-31 23:59:59.999995",
                   "2020-01-01 00:00:00.123456", "0001-01-01 00:00:00"]),
    "timestamp_ms": (pa.timestamp("ms"), [0, -5, 1_577_836_800_123], "timestamp",
                     ["1970-01-01 00:00:00", "1969-12-31 23:59:59.995", "2020-01-01 00:00:00.123"]),
    "timestamp_ns": (pa.timestamp("ns"), [0, 1_577_836_800_123_456_789], "timestamp",
                     ["1970-01-01 00:00:00", "2020-01-01 00:00:00.123456"]),
    "timestamptz": (pa.timestamp("us", "UTC"), MICROS[:2], "timestamptz",
                    ["1970-01-01 00:00:00+00", "1970-01-01 00:00:00.000001+00"]),
}
ENCODINGS = {"int": [None, "PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT"], "float": [None, "PLAIN", "BYTE_STREAM_SPLIT"],
             "bytes": [None, "PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY"],
             "fixed": [None, "PLAIN", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT"], "bool": ["PLAIN", "RLE"]}
FAMILY = {"bool": "bool", "float32": "float", "float64": "float", "string": "bytes", "binary": "bytes",
          "fixed": "fixed", "fixed20": "fixed", "decimal9": "fixed", "decimal18": "fixed", "decimal38": "fixed"}
CASES = [(name, encoding) for name in TYPES for encoding in ENCODINGS[FAMILY.get(name, "int")]]


def write(path, array, encoding=None, nullable=True, **options):
    schema = pa.schema([pa.field("c", array.type, nullable=nullable)])
    if encoding:
        options |= {"use_dictionary": False, "column_encoding": {"c": encoding}}
    pq.write_table(pa.table([array], schema=schema), path, data_page_size=4096, write_batch_size=512,
                   row_group_size=3000, **options)


def read(connection, path, columns="c::text"):
    with connection.execute_query(f"SELECT {columns} FROM external({api.escape_string_literal(str(path))})") as result:
        return [row[0] for row in result]


def texts(name, values):
    _, originals, _, text = TYPES[name]
    known = dict(zip(originals, text)) if text else {value: f"{value}" for value in originals}
    return [None if value is None else known[value] for value in values]


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("name,encoding", CASES)
def test_types_and_encodings(connection, tmp_path, name, encoding, version):
    arrow, originals, sql_type, _ = TYPES[name]
    path = tmp_path / "x.parquet"
    for nulls in (True, False):
        values = every(originals, nulls)
        write(path, pa.array(values, arrow), encoding, nullable=nulls, data_page_version=version)
        assert read(connection, path) == texts(name, values)
    with connection.execute_query(f"SELECT * FROM external('{path}')") as result:
        column = result.schema.columns[0]
        assert column.name == api.Name("c")
        assert str(column.type).lower().replace(" ", "") in (sql_type.replace(" ", ""), *ALIASES.get(sql_type, ()))


ALIASES = {"boolean": ["bool"], "smallint": ["small_int"], "integer": ["int"], "bigint": ["big_int"], "real": ["float"],
           "double precision": ["double"], "bytea": ["bytes"], "timestamptz": ["timestamp_tz"]}


@pytest.mark.parametrize("codec", ["none", "snappy", "gzip", "zstd", "lz4"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_compressions(connection, tmp_path, codec, version):
    path = tmp_path / "x.parquet"
    values = [None if i % 11 == 3 else f"{i * i % 1000} and some text that repeats, some text" for i in range(ROWS)]
    for encoding in (None, "PLAIN"):
        write(path, pa.array(values), encoding, compression=codec, data_page_version=version)
        assert read(connection, path) == values


def test_other_forms(connection, tmp_path):
    path = tmp_path / "x.parquet"
    micros = pa.array(every(MICROS[:4]), pa.timestamp("us"))
    write(path, micros, use_deprecated_int96_timestamps=True)
    assert read(connection, path) == [None if t is None else t + "+00" for t in texts("timestamp", every(MICROS[:4]))]
    for name in ("decimal9", "decimal18"):
        values = every(TYPES[name][1])
        write(path, pa.array(values, TYPES[name][0]), store_decimal_as_integer=True)
        assert read(connection, path) == texts(name, values)
    some = uuid.UUID(int=5)
    pq.write_table(pa.table({"c": pa.ExtensionArray.from_storage(pa.uuid(), pa.array([some.bytes, None], pa.binary(16)))}), path)
    assert read(connection, path) == [str(some), None]
    write(path, pa.array([], pa.int32()))
    assert read(connection, path) == []
    write(path, pa.nulls(ROWS, pa.string()))
    assert read(connection, path) == [None] * ROWS


def test_copy_and_several_files(connection, tmp_path):
    one, two, three = (tmp_path / f"{n}.parquet" for n in "123")
    pq.write_table(pa.table({"a": pa.array([1, 2, None], pa.int32()), "b": ["x", "y", "z"]}), one)
    pq.write_table(pa.table({"b": ["q"], "a": pa.array([9], pa.int32()), "extra": [1]}), two)
    pq.write_table(pa.table({"b": ["q"]}), three)
    command, scalar = connection.execute_command, connection.execute_scalar_query
    command("CREATE TABLE t (a bigint, b varchar(3))")
    assert command(f"COPY t FROM ARRAY['{one}', '{two}'] WITH (FORMAT parquet)") == 4
    assert command(f"COPY t (b) FROM '{three}'") == 1
    with connection.execute_query("SELECT a, b FROM t") as result:
        assert sorted(map(str, result)) == sorted(map(str, [[1, "x"], [2, "y"], [None, "z"], [9, "q"], [None, "q"]]))
    assert scalar(f"SELECT count(*) FROM external(ARRAY['{one}', '{two}', '{three}'], columns => DESCRIPTOR(b text))") == 5
    write(tmp_path / "long.parquet", pa.array(["äöü ", "four"]))
    assert read(connection, tmp_path / "long.parquet", "c") == ["äöü ", "four"]
    for sql, text in [
            (f"SELECT * FROM external('{tmp_path}/long.parquet', columns => DESCRIPTOR(c varchar(3)))", "string too large"),
            (f"SELECT * FROM external('{tmp_path}/long.parquet', columns => DESCRIPTOR(c char(3)))", "string too large"),
            (f"COPY t FROM '{three}'", 'no column named "a"'),
            (f"SELECT * FROM external('{one}', columns => DESCRIPTOR(a smallint))", "'smallint' is incompatible to type 'integer"),
            (f"SELECT * FROM external('{one}', columns => DESCRIPTOR(a text))", "'text' is incompatible"),
            (f"SELECT * FROM external('{one}', columns => DESCRIPTOR(a int NOT NULL))", "column 'a' is defined NOT NULL"),
            (f"SELECT * FROM external('{one}', header => true)", "'header' does not apply"),
            (f"SELECT * FROM external('{one}', compression => 'gzip')", "'compression' does not apply"),
            (f"SELECT * FROM external('{tmp_path}/none.parquet')", "could not read")]:
        with pytest.raises(api.HyperException) as failure:
            connection.execute_query(sql).close()
        assert text in str(failure.value)


def test_char_and_what_is_refused(connection, tmp_path):
    path = tmp_path / "x.parquet"
    write(path, pa.array(["a  ", "äöü   ", None, "a text of many bytes, cut"] * 9))
    with connection.execute_query(f"SELECT c FROM external('{path}', columns => DESCRIPTOR(c char(26)))") as result:
        assert [row[0] and row[0].rstrip() for row in result] == ["a", "äöü", None, "a text of many bytes, cut"] * 9
    pq.write_table(pa.table({"l": [[1], [2, 3]], "s": [{"x": 1}, None], "b": ["x", "y"]}), path)
    assert read(connection, path, "b") == ["x", "y"]
    for sql, text in [("SELECT l FROM", "nested columns"), ("SELECT s FROM", "nested columns")]:
        with pytest.raises(api.HyperException, match=text):
            connection.execute_query(f"{sql} external('{path}')").close()
    pq.write_table(pa.table({"c": pa.nulls(3)}), path)
    with pytest.raises(api.HyperException, match="cannot be read"):
        read(connection, path)
    pq.write_table(pa.table({"c": [1]}), path, compression="brotli")
    with pytest.raises(api.HyperException, match="BROTLI"):
        read(connection, path)


def test_damage_is_an_error(connection, tmp_path):
    """Each byte of a small file in turn is changed: the answer is some rows or an error, never a crash."""
    path, bad = tmp_path / "x.parquet", tmp_path / "bad.parquet"
    write(path, pa.array(["some text", None, "other text"] * 5))
    data = path.read_bytes()
    outcomes = set()
    for at in range(0, len(data), 3):
        bad.write_bytes(data[:at] + bytes([data[at] ^ 0x55]) + data[at + 1:])
        try:
            outcomes.add(len(read(connection, bad)))
        except api.HyperException:
            outcomes.add("error")
    assert "error" in outcomes and 15 in outcomes
    for end in (0, 3, 8, len(data) // 2, len(data) - 1):
        bad.write_bytes(data[:end])
        with pytest.raises(api.HyperException):
            read(connection, bad)


# ---- COPY TO ----

WRITTEN = [("small_int", "smallint", [-2**15, 7]), ("int", "int", [-2**31, 7]), ("big", "bigint", [-2**63, 7]),
           ("real", "real", [1.5, -0.25]), ("double", "double precision", [0.1, 3e300]), ("bool", "boolean", [True, False]),
           ("text", "text", ["", "ä" * 30, "x"]), ("varchar", "varchar(5)", ["abc", "ab"]), ("json", "json", ['{"a":1}']),
           ("bytes", "bytea", [b"\0\xff", b""]), ("date", "date", [datetime.date(2020, 2, 29), datetime.date(1, 1, 1)]),
           ("time", "time", [datetime.time(1, 2, 3, 4)]), ("n9", "numeric(9,2)", [D("-1.25"), D("9999999.99")]),
           ("n18", "numeric(18,4)", [D("-1.2500")]), ("n38", "numeric(38,10)", [D("-12345678901234567890.0000000001")]),
           ("ts", "timestamp", [datetime.datetime(2020, 1, 1, 1, 2, 3, 4)]),
           ("tz", "timestamptz", [datetime.datetime(2020, 1, 1, 1, 2, 3, 4, UTC)])]


def literal(value, sql_type):
    text = "\\x" + value.hex() if isinstance(value, bytes) else str(value)
    return f"{api.escape_string_literal(text)}::{sql_type}"


@pytest.mark.parametrize("codec", ["snappy", "zstd", "gzip", "lz4", "uncompressed"])
def test_copy_to_is_read_by_all(connection, tmp_path, codec):
    """Few and many distinct values, with nulls and without, in several row groups."""
    path = tmp_path / "x.parquet"
    columns = ", ".join(f"CASE i % {len(values) + 1} " + " ".join(f"WHEN {k} THEN {literal(value, sql_type)}"
                        for k, value in enumerate(values)) + f" END AS {name}" for name, sql_type, values in WRITTEN)
    n = connection.execute_command(
        f"COPY (SELECT i, i * 7919 AS many, 'text ' || i AS texts, {columns} FROM generate_series(0, 49999) AS s(i) ORDER BY i) "
        f"TO '{path}' WITH (FORMAT parquet, codec {codec}, rows_per_row_group 20000)")
    assert n == 50_000
    file = pq.ParquetFile(path)
    assert file.metadata.num_row_groups == 3
    table = file.read()
    assert table["i"].to_pylist() == list(range(50_000))
    assert table["texts"].to_pylist() == [f"text {i}" for i in range(50_000)]
    for name, _, values in WRITTEN:
        expected = [*values, None]
        assert table[name].to_pylist() == [expected[i % len(expected)] for i in range(50_000)], name
    names = ", ".join(name for name, _, _ in WRITTEN)
    assert connection.execute_scalar_query(
        f"SELECT count(*) FROM (SELECT i, many, texts, {names} FROM external('{path}')) AS a "
        f"JOIN (SELECT i, i * 7919 AS many, 'text ' || i AS texts, {columns} FROM generate_series(0, 49999) AS s(i)) AS b "
        f"ON a.i = b.i WHERE a.many = b.many AND a.texts = b.texts AND " +
        " AND ".join(f"a.{name} IS NOT DISTINCT FROM b.{name}" for name, _, _ in WRITTEN if name != "json")) == 50_000
    statistics = file.metadata.row_group(1).column(0).statistics
    assert (statistics.min, statistics.max, statistics.null_count) == (20_000, 39_999, 0)


def test_copy_to_parallel_keeps_order(connection, tmp_path):
    path = tmp_path / "x.parquet"
    connection.execute_command("CREATE TABLE big AS SELECT i, i % 10 AS k FROM generate_series(1, 500000) AS s(i)")
    connection.execute_command(f"COPY (SELECT i FROM big WHERE k < 7) TO '{path}'")
    assert pq.read_table(path)["i"].to_pylist() == [i for i in range(1, 500_001) if i % 10 < 7]
    connection.execute_command(f"COPY (SELECT i FROM big WHERE k > 10) TO '{path}'")
    assert pq.read_table(path).num_rows == 0


@pytest.mark.parametrize("ending", ["parquet", "csv", "csv.gz"])
def test_failed_copy_to_leaves_what_was_there(connection, tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    bad = f"COPY (SELECT 1 / (i - 400000) AS a FROM generate_series(1, 500000) AS s(i)) TO '{path}'"
    with pytest.raises(api.HyperException, match="division by zero"):
        connection.execute_command(bad)
    assert list(tmp_path.glob("x*")) == []
    connection.execute_command(f"COPY (SELECT 1 AS a) TO '{path}'")
    before = path.read_bytes()
    with pytest.raises(api.HyperException, match="division by zero"):
        connection.execute_command(bad)
    assert path.read_bytes() == before and list(tmp_path.glob("x*")) == [path]


def test_copy_to_refuses(connection, tmp_path):
    for sql, text in [(f"COPY (SELECT interval '1 day' AS i) TO '{tmp_path}/x.parquet'", "cannot be used in a Parquet file"),
                      (f"COPY (SELECT 1 AS a) TO '{tmp_path}/x.parquet' WITH (codec foo)", "Unknown Parquet compression codec 'foo'"),
                      (f"COPY (SELECT 1 AS a) TO '{tmp_path}/x.parquet' WITH (rows_per_row_group 0)", "positive number"),
                      (f"COPY (SELECT 1 AS a) TO '{tmp_path}/x.csv' WITH (codec zstd)", "'codec' does not apply")]:
        with pytest.raises(api.HyperException, match=text):
            connection.execute_command(sql)
        assert list(tmp_path.glob("x*")) == []
