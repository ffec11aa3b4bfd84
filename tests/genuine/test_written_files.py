"""Nobody finds anything wrong with the files that the tests before this one have written through the Python package."""
import pytest


def test_files_of_the_python_tests_are_sound(written_files, reader, ours):
    paths = written_files("python")
    if not paths:
        pytest.skip("no test of tests/python has run before")
    faults = {}
    for path in paths:
        told = reader.faults(path) + ours.verify(path).splitlines()
        if told:
            faults[path.name] = told
    assert not faults
