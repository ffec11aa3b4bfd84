"""See openhyper.date."""
from openhyper.date import Date

__all__ = ["Date"]
