"""Results: the rows of statements."""
import html
import warnings
from types import TracebackType
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Optional, Type

from ._engine import Cursor
from ._frames import arrow_table, numpy_columns, pandas_frame, polars_frame
from .resultschema import ResultSchema
from .sqltype import SqlType, TypeTag
from .warning import UnclosedObjectWarning

if TYPE_CHECKING:
    from .connection import Connection

__all__ = ["Result"]


class Result:
    """The rows of a statement, made by ``Connection.execute_query``. Iterate over it, or move by `next_row` and
    look at the current row by `get_value` and `get_values`. As long as it is open, its connection is busy; it
    closes itself at the end of the rows."""

    __slots__ = ("__cursor", "__connection", "__schema", "__weakref__")

    def __init__(self, cursor: Cursor, connection: "Connection") -> None:
        self.__cursor = cursor
        self.__connection = connection
        self.__schema: Optional[ResultSchema] = None

    @property
    def schema(self) -> ResultSchema:
        """Names and types of the columns."""
        if self.__schema is None:
            self.__schema = ResultSchema(
                ResultSchema.Column(name or str(i), SqlType._of_engine(oid, modifier))
                for i, (name, oid, modifier) in enumerate(self.__cursor.columns, 1))
        return self.__schema

    @property
    def is_open(self) -> bool:
        """False once it is closed or read to its end."""
        return self.__cursor.is_open

    @property
    def connection(self) -> "Optional[Connection]":
        """Its connection; None once it is closed."""
        return self.__connection if self.__cursor.is_open else None

    @property
    def affected_row_count(self) -> Optional[int]:
        """How many rows were inserted, updated, deleted or copied; None when the statement does not count."""
        return self.__cursor.affected_row_count

    def next_row(self) -> bool:
        """Moves to the next row; False at the end, where the result closes."""
        return self.__cursor.next_row()

    def get_value(self, column_index: int) -> object:
        """The value of a column, from 0, in the current row."""
        return self.__cursor.get_value(column_index)

    def get_values(self) -> List[Any]:
        """The current row as a new list."""
        return self.__cursor.get_values()

    def __arrow_c_stream__(self, requested_schema: object = None) -> object:
        """The rows that were not read yet, as a stream of the Arrow C data interface, for any library that knows it
        (``pyarrow.table(result)``, ``polars.DataFrame(result)``, ``duckdb.from_arrow`` ..). The stream owns the rows;
        this result is closed, and its connection is ready for the next statement."""
        return self.__cursor.arrow()

    def to_arrow(self) -> Any:
        """The remaining rows as a ``pyarrow.Table``. Closes the result."""
        return arrow_table(self)

    def to_pandas(self, dtype_backend: Optional[str] = None) -> Any:
        """The remaining rows as a ``pandas.DataFrame``. Closes the result.

        :param dtype_backend: None: types of numpy, where integers with NULLs become float64; or
            ``"numpy_nullable"`` or ``"pyarrow"``, which keep them.
        """
        return pandas_frame(self, dtype_backend)

    def to_polars(self) -> Any:
        """The remaining rows as a ``polars.DataFrame``. Closes the result. Polars has no intervals."""
        for column in self.schema.columns:
            if column.type.tag is TypeTag.INTERVAL:
                self.close()
                raise TypeError(f"polars has no type for the interval {column.name}: cast it to text in the query")
        return polars_frame(self)

    def fetch_numpy(self) -> Dict[str, Any]:
        """The remaining rows as a dict of arrays of numpy, masked where there are NULLs. Closes the result."""
        return numpy_columns(self)

    def close(self) -> None:
        """Drops the remaining rows; may be repeated."""
        self.__cursor.close()

    def __iter__(self) -> Iterator[List[Any]]:
        return self.__cursor.rows(self)

    def __enter__(self) -> "Result":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.__cursor.close()

    def __del__(self) -> None:
        cursor = getattr(self, "_Result__cursor", None)
        if cursor is not None and cursor.is_open:
            warnings.warn("A Result was not closed: use it in a with statement or call close().",
                          UnclosedObjectWarning, source=self)
            cursor.close()

    def _repr_html_(self) -> str:
        """The next rows as a table, for notebooks. They stay to be read."""
        rows, total = self.__cursor.preview(20)
        head = "".join(f"<th>{html.escape(column.name.unescaped)}</th>" for column in self.schema.columns)
        body = "".join("<tr>" + "".join(f"<td>{_cell(value)}</td>" for value in row) + "</tr>" for row in rows)
        state = f"{total:,} rows" if self.is_open else "closed"
        return (f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
                f"<p>{state}, {self.schema.column_count} columns</p>")

    def __repr__(self) -> str:
        text = f"<Result instance at {id(self):#x}; state: {'open' if self.is_open else 'closed'}"
        if self.is_open and self.affected_row_count is not None:
            text += f"; affected_row_count: {self.affected_row_count}"
        names = [str(column.name) for column in self.schema.columns]
        if len(names) > 6:
            names[3:-2] = ["..."]
        if names:
            text += f"; columns: [{', '.join(names)}]"
        return text + ">"


def _cell(value: object) -> str:
    text = "NULL" if value is None else str(value)
    return f"<i>{text}</i>" if value is None else html.escape(text if len(text) <= 100 else text[:99] + "…")
