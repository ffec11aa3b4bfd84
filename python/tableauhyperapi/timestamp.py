"""See openhyper.timestamp."""
from openhyper.timestamp import Timestamp

__all__ = ["Timestamp"]
