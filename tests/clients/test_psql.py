"""psql: the commands by which people look around, and \\copy."""
import shutil
import subprocess

import pytest

from conftest import USER

pytestmark = pytest.mark.skipif(not shutil.which("psql"), reason="psql is not installed")


@pytest.fixture
def psql(server, db):
    def psql(script):
        return subprocess.run(["psql", "-X", "-q", "-h", "127.0.0.1", "-p", str(server.port), "-U", USER, "-d", str(db),
                               "-v", "ON_ERROR_STOP=1", "-f", "-"], input=script, capture_output=True, text=True, check=True,
                              timeout=60).stdout
    return psql


def test_describe(psql):
    out = psql("\\d items\n")
    assert "id" in out and "not null" in out and "numeric(10,2)" in out and "date" in out


@pytest.mark.parametrize("command, want", [("\\dt", "items"), ("\\d", "items"), ("\\dn", "public"), ("\\l", "clients")])
def test_lists(psql, command, want):
    assert want in psql(command + "\n")


def test_timing(psql):
    out = psql("\\timing on\nSELECT 41 + 1;\n")
    assert "42" in out and "Time:" in out


def test_copy_both_ways(psql, tmp_path):
    psql(f"\\copy items TO '{tmp_path}/items.csv' WITH (FORMAT csv, HEADER)\n")
    assert (tmp_path / "items.csv").read_text() == "id,name,price,day\n1,one,1.50,2020-02-29\n2,,,\n3,drei,-0.25,1999-12-31\n"
    out = psql(f"CREATE TABLE copy(id int, name text, price numeric(10,2), day date);\n\\copy copy FROM '{tmp_path}/items.csv' "
               "WITH (FORMAT csv, HEADER)\nSELECT count(*), sum(price) FROM copy;\n")
    assert "3" in out and "1.25" in out


def test_completion(psql):
    """The query by which psql completes the names of tables."""
    out = psql("SELECT pg_catalog.quote_ident(c.relname) FROM pg_catalog.pg_class c WHERE c.relkind IN ('r') AND "
               "substring(pg_catalog.quote_ident(c.relname),1,2)='it' AND pg_catalog.pg_table_is_visible(c.oid) LIMIT 1000;\n")
    assert "items" in out


def test_errors_show_their_place(server, db):
    run = subprocess.run(["psql", "-X", "-h", "127.0.0.1", "-p", str(server.port), "-U", USER, "-d", str(db), "-c", "SELECT nope FROM items"],
                         capture_output=True, text=True)
    assert run.returncode == 1 and "nope" in run.stderr and "LINE 1: SELECT nope FROM items" in run.stderr
