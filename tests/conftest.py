"""Notes the folders in which tests write, for tests/genuine/test_written_files.py, which looks at what lies there."""
import pytest

folders_key = pytest.StashKey[list]()


def pytest_configure(config):
    config.stash[folders_key] = []


def pytest_runtest_teardown(item):
    folder = getattr(item, "funcargs", {}).get("tmp_path")
    if folder:
        item.config.stash[folders_key].append((item.path.parent.name, folder))


@pytest.fixture
def written_files(request):
    """Files that the tests of a folder have written so far."""
    def files(part):
        return sorted(file for name, folder in request.config.stash[folders_key] if name == part
                      for file in folder.rglob("*.hyper") if file.is_file())
    return files
