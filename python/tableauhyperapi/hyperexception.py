"""See openhyper.hyperexception."""
from openhyper.hyperexception import ContextId, HyperException

__all__ = ["ContextId", "HyperException"]
