"""What tables look like."""
import enum
from typing import Any, Iterable, List, Optional, Sequence, Union, overload

from .name import Name
from .sqltype import SqlType
from .tablename import TableName

__all__ = ["Nullability", "Persistence", "TableDefinition"]


class Nullability(enum.Enum):
    """Whether a column can hold NULL."""

    NOT_NULLABLE = 0
    NULLABLE = 1


class Persistence(enum.Enum):
    """Whether a table lasts, or only as long as its connection."""

    PERMANENT = 0
    TEMPORARY = 1


class _Columns(Sequence[Any]):
    """A list to look at."""

    __slots__ = ("__list",)

    def __init__(self, columns: List[Any]) -> None:
        self.__list = columns

    def __len__(self) -> int:
        return len(self.__list)

    def __getitem__(self, index: Any) -> Any:
        return self.__list[index]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Columns) and self.__list == other.__list

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(self.__list)


def _find(columns: Iterable[Any], name: Union[str, Name]) -> Optional[int]:
    name = Name(name)
    return next((i for i, column in enumerate(columns) if column.name == name), None)


def _check_position(columns: Sequence[Any], position: int) -> None:
    if not 0 <= position < len(columns):
        raise ValueError(f"there is no column {position} among {len(columns)}")


class TableDefinition:
    """Name, columns and persistence of a table.

    >>> cars = TableDefinition("cars", [TableDefinition.Column("price", SqlType.double())])
    >>> cars.column_count
    1
    """

    class Column:
        """A column: name, type, nullability, and for texts a collation (None: by bytes)."""

        __slots__ = ("__name", "__type", "__nullability", "__collation")

        def __init__(self, name: Union[str, Name], type: SqlType,
                     nullability: Nullability = Nullability.NULLABLE, collation: Optional[str] = None) -> None:
            self.__name = Name(name)
            if not isinstance(type, SqlType):
                raise ValueError(f"'type' must be a SqlType, not {type!r}")
            if not isinstance(nullability, Nullability):
                raise ValueError(f"'nullability' must be a Nullability, not {nullability!r}")
            self.__type = type
            self.__nullability = nullability
            self.__collation = collation

        @property
        def name(self) -> Name:
            """Its name."""
            return self.__name

        @property
        def type(self) -> SqlType:
            """Its type."""
            return self.__type

        @property
        def nullability(self) -> Nullability:
            """Whether it can hold NULL."""
            return self.__nullability

        @property
        def collation(self) -> Optional[str]:
            """How its texts are compared; None: by bytes."""
            return self.__collation

        def _sql(self) -> str:
            sql = f"{self.__name} {self.__type._sql()}"
            if self.__collation:
                sql += f" COLLATE {Name(self.__collation)}"
            return sql if self.__nullability is Nullability.NULLABLE else sql + " NOT NULL"

        def __repr__(self) -> str:
            collation = "" if self.__collation is None else repr(self.__collation)
            return f"Column({self.__name.unescaped!r}, {self.__type!r}, {self.__nullability}{collation})"

    def __init__(self, table_name: Union[str, Name, TableName], columns: Optional[Iterable[Column]] = None,
                 persistence: Persistence = Persistence.PERMANENT) -> None:
        self.table_name = table_name
        self.persistence = persistence
        self.__columns: List[TableDefinition.Column] = []
        for column in columns or ():
            self.add_column(column)

    @property
    def table_name(self) -> TableName:
        """The table's name."""
        return self.__table_name

    @table_name.setter
    def table_name(self, value: Union[str, Name, TableName]) -> None:
        self.__table_name = TableName(value)

    @property
    def persistence(self) -> Persistence:
        """Whether the table lasts."""
        return self.__persistence

    @persistence.setter
    def persistence(self, value: Persistence) -> None:
        if not isinstance(value, Persistence):
            raise ValueError(f"'persistence' must be a Persistence, not {value!r}")
        self.__persistence = value

    @property
    def columns(self) -> Sequence[Column]:
        """The columns, to look at."""
        return _Columns(self.__columns)

    @property
    def column_count(self) -> int:
        """Their number."""
        return len(self.__columns)

    def get_column(self, position: int) -> Column:
        """The column at a position, from 0. ValueError without one."""
        _check_position(self.__columns, position)
        return self.__columns[position]

    def get_column_by_name(self, name: Union[str, Name]) -> Optional[Column]:
        """The first column of a name, or None."""
        position = self.get_column_position_by_name(name)
        return None if position is None else self.__columns[position]

    def get_column_position_by_name(self, name: Union[str, Name]) -> Optional[int]:
        """The position of the first column of a name, or None."""
        return _find(self.__columns, name)

    @overload
    def add_column(self, column: Column) -> "TableDefinition": ...

    @overload
    def add_column(self, name: Union[str, Name], type: SqlType, nullability: Nullability = Nullability.NULLABLE,
                   collation: Optional[str] = None) -> "TableDefinition": ...

    def add_column(self, *args: Any, **kwargs: Any) -> "TableDefinition":
        """Adds a column: a Column, or what makes one. Returns the definition itself."""
        if len(args) == 1 and not kwargs and isinstance(args[0], TableDefinition.Column):
            column = args[0]
        elif not args and len(kwargs) == 1 and isinstance(kwargs.get("column"), TableDefinition.Column):
            column = kwargs["column"]
        else:
            column = TableDefinition.Column(*args, **kwargs)
        self.__columns.append(column)
        return self

    def _copy(self) -> "TableDefinition":
        return TableDefinition(self.__table_name, self.__columns, self.__persistence)

    def _create_sql(self, if_not_exists: bool) -> str:
        temporary = "TEMPORARY " if self.__persistence is Persistence.TEMPORARY else ""
        condition = "IF NOT EXISTS " if if_not_exists else ""
        columns = ", ".join(column._sql() for column in self.__columns)
        return f"CREATE {temporary}TABLE {condition}{self.__table_name} ({columns})"

    def __repr__(self) -> str:
        return f"TableDefinition({self.__table_name!r}, {self.__columns!r}, {self.__persistence})"
