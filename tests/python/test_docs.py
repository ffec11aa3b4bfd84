"""Every Python example of the docs runs, and prints what the page says it prints."""
import pathlib
import re
import subprocess
import sys

import pytest

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
EXAMPLE = re.compile(r"```python\n(.*?)```(?:\s+It prints\s+```\n(.*?)```)?", re.S)
EXAMPLES = [(page.name, code, output) for page in sorted(DOCS.glob("**/*.md"))
            for code, output in EXAMPLE.findall(page.read_text(encoding="utf-8"))]


def test_there_are_examples():
    assert EXAMPLES


@pytest.mark.parametrize("page,code,output", EXAMPLES, ids=[page for page, _, _ in EXAMPLES])
def test_example(page, code, output, tmp_path):
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == output
