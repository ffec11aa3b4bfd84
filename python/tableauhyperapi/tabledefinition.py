"""See openhyper.tabledefinition."""
from openhyper.tabledefinition import Nullability, Persistence, TableDefinition

__all__ = ["Nullability", "Persistence", "TableDefinition"]
