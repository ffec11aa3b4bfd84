"""What results look like."""
from typing import Iterable, Optional, Tuple, Union

from .name import Name
from .sqltype import SqlType
from .tabledefinition import _check_position, _find

__all__ = ["ResultSchema"]


class ResultSchema:
    """The columns of a result."""

    class Column:
        """A column: name and type."""

        __slots__ = ("__name", "__type")

        def __init__(self, name: Union[str, Name], type: SqlType) -> None:
            self.__name = Name(name)
            self.__type = type

        @property
        def name(self) -> Name:
            """Its name."""
            return self.__name

        @property
        def type(self) -> SqlType:
            """Its type."""
            return self.__type

        def __repr__(self) -> str:
            return f"Column({self.__name.unescaped!r}, {self.__type!r})"

    def __init__(self, columns: Iterable[Column]) -> None:
        self.__columns = tuple(columns)

    @property
    def columns(self) -> Tuple[Column, ...]:
        """The columns."""
        return self.__columns

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

    def __str__(self) -> str:
        columns = ", ".join(f"{column.name} {column.type}" for column in self.__columns)
        return f"Results Schema ( {columns} )"

    def __repr__(self) -> str:
        return f"ResultSchema({list(self.__columns)!r})"
