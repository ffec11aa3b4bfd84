"""Connections: sessions on which statements run."""
import datetime
import enum
import os
import warnings
from decimal import Decimal
from pathlib import PurePath
from types import TracebackType
from typing import List, Mapping, Optional, Type, Union

from . import _transport
from ._engine import Session
from .catalog import Catalog
from .date import Date
from .endpoint import Endpoint
from .hyperexception import _make_error
from .interval import Interval
from .progress import Progress, watch
from .result import Result
from .timestamp import Timestamp
from .warning import UnclosedObjectWarning

__all__ = ["Connection", "CreateMode"]

Value = Union[bool, bytearray, bytes, datetime.time, Date, Decimal, float, int, Interval, str, Timestamp, None]


class CreateMode(enum.Enum):
    """What to do about a database file that is there, or not."""

    NONE = 0
    """It must exist."""
    CREATE = 1
    """It must not exist, and is created."""
    CREATE_IF_NOT_EXISTS = 2
    """It is created if it does not exist."""
    CREATE_AND_REPLACE = 3
    """It is created; one that exists is dropped."""


class Connection:
    """A session on an engine, with or without a database. It may be used by one thread at a time.

    :param endpoint: the endpoint of a HyperProcess, of this process or another.
    :param database: path of the file, relative to the folder in which the process was started.
    :param create_mode: whether to create it.
    :param parameters: settings of the session, such as ``lc_time`` and ``date_style``; ``dbname`` may stand
        here instead of `database`.
    """

    __session: Optional[Session] = None

    def __init__(self, endpoint: Endpoint, database: Union[str, PurePath, None] = None,
                 create_mode: Optional[CreateMode] = CreateMode.NONE,
                 parameters: Optional[Mapping[str, str]] = None) -> None:
        if not isinstance(endpoint, Endpoint):
            raise ValueError(f"'endpoint' must be an Endpoint, not {endpoint!r}")
        settings = _transport.session_parameters(parameters)
        path = None if database is None else os.fspath(database)
        if "dbname" in settings:
            if path is not None:
                raise ValueError("the database is given twice: as 'database' and as the parameter 'dbname'")
            path = settings.pop("dbname")
        mode = (create_mode or CreateMode.NONE).value
        if not path:
            if mode:
                raise _make_error("3D000", "A database can only be created when its path is given.")
            path = None
        process = _transport.find_process(endpoint)
        self.__endpoint = endpoint
        self.__catalog = Catalog(self)
        self.__folder = process.folder
        self.__session = process.connect(path, mode, settings)

    @property
    def catalog(self) -> Catalog:
        """Schemas, tables and databases."""
        return self.__catalog

    @property
    def is_open(self) -> bool:
        """False once it is closed."""
        return self.__session is not None and self.__session.is_open

    @property
    def is_ready(self) -> bool:
        """Whether a statement could run: the connection is open, and no result or inserter of it is."""
        return self.__session is not None and self.__session.is_ready

    @property
    def _session(self) -> Session:
        if self.__session is None:
            raise RuntimeError("the connection was never opened")
        return self.__session

    def _path(self, database: Union[str, PurePath]) -> str:
        """The path of a database as the engine shall see it."""
        return _transport.path_from(self.__folder, os.fspath(database))

    def show_progress(self, progress: Progress = True) -> watch:
        """Shows how far statements are as long as a block runs.

        :param progress: True: a bar, on a terminal or in a notebook; a function: it is told; False: nothing. See
            `openhyper.progress`.

        ::

            with connection.show_progress():
                connection.execute_command("CREATE TABLE sums AS SELECT ...")
        """
        return watch(progress, self._session.progress, self.cancel)

    def execute_query(self, query: str, text_as_bytes: bool = False) -> Result:
        """Runs a statement.

        :param query: one statement of SQL.
        :param text_as_bytes: texts shall come as bytes in UTF-8.
        :return: its rows, to be closed.

        ::

            with connection.execute_query("SELECT brand, price FROM cars") as rows:
                for brand, price in rows:
                    ...
        """
        return Result(self._session.execute(query, text_as_bytes), self)

    def execute_list_query(self, query: str, text_as_bytes: bool = False) -> List[List[Value]]:
        """Runs a statement and returns all rows: a list of lists."""
        return self._session.execute_list(query, text_as_bytes)

    def execute_scalar_query(self, query: str, text_as_bytes: bool = False) -> Value:
        """Runs a query that gives one row of one column, and returns the value.

        :raises HyperException: there are more rows or columns, or no row.
        """
        value: Value = self._session.execute_scalar(query, text_as_bytes)
        return value

    def execute_command(self, command: str) -> Optional[int]:
        """Runs a statement whose rows are not wanted.

        :return: the number of rows inserted, updated, deleted or copied; None for statements that do not count.
        """
        return self._session.execute_command(command)

    def cancel(self) -> None:
        """Stops the statement that runs on the connection: it fails. From any thread."""
        if self.__session is not None:
            self.__session.cancel()

    def close(self) -> None:
        """Rolls back an open transaction and closes; may be repeated. An open result can still be read."""
        if self.__session is not None:
            self.__session.close()

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        if self.is_open:
            warnings.warn("A Connection was not closed: use it in a with statement or call close().",
                          UnclosedObjectWarning, source=self)
            self.close()

    def __repr__(self) -> str:
        status = "open" if self.is_ready else "busy" if self.is_open else "closed"
        return f"<Connection object at {id(self):#x}; status: {status}; endpoint: {self.__endpoint!r}>"
