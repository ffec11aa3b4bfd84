"""The wheel and the source distribution: built, installed into an empty environment, and used."""
import glob
import os
import re
import subprocess
import sys
import tarfile
import zipfile

import pytest

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
BUILD = os.path.abspath(os.environ.get("OPENHYPER_BUILD_DIR") or os.path.join(ROOT, "build"))
JOB = """
import datetime, sys
from tableauhyperapi import *
with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as hyper:
    with Connection(hyper.endpoint, "x.hyper", CreateMode.CREATE_AND_REPLACE) as connection:
        table = TableDefinition("t", [TableDefinition.Column("a", SqlType.text()), TableDefinition.Column("d", SqlType.date())])
        connection.catalog.create_table(table)
        with Inserter(connection, table) as inserter:
            inserter.add_row(["x", datetime.date(2020, 2, 29)])
            inserter.execute()
        print(connection.execute_list_query("SELECT * FROM t"))
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=600, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def dist(tmp_path_factory):
    """A copy of the sources, so that nothing of other builds gets in, and what was built of them."""
    folder = tmp_path_factory.mktemp("dist")
    source = folder / "source"
    source.mkdir()
    for name in ("meson.build", "meson_options.txt", "LICENSE", "include", "src", "examples", "tests", "python"):
        if name != "python":
            os.symlink(os.path.join(ROOT, name), source / name)
    run("cp", "-r", os.path.join(ROOT, "python"), str(source / "python"))
    run("rm", "-rf", str(source / "python" / "build"))
    environment = {**os.environ, "OPENHYPER_BUILD_DIR": BUILD}
    backend = "import setuptools.build_meta as b; b.build_{0}(r'{1}')"
    for kind in ("wheel", "sdist"):
        run(sys.executable, "-c", backend.format(kind, folder), cwd=source / "python", env=environment)
    return folder


def use(dist, package, name):
    """Installs into an environment that has nothing, and runs the job there."""
    home = dist / name
    run(sys.executable, "-m", "venv", "--without-pip", str(home))
    python = str(home / "bin" / "python")
    run(sys.executable, "-m", "pip", "--python", python, "install", "--no-index", "--no-deps", "--no-build-isolation",
        package, env={**os.environ, "OPENHYPER_BUILD_DIR": BUILD})
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "LD_LIBRARY_PATH")}
    return run(python, "-c", JOB, cwd=home, env=environment)


def test_one_wheel_for_all_versions(dist):
    wheel, = glob.glob(str(dist / "*.whl"))
    assert re.search(r"-cp311-abi3-manylinux_2_\d+_\w+\.whl$", wheel)
    names = zipfile.ZipFile(wheel).namelist()
    assert "openhyper/_engine.abi3.so" in names and "openhyper/libopenhyper.so" in names and "openhyper/py.typed" in names
    assert not [name for name in names if "cpython" in name or name.endswith(".c")]
    assert os.path.getsize(wheel) < 6_000_000
    assert use(dist, wheel, "wheel") == "[['x', Date(2020, 2, 29)]]\n"


def test_wheel_brings_its_libraries(dist):
    wheel, = glob.glob(str(dist / "*.whl"))
    zipfile.ZipFile(wheel).extractall(dist / "unpacked")
    listed = run("ldd", str(dist / "unpacked" / "openhyper" / "_engine.abi3.so"))
    for name, path in re.findall(r"(\S+) => (\S+)", listed):
        assert re.match(r"lib(c|m|dl|pthread|gcc_s)\.so", name) or path.startswith(str(dist)), listed


def test_source_distribution(dist):
    source, = glob.glob(str(dist / "*.tar.gz"))
    names = tarfile.open(source).getnames()
    for wanted in ("ext/engine.h", "engine/meson.build", "engine/src/session/session.c", "openhyper/_engine.pyi"):
        assert [name for name in names if name.endswith("/" + wanted)], wanted
    run("tar", "xf", source, "-C", str(dist))
    folder = source[:-len(".tar.gz")]
    run("meson", "setup", "-Dunit_tests=false", str(dist / "configured"), folder + "/engine")  # whether nothing is missing
    run(sys.executable, "-c", f"import setuptools.build_meta as b; b.build_wheel(r'{dist / 'name'}')", cwd=folder,
        env={**os.environ, "OPENHYPER_BUILD_DIR": BUILD})
    assert use(dist, glob.glob(str(dist / "name" / "*.whl"))[0], "sdist") == "[['x', Date(2020, 2, 29)]]\n"
