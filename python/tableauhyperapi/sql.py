"""See openhyper.sql."""
from openhyper.sql import escape_name, escape_string_literal

__all__ = ["escape_name", "escape_string_literal"]
