"""See openhyper.result."""
from openhyper.result import Result

__all__ = ["Result"]
