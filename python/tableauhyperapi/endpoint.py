"""See openhyper.endpoint."""
from openhyper.endpoint import Endpoint

__all__ = ["Endpoint"]
