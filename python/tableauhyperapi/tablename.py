"""See openhyper.tablename."""
from openhyper.tablename import TableName

__all__ = ["TableName"]
