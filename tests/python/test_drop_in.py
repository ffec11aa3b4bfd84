"""The cases that state how Tableau's package behaves, run on ours. Those in known_failures.txt may fail; one of them
that passes must be taken off the list, which therefore only shrinks."""
import os
import re
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
CASES = os.path.abspath(os.path.join(HERE, "..", "..", "..", "shared", "tests", "python_api"))


def known_failures():
    with open(os.path.join(HERE, "known_failures.txt"), encoding="utf-8") as file:
        return {line.strip() for line in file if line.strip() and not line.startswith("#")}


def run_cases(tmp_path, hyper_path):
    report = tmp_path / "report.txt"
    environment = {**os.environ, "HYPERAPI_MODULE": "tableauhyperapi", "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("HYPERAPI_HYPER_PATH", None)
    if hyper_path:
        environment["HYPERAPI_HYPER_PATH"] = os.path.abspath(hyper_path)
    with open(report, "w", encoding="utf-8") as out:
        subprocess.run([sys.executable, "-m", "pytest", "-rA", "-q", "--color=no", "--tb=no", "-p", "no:cacheprovider",
                        "--rootdir", CASES, CASES], cwd=tmp_path, env=environment, stdout=out, stderr=out, timeout=1200)
    text = report.read_text(encoding="utf-8")
    lines = re.findall(r"^(PASSED|FAILED|ERROR) (\S*?(?:\[.*?\])?)(?: - .*)?$", text, re.M)
    assert lines, text[-3000:]
    cases = [(outcome, re.sub(r"^[^:]*/", "", case)) for outcome, case in lines]
    return ({case for outcome, case in cases if outcome == "PASSED"},
            {case for outcome, case in cases if outcome != "PASSED"})


@pytest.mark.parametrize("hyper_path", [None, os.environ.get("OPENHYPER_BUILD_DIR") or os.path.join(HERE, "..", "..", "build")],
                         ids=["here", "server"])
def test_cases_of_the_original(tmp_path, hyper_path):
    if not os.path.isdir(CASES):
        pytest.skip(f"{CASES} is not there")
    known = known_failures()
    passed, failed = run_cases(tmp_path, hyper_path)
    print(f"drop-in cases: {len(passed)} passed, {len(failed)} failed")
    assert not sorted(failed - known), "these used to pass"
    assert not sorted(known & passed), "these pass now: take them off known_failures.txt"
