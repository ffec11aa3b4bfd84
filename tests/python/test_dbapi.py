"""DB-API 2.0."""
import datetime as dt
import uuid
from decimal import Decimal

import pytest

import openhyper as api
from openhyper import dbapi


@pytest.fixture
def connection(tmp_path):
    with dbapi.connect(tmp_path / "dbapi.hyper") as connection:
        yield connection


@pytest.mark.parametrize("value", [
    None, True, -1, 2**62, 1.5, float("inf"), 1e-300, Decimal("-12.30"), "it's", "back\\slash\n\x012", "?", b"\0\xff",
    dt.date(2020, 2, 29), dt.time(1, 2, 3, 4), dt.datetime(1999, 12, 31, 23, 59, 59, 1),
    dt.datetime(2020, 1, 1, tzinfo=dt.timezone.utc), api.Interval(1, -2, 3)])
def test_parameters_come_back(connection, value):
    row = connection.execute("SELECT ? AS v, '?' AS q /* ? */ -- ?\n, \"?\".a FROM (SELECT 1 AS a) \"?\"", [value]).fetchone()
    assert row == (value, "?", 1) and (value is None or type(row[0]) is type(value))


def test_parameters_of_other_kinds(connection):
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    assert connection.execute("SELECT ?, ?", (numpy.int32(5), numpy.float32(0.5))).fetchall() == [(5, 0.5)]
    assert connection.execute("SELECT ?", [dt.timedelta(days=1, seconds=1)]).fetchone() == (
        api.Interval(0, 0, 86_401_000_000),)
    assert connection.execute("SELECT ?::text", [uuid.UUID(int=1)]).fetchone() == (str(uuid.UUID(int=1)),)
    for parameters in ([], [1, 2], "x", [object()]):
        with pytest.raises(dbapi.ProgrammingError):
            connection.execute("SELECT ?, 1", parameters)


def test_description_and_fetching(connection):
    cursor = connection.execute("SELECT g AS a, g::numeric(10,2) AS b, 'x'::varchar(5) AS c FROM generate_series(1, 10) g")
    assert [entry[:6] for entry in cursor.description] == [
        ("a", api.TypeTag.INT, None, None, None, None), ("b", api.TypeTag.NUMERIC, None, None, 10, 2),
        ("c", api.TypeTag.VARCHAR, None, 5, None, None)]
    assert cursor.description[0][1] == dbapi.NUMBER and cursor.description[2][1] == dbapi.STRING != dbapi.NUMBER
    assert [row[0] for row in cursor.fetchmany(3)] == [1, 2, 3] and len(cursor.fetchmany()) == 1
    other = connection.execute("SELECT 1")  # while rows of the first one are unread
    assert cursor.fetchone()[0] == 5 and [row[0] for row in cursor] == [6, 7, 8, 9, 10] and cursor.fetchone() is None
    assert other.fetchall() == [(1,)]
    cursor.execute("CREATE TABLE t (a int)")
    assert cursor.description is None
    with pytest.raises(dbapi.ProgrammingError):
        cursor.fetchall()
    cursor.close()
    with pytest.raises(dbapi.InterfaceError):
        cursor.execute("SELECT 1")


def test_transactions(connection, tmp_path):
    cursor = connection.cursor()
    cursor.execute("CREATE TABLE t (a int, b text)")
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(i, f"row {i}?") for i in range(1234)])
    assert cursor.rowcount == 1234
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM t").fetchone() == (0,)
    cursor.executemany("INSERT INTO t VALUES (?, ?)", [(i, f"row {i}?") for i in range(1234)])
    connection.commit()
    cursor.execute("UPDATE t SET b = ? WHERE a < ?", ("small", 10))
    assert cursor.rowcount == 10
    cursor.execute("CREATE TABLE u (a int)")  # commits
    connection.rollback()
    assert connection.execute("SELECT count(*) FROM t WHERE b = 'small'").fetchone() == (10,)
    cursor.executemany("DELETE FROM t WHERE a = ?", [[1], [2], [1]])
    assert cursor.rowcount == 2
    connection.close()
    with dbapi.connect(tmp_path / "dbapi.hyper", autocommit=True) as again:
        assert again.execute("SELECT count(*) FROM t").fetchone() == (1234,)  # closing has rolled back
    with pytest.raises(dbapi.InterfaceError):
        connection.cursor()


@pytest.mark.parametrize("statement,error,sqlstate", [
    ("SELEC 1", dbapi.ProgrammingError, "42601"), ("SELECT * FROM nowhere", dbapi.ProgrammingError, "42P01"),
    ("SELECT 1 / 0", dbapi.DataError, "22012"), ("INSERT INTO t VALUES (NULL)", dbapi.IntegrityError, "23502")])
def test_errors(connection, statement, error, sqlstate):
    connection.execute("CREATE TABLE t (a int NOT NULL)")
    with pytest.raises(error) as caught:
        connection.execute(statement).fetchall()
    assert caught.value.sqlstate == sqlstate and isinstance(caught.value.__cause__, api.HyperException)
    connection.rollback()
    assert connection.execute("SELECT 1").fetchone() == (1,)


def test_pandas(connection):
    pandas = pytest.importorskip("pandas", reason="pandas is not installed")
    connection.execute("CREATE TABLE cars (brand text, price int, built date)")
    connection.cursor().executemany("INSERT INTO cars VALUES (?, ?, ?)",
                                    [("vw", 1500, dt.date(1999, 1, 1)), ("opel", None, None)])
    with pytest.warns(UserWarning):  # pandas tests SQLAlchemy and sqlite only
        frame = pandas.read_sql("SELECT * FROM cars WHERE price > ? OR price IS NULL ORDER BY brand", connection, params=[5])
    assert frame["brand"].tolist() == ["opel", "vw"] and frame["built"][1] == dt.date(1999, 1, 1)


def test_around_an_open_connection(process, tmp_path):
    with api.Connection(process.endpoint, tmp_path / "x.hyper", api.CreateMode.CREATE) as mine:
        with dbapi.connect(mine) as connection:
            connection.execute("CREATE TABLE t (a int)")
            connection.execute("INSERT INTO t VALUES (1)")
        assert mine.is_open and mine.execute_scalar_query("SELECT count(*) FROM t") == 1
