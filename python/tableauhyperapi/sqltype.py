"""See openhyper.sqltype."""
from openhyper.sqltype import SqlType, TypeTag

__all__ = ["SqlType", "TypeTag"]
