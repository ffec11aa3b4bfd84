"""See openhyper.catalog."""
from openhyper.catalog import Catalog

__all__ = ["Catalog"]
