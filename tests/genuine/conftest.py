"""Fixtures of the tests against the genuine server and its files.

GENUINE_HYPERD names the program of the genuine server; what needs it is skipped without. OH_HYPER_SAMPLES and
OH_HYPER_TOOLS name the folders of sample files and of the independent reader (hyperfile.py, hyperblocks.py), by default
those in ../shared.
"""
import json
import os
import pathlib
import shutil
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import engines  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SAMPLES = engines.samples_folder(ROOT)
SAMPLE_FILES = json.loads((SAMPLES / "manifest.json").read_text())["files"] if SAMPLES else []


def pytest_generate_tests(metafunc):
    if "sample" in metafunc.fixturenames:
        metafunc.parametrize("sample", SAMPLE_FILES, ids=[s["file"].removesuffix(".hyper") for s in SAMPLE_FILES])


@pytest.fixture(scope="session")
def ours():
    build = pathlib.Path(os.environ.get("OPENHYPER_BUILD_DIR", ROOT / "build"))
    return engines.Ours(build / "openhyper")


@pytest.fixture(scope="session")
def genuine(tmp_path_factory):
    program = os.environ.get("GENUINE_HYPERD")
    if not program:
        pytest.skip("no genuine server: GENUINE_HYPERD is not set")
    server = engines.Genuine(program, tmp_path_factory.mktemp("server"))
    yield server
    server.close()


class Reader:
    """The independent reader of files."""

    def __init__(self, hyperfile, hyperblocks):
        self._hyperfile, self._hyperblocks = hyperfile, hyperblocks

    def faults(self, path):
        file = self._hyperfile.HyperFile.open(str(path))
        return file.problems() + self._hyperblocks.check(file)

    def open(self, path):
        return self._hyperfile.HyperFile.open(str(path))

    def commit(self, path, changed):
        """Writes another catalog (a dict), or objects (kind, relation, block, attribute, content), with checksums."""
        catalog = changed if isinstance(changed, dict) else None
        objects = [] if catalog else [self._hyperfile.Obj(kind, content, relation, block, attribute)
                                      for kind, relation, block, attribute, content in changed]
        self._hyperfile.commit(str(path), catalog, objects)

    def checksum(self, page):
        return self._hyperfile.crc32c(page)

    def types(self, path):
        """By (schema, table): the catalog types of the columns, such as ["Numeric", 9, 2, "nullable"]."""
        catalog = self._hyperfile.HyperFile.open(str(path)).catalog()
        return {(catalog["namespaces"][r["parent"] - 32]["name"], r["name"]): [c["type"] for c in r.get("attributes", [])]
                for r in catalog["relations"] if not r.get("dropped")}


@pytest.fixture(scope="session")
def reader():
    folder = pathlib.Path(os.environ.get("OH_HYPER_TOOLS", ROOT.parent / "shared/tools"))
    if not (folder / "hyperblocks.py").exists():
        pytest.skip("no independent reader: OH_HYPER_TOOLS is not set")
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
    import hyperblocks
    import hyperfile
    return Reader(hyperfile, hyperblocks)


@pytest.fixture
def sample_path(sample, tmp_path):
    """A copy of the sample that can be changed."""
    path = tmp_path / sample["file"]
    shutil.copyfile(SAMPLES / sample["file"], path)
    return path


@pytest.fixture
def assert_sound(ours, reader):
    """Nobody finds anything wrong with the file: we, the independent reader, and the genuine server if there is one."""
    def check(path, server=None, is_ours=True):
        assert ours.verify(path) == ""
        if is_ours:
            assert reader.faults(path) == []
        if server:
            assert server.validate(path) == ""
    return check
