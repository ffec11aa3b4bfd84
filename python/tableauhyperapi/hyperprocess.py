"""See openhyper.hyperprocess."""
from openhyper.hyperprocess import HyperProcess, Telemetry

__all__ = ["HyperProcess", "Telemetry"]
