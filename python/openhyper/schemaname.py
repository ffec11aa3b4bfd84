"""Names of schemas."""
from typing import Optional

from .databasename import DatabaseName
from .name import QualifiedName

__all__ = ["SchemaName"]


class SchemaName(QualifiedName):
    """The name of a schema, with or without that of its database.

    >>> str(SchemaName("cars", "Extract"))
    '"cars"."Extract"'
    """

    __slots__ = ()
    _kinds = ("database", "schema")

    @property
    def database_name(self) -> Optional[DatabaseName]:
        """The database, or None."""
        return DatabaseName(self._parts[0]) if len(self._parts) > 1 else None

    @property
    def is_fully_qualified(self) -> bool:
        """Whether it has a database."""
        return len(self._parts) == 2
