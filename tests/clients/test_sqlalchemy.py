"""SQLAlchemy with its PostgreSQL dialect over psycopg: reflection, insert, select."""
import datetime
import decimal

import pytest

sa = pytest.importorskip("sqlalchemy")
pytest.importorskip("psycopg")

from conftest import USER  # noqa: E402


@pytest.fixture
def engine(server, db):
    url = sa.URL.create("postgresql+psycopg", USER, host="127.0.0.1", port=server.port, database=str(db))
    # hstore is looked for within a savepoint, which the server refuses, as the genuine one does.
    engine = sa.create_engine(url, use_native_hstore=False)
    yield engine
    engine.dispose()


def test_reflection(engine):
    inspector = sa.inspect(engine)
    assert inspector.get_table_names() == ["items"]
    assert "public" in inspector.get_schema_names()
    columns = {c["name"]: c for c in inspector.get_columns("items")}
    assert list(columns) == ["id", "name", "price", "day"]
    assert not columns["id"]["nullable"] and columns["name"]["nullable"]
    assert isinstance(columns["price"]["type"], sa.NUMERIC) and columns["price"]["type"].scale == 2
    assert isinstance(columns["day"]["type"], sa.DATE)


def test_reflected_keys(engine):
    with engine.begin() as c:
        c.exec_driver_sql("CREATE TABLE places(country text, city text, ASSUMED PRIMARY KEY (country, city))")
        c.exec_driver_sql("""CREATE TABLE visits(at date, country text, city text, ASSUMED UNIQUE (city, at),
                             ASSUMED FOREIGN KEY (country, city) REFERENCES places(country, city))""")
    inspector = sa.inspect(engine)
    assert inspector.get_pk_constraint("places")["constrained_columns"] == ["country", "city"]
    assert inspector.get_pk_constraint("visits")["constrained_columns"] == []
    [unique] = inspector.get_unique_constraints("visits")
    assert unique["column_names"] == ["city", "at"]
    [index] = inspector.get_indexes("visits")
    assert index["column_names"] == ["city", "at"] and index["unique"]
    assert inspector.get_check_constraints("visits") == [] and inspector.get_table_comment("visits") == {"text": None}
    metadata = sa.MetaData()
    metadata.reflect(engine)
    assert set(metadata.tables) == {"items", "places", "visits"}
    assert list(metadata.tables["places"].primary_key.columns.keys()) == ["country", "city"]
    [key] = metadata.tables["visits"].foreign_key_constraints
    assert key.column_keys == ["country", "city"] and [e.target_fullname for e in key.elements] == ["places.country", "places.city"]


def test_reflected_table(engine):
    items = sa.Table("items", sa.MetaData(), autoload_with=engine)
    with engine.begin() as c:
        c.execute(sa.insert(items), [{"id": i, "name": f"n{i}", "price": decimal.Decimal(i) / 4, "day": datetime.date(2024, 1, 1)} for i in range(10, 30)])
    with engine.connect() as c:
        rows = c.execute(sa.select(items.c.id, items.c.price).where(items.c.name == "n11")).all()
        assert rows == [(11, decimal.Decimal("2.75"))]
        assert c.execute(sa.select(sa.func.count()).select_from(items)).scalar() == 23


def test_create_update_delete(engine):
    metadata = sa.MetaData()
    t = sa.Table("made", metadata, sa.Column("a", sa.Integer, nullable=False, primary_key=False), sa.Column("b", sa.String(20)),
                 sa.Column("c", sa.DateTime), sa.Column("d", sa.Float))
    metadata.create_all(engine)
    with engine.begin() as c:
        c.execute(sa.insert(t).values(a=1, b="x", c=datetime.datetime(2024, 5, 6, 7, 8, 9), d=0.5))
        c.execute(sa.update(t).where(t.c.a == 1).values(b="y"))
        assert c.execute(sa.select(t)).one() == (1, "y", datetime.datetime(2024, 5, 6, 7, 8, 9), 0.5)
        assert c.execute(sa.delete(t)).rowcount == 1
    metadata.drop_all(engine)
    assert "made" not in sa.inspect(engine).get_table_names()
