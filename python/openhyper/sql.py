"""Quoting of names and texts in SQL."""
from pathlib import PurePath
from typing import Union

__all__ = ["escape_name", "escape_string_literal"]


def _quote_name(text: str) -> str:
    quoted = text.replace('"', '""')
    if "\n" not in text and "\r" not in text:
        return f'"{quoted}"'
    quoted = quoted.replace("\\", "\\\\").replace("\n", "\\000A").replace("\r", "\\000D")
    return f'U&"{quoted}"'


_CONTROL = {chr(code): f"\\{code:o}" for code in range(0x20)}
_CONTROL.update({"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"})


def escape_name(identifier: "Union[str, PurePath]") -> str:
    """A name as it stands in SQL, in double quotes.

    >>> print(escape_name('a "b" c'))
    "a ""b"" c"
    """
    from .name import Name
    return str(Name(identifier))


def escape_string_literal(literal: str) -> str:
    """A text as it stands in SQL, in single quotes.

    >>> print(escape_string_literal("it's"))
    'it''s'
    """
    literal.encode(errors="surrogatepass")  # AttributeError for what is no str
    quoted = literal.replace("'", "''")
    if not any(c < " " or c == "\\" for c in literal):
        return f"'{quoted}'"
    return "E'" + "".join(_CONTROL.get(c, c) for c in quoted) + "'"
