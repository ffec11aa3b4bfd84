"""The package says what its types are: mypy --strict finds nothing in it."""
import importlib.util
import pathlib
import subprocess
import sys

import pytest

PACKAGES = pathlib.Path(__file__).resolve().parents[2] / "python"


@pytest.mark.skipif(importlib.util.find_spec("mypy") is None, reason="mypy is not installed")
def test_strict(tmp_path):
    ran = subprocess.run([sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "openhyper", "tableauhyperapi"],
                         cwd=PACKAGES, capture_output=True, text=True, timeout=300)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def test_py_typed():
    for name in ("openhyper", "tableauhyperapi"):
        assert importlib.util.find_spec(name) and (pathlib.Path(importlib.util.find_spec(name).origin).parent / "py.typed").exists()
