"""See openhyper.schemaname."""
from openhyper.schemaname import SchemaName

__all__ = ["SchemaName"]
