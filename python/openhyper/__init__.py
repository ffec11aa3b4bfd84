"""openhyper: an SQL engine in your process that reads and writes Tableau's .hyper files.

The interface is that of Tableau's Hyper API; ``import tableauhyperapi`` gives the same classes.

    >>> from openhyper import *
    >>> with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as hyper:
    ...     with Connection(hyper.endpoint) as connection:
    ...         connection.execute_scalar_query("SELECT 6 * 7")
    42
"""
from decimal import Decimal as _Decimal

from . import _engine
from .catalog import Catalog
from .connection import Connection, CreateMode
from .databasename import DatabaseName
from .date import Date
from .endpoint import Endpoint
from .frames import from_arrow, from_pandas, from_polars, read_csv, to_arrow, to_pandas, to_polars
from .hyperexception import HyperException, _make_error
from .hyperprocess import HyperProcess, Telemetry
from .hyperserviceversion import HyperServiceVersion
from .inserter import Inserter
from .interval import Interval
from .name import Name
from .result import Result
from .resultschema import ResultSchema
from .schemaname import SchemaName
from .sql import escape_name, escape_string_literal
from .sqltype import SqlType, TypeTag
from .tabledefinition import Nullability, Persistence, TableDefinition
from .tablename import TableName
from .timestamp import Timestamp
from .warning import UnclosedObjectWarning

_engine.register(_make_error, Date, Timestamp, Interval, _Decimal)

NULLABLE = Nullability.NULLABLE
NOT_NULLABLE = Nullability.NOT_NULLABLE
PERMANENT = Persistence.PERMANENT
TEMPORARY = Persistence.TEMPORARY

__version__ = _engine.version()
VERSION = tuple(int(_part) for _part in __version__.split(".")[:3])

__all__ = [
    "Catalog", "Connection", "CreateMode", "DatabaseName", "Date", "Endpoint", "HyperException", "HyperProcess",
    "HyperServiceVersion", "Inserter", "Interval", "NOT_NULLABLE", "NULLABLE", "Name", "Nullability", "PERMANENT",
    "Persistence", "Result", "ResultSchema", "SchemaName", "SqlType", "TEMPORARY", "TableDefinition", "TableName",
    "Telemetry", "Timestamp", "TypeTag", "UnclosedObjectWarning", "escape_name", "escape_string_literal",
    "from_arrow", "from_pandas", "from_polars", "read_csv", "to_arrow", "to_pandas", "to_polars",
]
