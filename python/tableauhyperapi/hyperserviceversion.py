"""See openhyper.hyperserviceversion."""
from openhyper.hyperserviceversion import HyperServiceVersion

__all__ = ["HyperServiceVersion"]
