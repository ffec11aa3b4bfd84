"""See openhyper.name."""
from openhyper.name import Name

__all__ = ["Name"]
