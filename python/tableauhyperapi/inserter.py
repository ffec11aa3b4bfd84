"""See openhyper.inserter."""
from openhyper.inserter import Inserter

__all__ = ["Inserter"]
