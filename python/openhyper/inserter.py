"""Inserters: rows on their way into a table."""
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Iterable, List, Optional, Type, Union

from ._engine import RowWriter
from .catalog import _table_parts
from .name import Name
from .tabledefinition import TableDefinition
from .tablename import TableName
from .warning import UnclosedObjectWarning

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Inserter"]


class Inserter(RowWriter):
    """Inserts rows into a table.

    :param connection: the connection, which is busy as long as the inserter is open.
    :param arg: the table: its name, or a definition, which may leave out columns; those become NULL.
    :param columns: the columns that shall be filled: names, or `ColumnMapping` objects, which may compute a
        column by an SQL expression.
    :param inserter_definition: with expressions, the columns of the rows that will be added.

    Nothing is in the table before `execute`; without it, all rows are dropped.

    ::

        with Inserter(connection, "cars") as inserter:
            inserter.add_row(["Volvo 240", 1990])
            inserter.execute()
    """

    class ColumnMapping:
        """How a column of the table is filled: from the column of that name, or by an expression."""

        __slots__ = ("__column_name", "__expression")

        def __init__(self, column_name: Union[Name, str], expression: Optional[str] = None) -> None:
            self.__column_name = Name(column_name)
            self.__expression = expression

        @property
        def column_name(self) -> Name:
            """The column of the table."""
            return self.__column_name

        @property
        def expression(self) -> Optional[str]:
            """SQL over the columns of the inserter's definition, or None."""
            return self.__expression

        def __repr__(self) -> str:
            return f"ColumnMapping({self.__column_name.unescaped!r}, {self.__expression!r})"

    def __init__(self, connection: "Connection", arg: Union[str, Name, TableName, TableDefinition],
                 columns: Optional[Iterable[Union[str, ColumnMapping]]] = None, *,
                 inserter_definition: Optional[Iterable[TableDefinition.Column]] = None) -> None:
        if isinstance(arg, TableDefinition):
            table = arg._copy()
        elif isinstance(arg, (str, Name, TableName)):
            table = connection.catalog.get_table_definition(arg)
        else:
            raise ValueError(f"a table is given by name or definition, not as {type(arg).__name__}")
        given = None if inserter_definition is None else list(inserter_definition)
        targets: List[Optional[str]] = []
        expressions: Optional[List[Optional[str]]] = None
        if columns is None:
            if given is not None:
                raise ValueError("'inserter_definition' is of use only together with 'columns'")
            rows = list(table.columns)
            if not rows:
                raise ValueError("a definition without columns leaves nothing to insert")
        else:
            mappings = _read_mappings(table, columns)
            if all(mapping.expression is None for mapping in mappings):
                rows = [_column(table, mapping) for mapping in mappings]
            else:
                rows = given or []
                _check_rows(table, mappings, given)
                targets = [mapping.column_name.unescaped for mapping in mappings]
                expressions = [mapping.expression for mapping in mappings]
        self._open(connection._session, *_table_parts(table.table_name),
                   [(column.name.unescaped, column.type._sql(), column.nullability.value) for column in rows],
                   targets, expressions)

    def execute(self) -> None:
        """Makes the rows part of the table and closes the inserter. Inside a transaction they wait for its end."""
        self._finish()

    def close(self) -> None:
        """Closes the inserter; rows for which `execute` was not called are dropped. May be repeated."""
        self._discard()

    def __enter__(self) -> "Inserter":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self._discard()

    def __del__(self) -> None:
        if self.is_open:
            warnings.warn("An Inserter was not closed: use it in a with statement or call close().",
                          UnclosedObjectWarning, source=self)
            self._discard()


def _column(table: TableDefinition, mapping: Inserter.ColumnMapping) -> TableDefinition.Column:
    column = table.get_column_by_name(mapping.column_name)
    if column is None:
        raise ValueError(f"the table {table.table_name} has no column {mapping.column_name}")
    return column


def _read_mappings(table: TableDefinition,
                   columns: Iterable[Union[str, Inserter.ColumnMapping]]) -> List[Inserter.ColumnMapping]:
    mappings = []
    for column in columns:
        if isinstance(column, str):
            column = Inserter.ColumnMapping(column)
        elif not isinstance(column, Inserter.ColumnMapping):
            raise TypeError(f"'columns' must hold str or ColumnMapping, not {type(column).__name__}")
        _column(table, column)
        mappings.append(column)
    if not mappings:
        raise ValueError("'columns' is empty: there is nothing to insert")
    return mappings


def _check_rows(table: TableDefinition, mappings: List[Inserter.ColumnMapping],
                rows: Optional[List[TableDefinition.Column]]) -> None:
    """Columns without expression must come with the rows, and as the table has them."""
    for mapping in mappings:
        if mapping.expression is not None:
            continue
        found = [column for column in rows or () if column.name == mapping.column_name]
        if len(found) != 1:
            raise ValueError(f"the column {mapping.column_name} has no expression, so it must be in "
                             f"'inserter_definition' once, not {len(found)} times")
        wanted = _column(table, mapping)
        if (found[0].type, found[0].nullability) != (wanted.type, wanted.nullability):
            raise ValueError(f"the column {mapping.column_name} of 'inserter_definition' does not have the type and "
                             "nullability of the table")
