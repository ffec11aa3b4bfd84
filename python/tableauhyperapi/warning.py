"""See openhyper.warning."""
from openhyper.warning import UnclosedObjectWarning

__all__ = ["UnclosedObjectWarning"]
