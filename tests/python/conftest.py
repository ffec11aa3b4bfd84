"""Fixtures of the Python tests: an engine, a database, a table maker."""
import pytest

import openhyper as api


@pytest.fixture(scope="session")
def process():
    with api.HyperProcess(api.Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "tests",
                          parameters={"default_database_version": "4"}) as process:
        yield process


@pytest.fixture
def connection(process, tmp_path):
    with api.Connection(process.endpoint, tmp_path / "test.hyper", api.CreateMode.CREATE) as connection:
        yield connection


@pytest.fixture
def table(connection):
    """Makes a table t of columns (name, type[, nullability])."""
    def make(*columns, name="t"):
        definition = api.TableDefinition(name, [api.TableDefinition.Column(*column) for column in columns])
        connection.catalog.create_table(definition)
        return definition
    return make
