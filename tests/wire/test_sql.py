"""The SQL files with the genuine answers, over the wire: as many records hold as in the embedded runner."""
import os
import pathlib
import re
import subprocess
import sys

import pytest

import replay

ROOT = pathlib.Path(__file__).parents[2]
SHARED = ROOT.parent / "shared"
HYPERD = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", "build")).resolve() / "hyperd"


def known_failures():
    """{file: records} of the embedded runner."""
    pairs = (line.split(maxsplit=1) for line in (ROOT / "tests/sql/baseline.txt").read_text().splitlines())
    return {name: int(n) for n, name in pairs}


@pytest.mark.skipif(not (SHARED / "tools/slt.py").exists(), reason="no ../shared/tools/slt.py")
def test_as_embedded(tmp_path):
    process, callback, address = replay.start_server(str(HYPERD), None, tmp_path)
    try:
        run = subprocess.run([sys.executable, SHARED / "tools/slt.py", "--port", str(address[1]), SHARED / "tests/sql"],
                             capture_output=True, text=True, timeout=300)
    finally:
        callback.close()
        process.wait(20)
    counts = re.findall(r"tests/sql/(\S+) +(\d+) passed +(\d+) failed", run.stdout)
    assert len(counts) > 40 and sum(int(passed) for _, passed, _ in counts) > 15000
    assert {name: int(failed) for name, _, failed in counts if failed != "0"} == known_failures()
