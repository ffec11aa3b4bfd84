"""Whole tables in one call: Arrow, pandas, polars, CSV."""
import datetime as dt
from decimal import Decimal

import pytest

import openhyper as api

pa = pytest.importorskip("pyarrow", reason="pyarrow is not installed")
pandas = pytest.importorskip("pandas", reason="pandas is not installed")
numpy = pytest.importorskip("numpy", reason="numpy is not installed")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "frames.hyper"


FRAME = pandas.DataFrame({
    "i": numpy.array([1, -2, 3], "i4"), "u": numpy.array([1, 2, 255], "u1"), "f": [1.5, float("nan"), 2.0],
    "h": numpy.array([1.5, 2.5, 3.5], "f4"), "b": [True, False, True], "s": ["a", None, "longer than twelve bytes"],
    "bytes": [b"\0", None, b"x"], "date": [dt.date(2020, 1, 1), None, dt.date(1, 1, 1)],
    "ts": pandas.to_datetime(["2020-01-01T00:00:00.5", None, "1960-01-01"], format="ISO8601"),
    "tz": pandas.to_datetime(["2020-07-01", None, "2021-01-01"]).tz_localize("Europe/Berlin"),
    "td": pandas.to_timedelta([1, None, 2], unit="s"), "cat": pandas.Categorical(["u", None, "u"]),
    "Int": pandas.array([1, None, 3], "Int64"), "Bool": pandas.array([True, None, False], "boolean"),
    "str": pandas.array(["a", None, "c"], "string"), "dec": [Decimal("1.5"), None, Decimal("-100.25")],
    "time": [dt.time(1, 2, 3), None, dt.time(4)], "na": [pandas.NA, pandas.NaT, "x"], "none": [None, None, None],
    "objects": pandas.Series([1, None, 3], dtype=object)})


def test_every_dtype_of_pandas(path):
    assert api.from_pandas(FRAME, path, "t") == 3
    table = api.to_arrow(path)
    assert table.select(["i", "u", "f", "h", "b", "s", "bytes", "date", "Int", "Bool", "str", "cat"]).to_pydict() == {
        "i": [1, -2, 3], "u": [1, 2, 255], "f": [1.5, None, 2.0], "h": [1.5, 2.5, 3.5], "b": [True, False, True],
        "s": ["a", None, "longer than twelve bytes"], "bytes": [b"\0", None, b"x"],
        "date": [dt.date(2020, 1, 1), None, dt.date(1, 1, 1)], "Int": [1, None, 3], "Bool": [True, None, False],
        "str": ["a", None, "c"], "cat": ["u", None, "u"]}
    assert table["ts"].to_pylist() == [dt.datetime(2020, 1, 1, 0, 0, 0, 500000), None, dt.datetime(1960, 1, 1)]
    assert table["tz"].to_pylist() == [FRAME["tz"][0].to_pydatetime(), None, FRAME["tz"][2].to_pydatetime()]
    assert table["td"].to_pylist() == [pa.MonthDayNano([0, 0, 10**9]), None, pa.MonthDayNano([0, 0, 2 * 10**9])]
    assert table["dec"].to_pylist() == [Decimal("1.50"), None, Decimal("-100.25")]
    assert table["time"].to_pylist() == [dt.time(1, 2, 3), None, dt.time(4)]
    assert table["na"].to_pylist() == [None, None, "x"] and table["none"].null_count == 3
    assert table["objects"].to_pylist() == [1, None, 3]
    nullable = api.to_pandas(path, dtype_backend="numpy_nullable")
    assert str(nullable["Int"].dtype) == "Int64" and nullable["Int"].isna().tolist() == [False, True, False]
    assert str(api.to_pandas(path, dtype_backend="pyarrow")["s"].dtype) == "string[pyarrow]"


def test_many_rows_and_slices(path):
    n = 10_001
    frame = pandas.DataFrame({"n": range(n), "s": [f"row {i}" if i % 5 else None for i in range(n)], "x": "same"})
    assert api.from_pandas(frame[::2], path, "half") == 5001
    back = api.to_pandas(path, "half")
    assert back["n"].tolist() == list(range(0, n, 2)) and back["s"].tolist() == frame["s"][::2].tolist()
    api.from_pandas(frame[:0], path, "none")
    assert len(api.to_pandas(path, "none")) == 0


def test_if_exists_and_connection(path, process):
    data = pa.table({"a": [1]})
    assert api.from_arrow(data, path, "t") == 1
    assert api.from_arrow(data, path, "t", if_exists="append") == 1
    with pytest.raises(api.HyperException, match="already exists"):
        api.from_arrow(data, path, "t", if_exists="fail")
    with pytest.raises(ValueError, match="if_exists"):
        api.from_arrow(data, path, "t", if_exists="other")
    assert api.to_arrow(path, query="SELECT count(*) AS n FROM t")["n"].to_pylist() == [2]
    with api.Connection(process.endpoint, path) as connection:
        api.from_arrow(connection.execute_query("SELECT a + 1 AS b FROM t"), connection, api.TableName("s", "u"))
        assert api.to_arrow(connection, api.TableName("s", "u"))["b"].to_pylist() == [2, 2]
    with pytest.raises(ValueError, match="2 tables"):
        api.to_arrow(path)


def test_mixed_objects_are_refused(path):
    with pytest.raises(ValueError, match="column 'm'"):
        api.from_pandas(pandas.DataFrame({"m": [1, "x"]}), path, "t")


def test_numpy(connection):
    columns = connection.execute_query("SELECT g, nullif(g, 2) AS n FROM generate_series(1, 3) g").fetch_numpy()
    assert columns["g"].dtype == numpy.int32 and columns["g"].tolist() == [1, 2, 3]
    assert columns["n"].mask.tolist() == [False, True, False]


def test_polars(path, connection):
    polars = pytest.importorskip("polars", reason="polars is not installed")
    frame = polars.DataFrame({"i": [1, None], "s": ["a", "longer than twelve bytes"], "d": [dt.date(2020, 1, 1), None],
                              "c": polars.Series(["x", None], dtype=polars.Categorical),
                              "t": [dt.datetime(2020, 1, 1, 1), None], "e": [Decimal("1.5"), None]})
    assert api.from_polars(frame, path, "p") == 2
    back = api.to_polars(path, "p")
    assert back.rows() == frame.with_columns(frame["c"].cast(polars.String)).rows()
    with pytest.raises(TypeError, match="interval"):
        connection.execute_query("SELECT interval '1 day' AS v").to_polars()


def test_csv(path, tmp_path):
    csv = tmp_path / "it's.csv"
    csv.write_text("a;b\n1;x\n2;\n", encoding="utf-8")
    assert api.read_csv(csv, path, "t", delimiter=";", header=True) == 2
    assert api.read_csv(csv, path, "t", delimiter=";", header=True, if_exists="append") == 2
    assert api.to_arrow(path)["a"].to_pylist() == [1, 2, 1, 2]
