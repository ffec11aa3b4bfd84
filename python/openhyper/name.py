"""Names of things in a database."""
import functools
from pathlib import PurePath
from typing import Any, Iterable, List, Optional, Tuple, Union

from .sql import _quote_name

__all__ = ["Name"]


@functools.total_ordering
class Name:
    """One name: of a column, or a part of a longer name. Upper and lower case differ.

    :param name: the name as it is, without quotes.

    ``str(name)`` is the name in quotes, for SQL.
    """

    __slots__ = ("__unescaped", "__quoted")

    def __init__(self, name: "Union[str, PurePath, Name]") -> None:
        if isinstance(name, Name):
            text = name.unescaped
        elif isinstance(name, QualifiedName):
            raise ValueError(f"a {type(name).__name__} cannot be a single name")
        else:
            text = "" if name is None else str(name)
        if not text:
            raise ValueError("a name must not be empty")
        self.__unescaped = text
        self.__quoted: Optional[str] = None

    @property
    def unescaped(self) -> str:
        """The name without quotes."""
        return self.__unescaped

    def __str__(self) -> str:
        if self.__quoted is None:
            self.__quoted = _quote_name(self.__unescaped)
        return self.__quoted

    def __repr__(self) -> str:
        return f"Name({self.__unescaped!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Name):
            return NotImplemented
        return self.__unescaped == other.__unescaped

    def __lt__(self, other: "Name") -> bool:
        if not isinstance(other, Name):
            return NotImplemented
        return self.__unescaped < other.__unescaped

    def __hash__(self) -> int:
        return hash(self.__unescaped)


@functools.total_ordering
class QualifiedName:
    """What DatabaseName, SchemaName and TableName have in common: up to three parts, of which the first
    ones may be missing."""

    __slots__ = ("_parts",)

    _kinds: Tuple[str, ...] = ()  # of the parts, the last one is what the class names
    _parts: Tuple[Name, ...]

    def __init__(self, *components: Any) -> None:
        self._parts = tuple(_assemble(type(self).__name__, self._kinds, components))

    @property
    def name(self) -> Name:
        """The last part."""
        return self._parts[-1]

    def __str__(self) -> str:
        return ".".join(map(str, self._parts))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(repr(part.unescaped) for part in self._parts)})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return self._parts == other._parts

    def __lt__(self, other: Any) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return (len(self._parts), self._parts) < (len(other._parts), other._parts)

    def __hash__(self) -> int:
        return hash((type(self).__name__, self._parts))


def _assemble(class_name: str, kinds: Tuple[str, ...], components: Iterable[Any]) -> List[Name]:
    """The parts of a name out of texts, names and shorter qualified names.

    Each component fills the next parts. A text or Name may be any part; a qualified name says which parts
    it is, so its last one must be where its class belongs and not before what is filled already.
    """
    parts: List[Tuple[Optional[int], Name]] = []  # index in kinds where known, and name
    components = list(components)
    while len(components) > 1 and (components[0] is None or components[0] == ""):
        del components[0]
    for component in components:
        if isinstance(component, QualifiedName):
            last = len(component._kinds) - 1
            if last >= len(kinds):
                raise ValueError(f"a {type(component).__name__} cannot be part of a {class_name}")
            first = last - len(component._parts) + 1
            parts.extend((first + i, part) for i, part in enumerate(component._parts))
        else:
            parts.append((None, Name(component)))
    if not parts:
        raise ValueError(f"a {class_name} needs at least one component")
    if len(parts) > len(kinds):
        raise ValueError(f"a {class_name} has at most {len(kinds)} components")
    offset = len(kinds) - len(parts)
    for i, (index, _) in enumerate(parts):
        if index is not None and index != offset + i:
            raise ValueError(f"the components do not form a {class_name}: {kinds[index]} in the place of "
                             f"{kinds[offset + i]}")
    return [name for _, name in parts]
