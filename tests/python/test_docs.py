"""Every Python and SQL example of the docs runs, and prints what the page says it prints."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\s+It prints\s+```\n(.*?)```)?", re.S)
EXAMPLES = [(page.name, code, output) for page in sorted(DOCS.glob("**/*.md"))
            for code, output in EXAMPLE.findall(page.read_text(encoding="utf-8"))]
SQL_EXAMPLE = re.compile(r"```sql\n(.*?)```(?:\s+It prints\s+```\n(.*?)```)?", re.S)
SQL_EXAMPLES = [(page.name, code, output) for page in sorted(DOCS.glob("**/*.md"))
                for code, output in SQL_EXAMPLE.findall(page.read_text(encoding="utf-8"))]
SHELL = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", DOCS.parent / "build")) / "openhyper"


def test_there_are_examples():
    assert EXAMPLES and SQL_EXAMPLES


@pytest.mark.parametrize("page,code,output", EXAMPLES, ids=[page for page, _, _ in EXAMPLES])
def test_example(page, code, output, tmp_path):
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == output


@pytest.mark.parametrize("page,code,output", SQL_EXAMPLES, ids=[page for page, _, _ in SQL_EXAMPLES])
def test_sql_example(page, code, output, tmp_path):
    (tmp_path / "example.sql").write_text(code, encoding="utf-8")
    ran = subprocess.run([SHELL, "--bail", "-m", "csv", "-f", "example.sql"], cwd=tmp_path, capture_output=True, text=True,
                         timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == output


def test_functions_are_those_of_the_registry():
    """docs/sql/functions.md is what `openhyper functions` writes."""
    ran = subprocess.run([SHELL, "functions"], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert (DOCS / "sql" / "functions.md").read_text(encoding="utf-8") == ran.stdout


def test_deviations_are_explained():
    """docs/sql/deviations.md names as many records of each file as tests/sql/baseline.txt counts."""
    page = (DOCS / "sql" / "deviations.md").read_text(encoding="utf-8")
    explained = {file: int(n) for file, n in re.findall(r"^\| `(\S+\.slt)` \| (\d+) \|", page, re.M)}
    lines = (DOCS.parent / "tests" / "sql" / "baseline.txt").read_text(encoding="utf-8").split("\n")
    counted = {file: int(n) for n, file in (line.split() for line in lines if line)}
    assert explained == counted
