"""See openhyper.resultschema."""
from openhyper.resultschema import ResultSchema

__all__ = ["ResultSchema"]
