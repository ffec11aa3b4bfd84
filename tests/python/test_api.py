"""What the cases of ../shared/tests/python_api do not look at: both import names, typing, edges of errors."""
import doctest
import importlib
import inspect
import pickle
import pkgutil

import pytest

import openhyper as api


def test_both_names_are_one_package():
    other = importlib.import_module("tableauhyperapi")
    assert other.__all__ == [name for name in api.__all__ if name not in api.frames.__all__]  # the original has none
    assert other.__version__ == api.__version__
    for name in api.__all__:
        assert getattr(other, name) is getattr(api, name)
    for module in pkgutil.iter_modules(api.__path__):
        # a shared library looks like a module; these are ours only
        if not module.name.startswith(("_", "lib")) and module.name not in ("frames", "dbapi", "progress"):
            ours = importlib.import_module(f"openhyper.{module.name}")
            theirs = importlib.import_module(f"tableauhyperapi.{module.name}")
            assert all(getattr(ours, name) is getattr(theirs, name) for name in ours.__all__)
    assert other.sqltype.SqlType is api.SqlType


def test_everything_public_has_a_docstring():
    for name in api.__all__:
        thing = getattr(api, name)
        if inspect.isclass(thing):
            assert thing.__doc__, name
            for attribute, value in vars(thing).items():
                if not attribute.startswith("_") and (callable(value) or isinstance(value, property)):
                    assert value.__doc__, f"{name}.{attribute}"


@pytest.mark.parametrize("module", ["", ".sql", ".date", ".timestamp", ".interval", ".schemaname", ".tablename"])
def test_examples_in_docstrings(module):
    failed, tried = doctest.testmod(importlib.import_module("openhyper" + module), extraglobs=vars(api))
    assert tried and not failed


@pytest.mark.parametrize("value", [api.Date(-4712, 1, 1), api.Timestamp(294276, 12, 31, 1, 2, 3, 4), api.Interval(1, -2, 3)])
def test_values_can_be_pickled(value):
    copy = pickle.loads(pickle.dumps(value))
    assert copy == value and type(copy) is type(value) and hash(copy) == hash(value)


def test_leap_day_outside_of_python():
    import datetime
    stamp = api.Timestamp(-4712, 2, 29, tzinfo=datetime.timezone.utc)
    assert str(stamp) == "-4712-02-29 00:00:00+00:00"


def test_statement_must_be_text(connection):
    for statement in (None, b"SELECT 1", 5):
        with pytest.raises(TypeError):
            connection.execute_query(statement)
    assert connection.is_ready


def test_message_ends_with_the_place(connection):
    with pytest.raises(api.HyperException) as error:
        connection.execute_command("SELECT\n  no_such FROM (SELECT 1 AS a) x")
    assert "line 2, column 3" in error.value.main_message and "^~~~~~~" in error.value.main_message


def test_busy_has_a_hint(connection):
    with connection.execute_query("SELECT 1"):
        with pytest.raises(api.HyperException) as error:
            connection.execute_command("SELECT 1")
    assert error.value.hint and error.value.context_id.value


def test_program_cannot_be_started(tmp_path):
    (tmp_path / "hyperd").touch()
    with pytest.raises(api.HyperException) as error:
        api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, hyper_path=tmp_path)
    assert "Permission denied" in error.value.__cause__.main_message


def test_parameters_of_servers_are_accepted():
    parameters = {"log_config": "", "log_dir": "/nowhere", "use_tcp_port": "auto", "memory_limit": "2g"}
    with api.HyperProcess(api.Telemetry.SEND_USAGE_DATA_TO_TABLEAU, parameters=parameters) as process:
        with api.Connection(process.endpoint) as connection:
            assert connection.execute_scalar_query("SELECT 1") == 1


def test_paths_are_relative_to_the_start(tmp_path, monkeypatch):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as process:
        monkeypatch.chdir(tmp_path / "elsewhere")
        with api.Connection(process.endpoint, "a.hyper", api.CreateMode.CREATE) as connection:
            connection.catalog.create_database("b.hyper")
    assert (tmp_path / "a.hyper").exists() and (tmp_path / "b.hyper").exists()


def test_nothing_to_insert(connection, table):
    table(("a", api.SqlType.int()))
    for arguments in ({"columns": []}, {"arg": api.TableDefinition("t")}):
        with pytest.raises(ValueError):
            api.Inserter(connection, **{"arg": "t", **arguments})
    assert connection.is_ready
