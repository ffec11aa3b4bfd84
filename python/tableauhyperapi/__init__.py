"""openhyper under the name of Tableau's package, so that programs written for that one run unchanged."""
import importlib
from types import ModuleType

from openhyper import *  # noqa: F401,F403
from openhyper import VERSION, __version__, frames
from openhyper import __all__ as _names

_MODULES = frozenset((
    "catalog", "connection", "databasename", "date", "endpoint", "hyperexception", "hyperprocess",
    "hyperserviceversion", "inserter", "interval", "name", "result", "resultschema", "schemaname", "sql", "sqltype",
    "tabledefinition", "tablename", "timestamp", "warning"))

__all__ = [name for name in _names if name not in frames.__all__]


def __getattr__(name: str) -> ModuleType:
    if name in _MODULES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
