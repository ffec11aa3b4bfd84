"""Whole tables in one call: from and to Arrow, pandas, polars and CSV.

Each function takes the path of a .hyper file, or a Connection that is open already. With `progress=True` those that take
longer show how far they are; see `openhyper.progress`.
"""
import atexit
import os
import threading
from contextlib import contextmanager
from pathlib import PurePath
from typing import Any, Dict, Iterator, List, Optional, Sequence, Tuple, Union

from . import _engine, _frames
from .connection import Connection, CreateMode
from .hyperprocess import HyperProcess, Telemetry
from .inserter import Inserter
from .name import Name
from .progress import Progress, watch
from .result import Result
from .schemaname import SchemaName
from .sql import escape_name, escape_string_literal
from .tablename import TableName

__all__ = ["from_arrow", "from_pandas", "from_polars", "read_csv", "to_arrow", "to_pandas", "to_polars"]

Target = Union[str, PurePath, Connection]
Table = Union[str, Name, TableName]

_processes: Dict[Tuple[int, str], HyperProcess] = {}
_lock = threading.Lock()


def _process(version: str) -> HyperProcess:
    """The engine of this module, one for each version of new files; another one after a fork."""
    key = (os.getpid(), version)
    with _lock:
        process = _processes.get(key)
        if process is None or not process.is_open:
            process = HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU, "openhyper.frames",
                                   parameters={"default_database_version": version})
            _processes[key] = process
        return process


@atexit.register
def _close_processes() -> None:
    for (pid, _), process in _processes.items():
        if pid == os.getpid():
            process.close()


@contextmanager
def _connected(target: Target, create_mode: CreateMode, version: str = "2") -> Iterator[Connection]:
    if isinstance(target, Connection):
        yield target
        return
    path = os.path.abspath(os.fspath(target))
    with Connection(_process(version).endpoint, path, create_mode) as connection:
        yield connection


def _version_for(columns: Sequence[Tuple[str, str]]) -> str:
    """Files below version 3 hold no numbers of more than 18 digits."""
    for _, sql_type in columns:
        if sql_type.startswith("numeric(") and int(sql_type[8:].split(",")[0]) > 18:
            return "3"
    return "2"


def _make_table(connection: Connection, table: Table, columns: Sequence[Tuple[str, str]], if_exists: str) -> TableName:
    """The table to insert into, made anew unless rows are to be appended to one that exists."""
    if if_exists not in ("replace", "append", "fail"):
        raise ValueError(f"'if_exists' is 'replace', 'append' or 'fail', not {if_exists!r}")
    name = table if isinstance(table, TableName) else TableName(table)
    if if_exists == "append" and connection.catalog.has_table(name):
        return name
    if if_exists == "replace":
        connection.execute_command(f"DROP TABLE IF EXISTS {name}")
    if name.schema_name is not None:
        connection.catalog.create_schema_if_not_exists(name.schema_name)
    definitions = ", ".join(f"{escape_name(column)} {sql_type}" for column, sql_type in columns)
    connection.execute_command(f"CREATE TABLE {name} ({definitions})")
    return name


def _inserting(connection: Connection, inserter: Inserter, n_rows: Optional[int], progress: Progress) -> watch:
    """Rows handed over of all; not known where their number is not."""
    return watch(progress, lambda: inserter._sent_row_count / n_rows if n_rows else -1.0, connection.cancel)


def from_arrow(data: Any, target: Target, table_name: Table, *, if_exists: str = "replace", progress: Progress = False
               ) -> int:
    """Stores a table of Arrow.

    :param data: anything with ``__arrow_c_stream__`` or ``__arrow_c_array__``: tables and readers of pyarrow, frames of
        polars, relations of DuckDB, results of openhyper.
    :param target: path of the file, which is created if need be, or an open connection.
    :param table_name: the table; a str is a table of the schema ``public``.
    :param if_exists: ``"replace"`` the table, ``"append"`` to it, or ``"fail"``.
    :param progress: whether to show how far it is, or a function to be told.
    :return: the number of rows.
    """
    source = data.__arrow_c_stream__() if hasattr(data, "__arrow_c_stream__") else data.__arrow_c_array__()
    columns = [(name, sql_type) for name, sql_type, _ in _engine.arrow_schema(source)]
    n_rows = getattr(data, "num_rows", None) or getattr(data, "height", None)
    with _connected(target, CreateMode.CREATE_IF_NOT_EXISTS, _version_for(columns)) as connection:
        table = _make_table(connection, table_name, columns, if_exists)
        with Inserter(connection, table, [name for name, _ in columns]) as inserter:
            with _inserting(connection, inserter, n_rows, progress):
                inserter.add_arrow(source)
                return inserter._finish()


def from_polars(frame: Any, target: Target, table_name: Table, *, if_exists: str = "replace", progress: Progress = False
                ) -> int:
    """Stores a ``polars.DataFrame``; see `from_arrow`."""
    return from_arrow(frame, target, table_name, if_exists=if_exists, progress=progress)


def from_pandas(frame: Any, target: Target, table_name: Table, *, if_exists: str = "replace", progress: Progress = False
                ) -> int:
    """Stores a ``pandas.DataFrame`` without its index; see `from_arrow`. None, NaN, NaT and NA become NULL."""
    columns, feeds, nulls = _frames.pandas_columns(frame)
    with _connected(target, CreateMode.CREATE_IF_NOT_EXISTS, _version_for(columns)) as connection:
        table = _make_table(connection, table_name, columns, if_exists)
        with Inserter(connection, table, [name for name, _ in columns]) as inserter:
            with _inserting(connection, inserter, len(frame), progress):
                inserter._add_columns(feeds, nulls)
                return inserter._finish()


def read_csv(csv: Union[str, PurePath], target: Target, table_name: Table, *, if_exists: str = "replace",
             progress: Progress = False, **options: Union[str, bool, int, float]) -> int:
    """Loads a CSV file into a table. Its columns and their types are found out from the file.

    :param csv: the file.
    :param progress: whether to show how far it is, or a function to be told.
    :param options: of the function ``external`` in SQL, such as ``delimiter=";"``, ``header=False``,
        ``on_error="skip"``.
    :return: the number of rows.
    """
    settings: List[str] = [escape_string_literal(os.path.abspath(os.fspath(csv)))]
    settings.append("format => 'csv'")
    settings.extend(f"{escape_name(key)} => {_literal(value)}" for key, value in options.items())
    source = f"SELECT * FROM external({', '.join(settings)})"
    with _connected(target, CreateMode.CREATE_IF_NOT_EXISTS) as connection:
        name = table_name if isinstance(table_name, TableName) else TableName(table_name)
        if if_exists == "append" and connection.catalog.has_table(name):
            with connection.show_progress(progress):
                return connection.execute_command(f"INSERT INTO {name} {source}") or 0
        if if_exists == "replace":
            connection.execute_command(f"DROP TABLE IF EXISTS {name}")
        elif if_exists != "fail" and if_exists != "append":
            raise ValueError(f"'if_exists' is 'replace', 'append' or 'fail', not {if_exists!r}")
        if name.schema_name is not None:
            connection.catalog.create_schema_if_not_exists(name.schema_name)
        with connection.show_progress(progress):
            connection.execute_command(f"CREATE TABLE {name} AS ({source})")
        return int(connection.execute_list_query(f"SELECT count(*) FROM {name}")[0][0])  # type: ignore[arg-type]


def _literal(value: Union[str, bool, int, float]) -> str:
    return escape_string_literal(value) if isinstance(value, str) else str(value).lower()


@contextmanager
def _rows(source: Target, table_name: Optional[Table], query: Optional[str], progress: Progress) -> Iterator[Result]:
    with _connected(source, CreateMode.NONE) as connection:
        if query is None:
            name = _only_table(connection) if table_name is None else table_name
            query = f"SELECT * FROM {name if isinstance(name, TableName) else TableName(name)}"
        elif table_name is not None:
            raise ValueError("give either 'table_name' or 'query'")
        with connection.show_progress(progress):
            cursor = connection._session.execute(query, False)
        with Result(cursor, connection) as result:
            yield result


def _only_table(connection: Connection) -> TableName:
    tables = [table for schema in connection.catalog.get_schema_names()
              for table in connection.catalog.get_table_names(SchemaName(schema))]
    if len(tables) != 1:
        raise ValueError(f"there are {len(tables)} tables: give 'table_name' or 'query'")
    return tables[0]


def to_arrow(source: Target, table_name: Optional[Table] = None, *, query: Optional[str] = None,
             progress: Progress = False) -> Any:
    """Reads a table, or the rows of a query, into a ``pyarrow.Table``.

    :param source: path of the file, or an open connection.
    :param table_name: may be left out when there is one table only.
    :param progress: whether to show how far the query is, or a function to be told.
    """
    with _rows(source, table_name, query, progress) as result:
        return result.to_arrow()


def to_pandas(source: Target, table_name: Optional[Table] = None, *, query: Optional[str] = None,
              dtype_backend: Optional[str] = None, progress: Progress = False) -> Any:
    """Reads a table, or the rows of a query, into a ``pandas.DataFrame``; see `to_arrow` and `Result.to_pandas`."""
    with _rows(source, table_name, query, progress) as result:
        return result.to_pandas(dtype_backend)


def to_polars(source: Target, table_name: Optional[Table] = None, *, query: Optional[str] = None,
              progress: Progress = False) -> Any:
    """Reads a table, or the rows of a query, into a ``polars.DataFrame``; see `to_arrow`."""
    with _rows(source, table_name, query, progress) as result:
        return result.to_polars()
