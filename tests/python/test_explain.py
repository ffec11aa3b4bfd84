"""EXPLAIN (ANALYZE): what operators measured, as JSON and as text."""
import json
import re

import pytest
from openhyper import Connection, CreateMode

ROWS = 400_000


@pytest.fixture(scope="module")
def big_tables(process, tmp_path_factory):
    path = tmp_path_factory.mktemp("explain") / "explain.hyper"
    with Connection(process.endpoint, path, CreateMode.CREATE) as connection:
        connection.execute_command(f"CREATE TABLE big AS SELECT i AS id, i % 1000 AS k FROM generate_series(1, {ROWS}) g(i)")
        connection.execute_command("CREATE TABLE dim AS SELECT i AS k FROM generate_series(1, 20) g(i)")
        yield connection


def operators(big_tables, query):
    """All operators of the query that has been run, the root first."""
    found = []

    def visit(node):
        found.append(node)
        for child in node.get("inputs", []):
            visit(child)

    plan = json.loads(big_tables.execute_scalar_query(f"EXPLAIN (ANALYZE, FORMAT JSON, EXPAND_VIEWS) {query}"))
    visit(plan["plan"])
    return found


def scan_of(found, table):
    return next(node for node in found if node["operator"] == "scan" and node["details"].split()[0] == table)


def test_scans_tell_blocks(big_tables):
    [scan] = operators(big_tables, f"SELECT * FROM big WHERE id > {ROWS - 5000}")
    assert scan["actualRows"] == 5000
    assert (scan["blocksRead"], scan["blocksTotal"]) == (1, -(-ROWS // 131072))


def test_rows_that_joins_do_not_need(big_tables):
    found = operators(big_tables, "SELECT sum(big.id) FROM big JOIN dim ON big.k = dim.k")
    scan = scan_of(found, "big")
    assert scan["actualRows"] == 20 * ROWS // 1000
    assert scan["rowsDroppedByKeyFilters"] == ROWS - scan["actualRows"]
    assert "rowsDroppedByKeyFilters" not in scan_of(found, "dim")
    assert next(node for node in found if node["operator"] == "hash")["memoryBytes"] > 20 * 4


def test_rows_beyond_the_top(big_tables):
    top, scan = operators(big_tables, "SELECT k FROM big ORDER BY id LIMIT 5")
    assert top["actualRows"] == 5 and top["memoryBytes"] < 100_000
    assert scan["actualRows"] < ROWS / 2
    assert scan["rowsDroppedByTopBar"] == ROWS - scan["actualRows"]


def test_memory_of_groups(big_tables):
    [few, _] = operators(big_tables, "SELECT k, count(*) FROM big GROUP BY k")
    [many, _] = operators(big_tables, "SELECT id, count(*) FROM big GROUP BY id")
    assert (few["actualRows"], many["actualRows"]) == (1000, ROWS)
    assert many["memoryBytes"] > ROWS * 4 > few["memoryBytes"] > 1000 * 4


def test_text(big_tables):
    def text(query):
        return big_tables.execute_scalar_query(f"EXPLAIN (ANALYZE) {query}")

    join = text("SELECT sum(big.id) FROM big JOIN dim ON big.k = dim.k")
    assert re.search(r"scan big .*\(actual rows=8000 time=.* ms\)  \(blocks=4 of 4\)  \(dropped by join keys=392000\)", join)
    assert re.search(r"hash join .*\(memory=[0-9.]+ KB\)", join)
    first = "SELECT * FROM (SELECT id, row_number() OVER (PARTITION BY k ORDER BY id) r FROM big) q WHERE r <= 3"
    assert "order id first 3 of each partition: row_number()" in text(first)
    assert "blocks=" not in big_tables.execute_scalar_query(f"EXPLAIN {first}")
