"""The demo, on real cars and on made ones."""
import os
import re
import subprocess
import sys

import pytest

EXAMPLES = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "..", "examples"))
REAL = os.path.abspath(os.path.join(EXAMPLES, "..", "..", "shared", "data", "autos", "autos_real_18704.csv"))


def run_demo(csv, out):
    pytest.importorskip("pandas")
    done = subprocess.run([sys.executable, os.path.join(EXAMPLES, "demo.py"), "--csv", csv, "--out", out],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    rows, size = re.search(r"^([\d,]+) rows of 20 columns in .*, ([\d,]+) bytes$", done.stdout, re.M).groups()
    assert int(size.replace(",", "")) == os.path.getsize(out)
    brands = re.findall(r"^  (\w+) +([\d,.]+) on average, +([\d,]+) cars$", done.stdout, re.M)
    return int(rows.replace(",", "")), brands


def test_real_cars(tmp_path):
    if not os.path.exists(REAL):
        pytest.skip(f"{REAL} is not there")
    rows, brands = run_demo(REAL, str(tmp_path / "real.hyper"))
    assert rows == 18153
    assert brands == [("porsche", "45,028.61", "109"), ("sonstige_autos", "19,029.02", "187"),
                      ("land_rover", "12,582.61", "44"), ("jaguar", "11,574.65", "23"), ("mini", "10,449.27", "158")]


def test_made_cars(tmp_path):
    csv = str(tmp_path / "made.csv")
    subprocess.run([sys.executable, os.path.join(EXAMPLES, "make_autos_csv.py"), csv, "5000"], check=True)
    with open(csv, "rb") as file:
        lines = file.read().decode("latin-1").splitlines()
    assert len(lines) == 5001 and lines[0].count(",") == 19
    rows, brands = run_demo(csv, str(tmp_path / "made.hyper"))
    assert 4700 < rows < 5000 and brands[0][0] == "porsche"
