"""Names of tables."""
from typing import Optional

from .databasename import DatabaseName
from .name import QualifiedName
from .schemaname import SchemaName

__all__ = ["TableName"]


class TableName(QualifiedName):
    """The name of a table, with or without schema and database.

    >>> str(TableName("Extract", "Extract"))
    '"Extract"."Extract"'
    """

    __slots__ = ()
    _kinds = ("database", "schema", "table")

    @property
    def schema_name(self) -> Optional[SchemaName]:
        """The schema, or None."""
        return SchemaName(*self._parts[:-1]) if len(self._parts) > 1 else None

    @property
    def database_name(self) -> Optional[DatabaseName]:
        """The database, or None."""
        return DatabaseName(self._parts[0]) if len(self._parts) > 2 else None

    @property
    def is_fully_qualified(self) -> bool:
        """Whether it has a schema and a database."""
        return len(self._parts) == 3
