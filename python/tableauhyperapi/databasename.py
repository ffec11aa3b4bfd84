"""See openhyper.databasename."""
from openhyper.databasename import DatabaseName

__all__ = ["DatabaseName"]
