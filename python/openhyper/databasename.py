"""Names of databases."""
from pathlib import PurePath
from typing import Union

from .name import Name, QualifiedName

__all__ = ["DatabaseName"]


class DatabaseName(QualifiedName):
    """The alias of a database in a connection, or its path in some statements."""

    __slots__ = ()
    _kinds = ("database",)

    def __init__(self, database_name: "Union[str, PurePath, Name, DatabaseName]") -> None:
        super().__init__(database_name)
