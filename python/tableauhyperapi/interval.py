"""See openhyper.interval."""
from openhyper.interval import Interval

__all__ = ["Interval"]
