"""DB-API 2.0 (PEP 249) on openhyper, good for ``pandas.read_sql`` and for programs that know any other database.

    >>> from openhyper import dbapi
    >>> with dbapi.connect() as connection:
    ...     cursor = connection.cursor()
    ...     cursor.execute("SELECT ? + 1", [41]).fetchone()
    (42,)

Parameters are question marks. They become literals of the statement, of the types that the values have. The first
statement that changes rows begins a transaction; DDL commits it, since the engine cannot undo DDL.
"""
import datetime
import os
import re
import uuid
from decimal import Decimal
from pathlib import PurePath
from types import TracebackType
from typing import Any, Callable, Dict, Iterator, List, Mapping, Optional, Sequence, Tuple, Type, Union

from .connection import Connection as _Connection
from .connection import CreateMode
from .date import Date as _Date
from .frames import _process
from .hyperexception import HyperException
from .interval import Interval
from .result import Result
from .sqltype import TypeTag
from .timestamp import Timestamp as _Timestamp

__all__ = [
    "BINARY", "Binary", "Connection", "Cursor", "DATETIME", "DataError", "DatabaseError", "Date", "DateFromTicks", "Error",
    "IntegrityError", "InterfaceError", "InternalError", "NUMBER", "NotSupportedError", "OperationalError",
    "ProgrammingError", "ROWID", "STRING", "Time", "TimeFromTicks", "Timestamp", "TimestampFromTicks", "Warning",
    "apilevel", "connect", "paramstyle", "threadsafety",
]

apilevel = "2.0"
threadsafety = 1  # threads may share the module, but not connections
paramstyle = "qmark"

Description = Tuple[str, TypeTag, None, Optional[int], Optional[int], Optional[int], None]


class Warning(Exception):  # noqa: A001
    """Important warnings."""


class Error(Exception):
    """The base of all errors. `sqlstate` is the engine's code, or None."""

    sqlstate: Optional[str] = None


class InterfaceError(Error):
    """Wrong use of this module, such as of a closed cursor."""


class DatabaseError(Error):
    """Errors of the engine."""


class DataError(DatabaseError):
    """Values that cannot be computed or stored."""


class OperationalError(DatabaseError):
    """The file, the memory, a cancelled statement."""


class IntegrityError(DatabaseError):
    """A violated constraint."""


class InternalError(DatabaseError):
    """The engine contradicts itself, or a transaction is in a state that does not allow the statement."""


class ProgrammingError(DatabaseError):
    """Wrong SQL, unknown names, wrong parameters."""


class NotSupportedError(DatabaseError):
    """What the engine cannot do."""


_ERRORS: Dict[str, Type[DatabaseError]] = {
    "0A": NotSupportedError, "21": ProgrammingError, "22": DataError, "23": IntegrityError, "25": InternalError,
    "3D": ProgrammingError, "3F": ProgrammingError, "42": ProgrammingError, "XX": InternalError}


def _translated(reason: HyperException) -> DatabaseError:
    sqlstate = reason._sqlstate or ""
    text = reason.main_message or ""
    error = _ERRORS.get(sqlstate[:2], OperationalError)(f"{text}\nHint: {reason.hint}" if reason.hint else text)
    error.sqlstate = sqlstate or None
    return error


class _TypeObject:
    """Compares equal to the type codes of a description that it stands for."""

    def __init__(self, *tags: TypeTag) -> None:
        self.__tags = frozenset(tags)

    def __eq__(self, other: object) -> bool:
        return other in self.__tags if isinstance(other, TypeTag) else self is other

    def __hash__(self) -> int:
        return hash(self.__tags)


STRING = _TypeObject(TypeTag.TEXT, TypeTag.VARCHAR, TypeTag.CHAR, TypeTag.JSON)
BINARY = _TypeObject(TypeTag.BYTES, TypeTag.TABGEOGRAPHY)
NUMBER = _TypeObject(TypeTag.BOOL, TypeTag.SMALL_INT, TypeTag.INT, TypeTag.BIG_INT, TypeTag.NUMERIC, TypeTag.FLOAT,
                     TypeTag.DOUBLE)
DATETIME = _TypeObject(TypeTag.DATE, TypeTag.TIME, TypeTag.TIMESTAMP, TypeTag.TIMESTAMP_TZ, TypeTag.INTERVAL)
ROWID = _TypeObject(TypeTag.OID)

Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime
Binary = bytes
DateFromTicks = datetime.date.fromtimestamp
TimestampFromTicks = datetime.datetime.fromtimestamp


def TimeFromTicks(ticks: float) -> datetime.time:
    """The local time of day of a number of seconds since 1970."""
    return datetime.datetime.fromtimestamp(ticks).time()


# ---- Parameters ----

# What a question mark may stand in without being a parameter.
_TOKENS = re.compile(r"[eE]'(?:[^'\\]|\\.|'')*'|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|(\?)",
                     re.S)
_INSERT_VALUES = re.compile(r"(\s*insert\s.*\svalues\s*)(\(\s*\?(?:\s*,\s*\?)*\s*\))\s*;?\s*\Z", re.I | re.S)
_CHANGES = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(insert|update|delete|merge|copy)\b", re.I | re.S)
_WITH_CHANGES = re.compile(r"\s*with\b.*\b(insert|update|delete|merge)\b", re.I | re.S)
_DDL = re.compile(r"(?:\s|--[^\n]*\n|/\*.*?\*/)*(create|alter|drop|truncate|attach|detach)\b", re.I | re.S)
_ROWS_PER_INSERT = 500


def _text(value: str) -> str:
    quoted = value.replace("'", "''")
    if "\\" not in quoted and quoted.isprintable():
        return f"'{quoted}'"
    return "E'" + "".join(f"\\{ord(c):03o}" if c < " " else "\\\\" if c == "\\" else c for c in quoted) + "'"


def _float(value: float) -> str:
    return f"'{value!r}'::double precision"


def _datetime(value: datetime.datetime) -> str:
    return f"'{value.isoformat(' ')}'::{'timestamp' if value.tzinfo is None else 'timestamptz'}"


def _interval(months: int, days: int, micros: int) -> str:
    sign = "-" if micros < 0 else ""
    seconds = f"{sign}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06d}"
    return f"'{months} months {days} days {seconds} seconds'::interval"


# The first class that a value is an instance of decides.
_LITERALS: Tuple[Tuple[type, Callable[[Any], str]], ...] = (
    (bool, lambda value: "TRUE" if value else "FALSE"),
    (int, lambda value: f"({value})" if value < 0 else str(value)),
    (float, _float),
    (str, _text),
    (Decimal, lambda value: f"({value:f})"),
    (bytes, lambda value: f"'\\x{value.hex()}'::bytea"),
    (bytearray, lambda value: f"'\\x{value.hex()}'::bytea"),
    (memoryview, lambda value: f"'\\x{value.hex()}'::bytea"),
    (datetime.datetime, _datetime),
    (datetime.date, lambda value: f"'{value.isoformat()}'::date"),
    (datetime.time, lambda value: f"'{value.isoformat()}'::time"),
    (datetime.timedelta, lambda value: _interval(0, 0, value // datetime.timedelta(microseconds=1))),
    (_Date, lambda value: f"'{value}'::date"),
    (_Timestamp, lambda value: f"'{value}'::{'timestamp' if value.tzinfo is None else 'timestamptz'}"),
    (Interval, lambda value: _interval(value.months, value.days, value.microseconds)),
    (uuid.UUID, lambda value: f"'{value}'::uuid"),
)


def _literal(value: object) -> str:
    if value is None:
        return "NULL"
    for python_type, literal in _LITERALS:
        if isinstance(value, python_type):
            return literal(value)
    item = getattr(value, "item", None)  # scalars of numpy
    if callable(item):
        return _literal(item())
    raise ProgrammingError(f"a {type(value).__name__} cannot be a parameter")


def _bound(operation: str, parameters: Sequence[object]) -> str:
    """The statement with its parameters as literals."""
    if isinstance(parameters, (str, bytes, Mapping)):
        raise ProgrammingError("parameters are a sequence, one value for each question mark")
    values = iter(parameters)
    used = 0

    def replace(match: "re.Match[str]") -> str:
        nonlocal used
        if match.group(2) is None:
            return match.group(0)
        used += 1
        if used > len(parameters):
            return "?"
        return _literal(next(values))
    text = _TOKENS.sub(replace, operation)
    if used != len(parameters):
        raise ProgrammingError(f"the statement has {used} parameters, but {len(parameters)} values were given")
    return text


# ---- Values ----

def _native(value: Any) -> Any:
    """Dates and timestamps as Python's own, as far as those reach."""
    try:
        if isinstance(value, _Date):
            return value.to_date()
        if isinstance(value, _Timestamp):
            return value.to_datetime()
    except ValueError:
        pass
    return value


_CONVERTED = frozenset((TypeTag.DATE, TypeTag.TIMESTAMP, TypeTag.TIMESTAMP_TZ))


class Cursor:
    """Runs statements and gives their rows as tuples."""

    def __init__(self, connection: "Connection") -> None:
        self.connection = connection
        self.arraysize = 1
        self.rowcount = -1
        self.lastrowid = None
        self.description: Optional[List[Description]] = None
        self.__result: Optional[Result] = None
        self.__rows: Optional[Iterator[Tuple[Any, ...]]] = None
        self.__is_closed = False

    def __check(self) -> None:
        if self.__is_closed:
            raise InterfaceError("the cursor is closed")

    def execute(self, operation: str, parameters: Sequence[object] = ()) -> "Cursor":
        """Runs a statement. Returns the cursor itself."""
        self.__check()
        return self.__execute_text(_bound(operation, parameters))

    def __execute_text(self, text: str) -> "Cursor":
        self.__drop()
        result = self.connection._run(self, text)
        try:
            self.rowcount = -1 if result.affected_row_count is None else result.affected_row_count
            columns = result.schema.columns
            if not columns:
                result.close()
                return self
            self.description = [(column.name.unescaped, column.type.tag, None, column.type.max_length,
                                 column.type.precision, column.type.scale, None) for column in columns]
            self.__result = result
            self.__rows = self.__read(result, [i for i, column in enumerate(columns) if column.type.tag in _CONVERTED])
        except HyperException as reason:
            raise _translated(reason) from reason
        return self

    def executemany(self, operation: str, seq_of_parameters: Sequence[Sequence[object]]) -> "Cursor":
        """Runs a statement with many sets of parameters. INSERTs of whole rows are sent many rows at a time."""
        self.__check()
        sets = list(seq_of_parameters)
        total = 0
        insert = _INSERT_VALUES.fullmatch(operation)
        if insert is None:
            for parameters in sets:
                self.execute(operation, parameters)
                total += max(self.rowcount, 0)
        else:
            for first in range(0, len(sets), _ROWS_PER_INSERT):
                rows = ", ".join(_bound(insert.group(2), row) for row in sets[first:first + _ROWS_PER_INSERT])
                self.__execute_text(_bound(insert.group(1), ()) + rows)
                total += max(self.rowcount, 0)
        self.rowcount = total
        return self

    @staticmethod
    def __read(result: Result, converted: List[int]) -> Iterator[Tuple[Any, ...]]:
        for row in result:
            for i in converted:
                row[i] = _native(row[i])
            yield tuple(row)

    def _keep_rows(self) -> None:
        """Reads what is left, so that the connection can run another statement."""
        if self.__result is not None and self.__result.is_open and self.__rows is not None:
            self.__rows = iter(list(self.__rows))
        self.__result = None

    def __drop(self) -> None:
        if self.__result is not None:
            self.__result.close()
        self.__result = None
        self.__rows = None
        self.description = None
        self.rowcount = -1

    def __open_rows(self) -> Iterator[Tuple[Any, ...]]:
        self.__check()
        if self.__rows is None:
            raise ProgrammingError("there are no rows: no query was executed")
        return self.__rows

    def fetchone(self) -> Optional[Tuple[Any, ...]]:
        """The next row, or None."""
        try:
            return next(self.__open_rows(), None)
        except HyperException as reason:
            raise _translated(reason) from reason

    def fetchmany(self, size: Optional[int] = None) -> List[Tuple[Any, ...]]:
        """The next rows, at most `size`, which `arraysize` replaces."""
        rows = self.__open_rows()
        n = self.arraysize if size is None else size
        return [row for _, row in zip(range(n), rows)]

    def fetchall(self) -> List[Tuple[Any, ...]]:
        """All rows that are left."""
        try:
            return list(self.__open_rows())
        except HyperException as reason:
            raise _translated(reason) from reason

    def __iter__(self) -> Iterator[Tuple[Any, ...]]:
        return self.__open_rows()

    def setinputsizes(self, sizes: Sequence[object]) -> None:
        """Has no effect."""

    def setoutputsize(self, size: int, column: Optional[int] = None) -> None:
        """Has no effect."""

    def close(self) -> None:
        """Drops the rows; may be repeated."""
        self.__drop()
        self.__is_closed = True

    def __enter__(self) -> "Cursor":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        result = getattr(self, "_Cursor__result", None)
        if result is not None:
            result.close()


class Connection:
    """A connection. As a context manager it commits, or rolls back after an exception, and closes."""

    Warning = Warning
    Error = Error
    InterfaceError = InterfaceError
    DatabaseError = DatabaseError
    DataError = DataError
    OperationalError = OperationalError
    IntegrityError = IntegrityError
    InternalError = InternalError
    ProgrammingError = ProgrammingError
    NotSupportedError = NotSupportedError

    def __init__(self, connection: _Connection, owns: bool, autocommit: bool = False) -> None:
        self.autocommit = autocommit
        self.__connection: Optional[_Connection] = connection
        self.__owns = owns
        self.__in_transaction = False
        self.__active: Optional[Cursor] = None

    def __open(self) -> _Connection:
        if self.__connection is None:
            raise InterfaceError("the connection is closed")
        return self.__connection

    def _run(self, cursor: Cursor, text: str) -> Result:
        """Runs a statement; the rows that another cursor has not read yet are kept for it."""
        connection = self.__open()
        if self.__active is not None and self.__active is not cursor:
            self.__active._keep_rows()
        self.__active = cursor
        try:
            if self.__in_transaction and _DDL.match(text):
                self.commit()
            elif not self.autocommit and not self.__in_transaction and (_CHANGES.match(text) or _WITH_CHANGES.match(text)):
                connection.execute_command("BEGIN")
                self.__in_transaction = True
            return connection.execute_query(text)
        except HyperException as reason:
            raise _translated(reason) from reason

    def __end(self, command: str) -> None:
        connection = self.__open()
        if not self.__in_transaction:
            return
        if self.__active is not None:
            self.__active._keep_rows()
        self.__in_transaction = False
        try:
            connection.execute_command(command)
        except HyperException as reason:
            raise _translated(reason) from reason

    def cursor(self) -> Cursor:
        """A new cursor."""
        self.__open()
        return Cursor(self)

    def execute(self, operation: str, parameters: Sequence[object] = ()) -> Cursor:
        """Runs a statement on a new cursor."""
        return self.cursor().execute(operation, parameters)

    def commit(self) -> None:
        """Makes the changes last."""
        self.__end("COMMIT")

    def rollback(self) -> None:
        """Undoes the changes since the last commit."""
        self.__end("ROLLBACK")

    def close(self) -> None:
        """Rolls back and closes; may be repeated."""
        if self.__connection is None:
            return
        self.rollback()
        if self.__active is not None:
            self.__active._keep_rows()
        if self.__owns:
            self.__connection.close()
        self.__connection = None

    def __enter__(self) -> "Connection":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        if exc_type is None and self.__connection is not None:
            self.commit()
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_Connection__connection", None) is not None:
            try:
                self.close()
            except Exception:
                pass


def connect(database: Union[str, PurePath, _Connection, None] = None, *, autocommit: bool = False,
            create_mode: CreateMode = CreateMode.CREATE_IF_NOT_EXISTS) -> Connection:
    """Opens a file, which is created if need be.

    :param database: its path; None: none, for queries without tables; or an open connection of openhyper.
    :param autocommit: every statement is committed by itself.
    """
    if isinstance(database, _Connection):
        return Connection(database, False, autocommit)
    mode = CreateMode.NONE if database is None else create_mode
    path = None if database is None else os.path.abspath(os.fspath(database))
    try:
        return Connection(_Connection(_process("2").endpoint, path, mode), True, autocommit)
    except HyperException as reason:
        raise _translated(reason) from reason
