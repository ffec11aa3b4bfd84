"""See openhyper.connection."""
from openhyper.connection import Connection, CreateMode

__all__ = ["Connection", "CreateMode"]
