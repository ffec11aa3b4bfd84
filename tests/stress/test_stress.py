"""A short form of mixed_clients.py."""
import os
import pathlib
import subprocess
import sys

import pytest

BUILD = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", pathlib.Path(__file__).parents[2] / "build")).resolve()


def test_mixed_clients():
    pytest.importorskip("psycopg")
    script = pathlib.Path(__file__).with_name("mixed_clients.py")
    run = subprocess.run([sys.executable, script, "--hyperd", BUILD / "hyperd", "--minutes", "0.2", "--clients", "24"], capture_output=True, text=True,
                         timeout=120)
    assert run.returncode == 0, run.stdout + run.stderr
