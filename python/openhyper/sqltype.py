"""SQL types."""
import enum
import functools
import operator
from typing import Dict, Optional, Tuple

__all__ = ["SqlType", "TypeTag"]


class TypeTag(enum.Enum):
    """The kinds of SQL types."""

    UNSUPPORTED = 0
    BOOL = 1
    BIG_INT = 2
    SMALL_INT = 3
    INT = 4
    NUMERIC = 5
    FLOAT = 19
    DOUBLE = 6
    OID = 7
    BYTES = 8
    TEXT = 9
    VARCHAR = 10
    CHAR = 11
    JSON = 12
    DATE = 13
    INTERVAL = 14
    TIME = 15
    TIMESTAMP = 16
    TIMESTAMP_TZ = 17
    TABGEOGRAPHY = 18
    GEOGRAPHY = 18


_NO_MODIFIER = 0xFFFFFFFF

# tag -> (OID, SQL, name of the factory)
_KINDS: Dict[TypeTag, Tuple[int, str, str]] = {
    TypeTag.BOOL: (16, "boolean", "bool"),
    TypeTag.BIG_INT: (20, "bigint", "big_int"),
    TypeTag.SMALL_INT: (21, "smallint", "small_int"),
    TypeTag.INT: (23, "integer", "int"),
    TypeTag.NUMERIC: (1700, "numeric", "numeric"),
    TypeTag.DOUBLE: (701, "double precision", "double"),
    TypeTag.OID: (26, "oid", "oid"),
    TypeTag.BYTES: (17, "bytea", "bytes"),
    TypeTag.TEXT: (25, "text", "text"),
    TypeTag.VARCHAR: (1043, "varchar", "varchar"),
    TypeTag.CHAR: (1042, "char", "char"),
    TypeTag.JSON: (114, "json", "json"),
    TypeTag.DATE: (1082, "date", "date"),
    TypeTag.INTERVAL: (1186, "interval", "interval"),
    TypeTag.TIME: (1083, "time", "time"),
    TypeTag.TIMESTAMP: (1114, "timestamp", "timestamp"),
    TypeTag.TIMESTAMP_TZ: (1184, "timestamptz", "timestamp_tz"),
    TypeTag.TABGEOGRAPHY: (5003, "geography", "geography"),
    TypeTag.FLOAT: (700, "real", "float"),
}
_TAGS = {oid: tag for tag, (oid, _, _) in _KINDS.items()}
_TAGS[18] = TypeTag.CHAR  # char(1)
_PLAIN: Dict[TypeTag, "SqlType"] = {}


@functools.total_ordering
class SqlType:
    """A type of columns and values. Made by the static methods, such as ``SqlType.numeric(10, 2)``."""

    __slots__ = ("__tag", "__modifier", "__oid")

    def __init__(self, tag: TypeTag, modifier: int = _NO_MODIFIER, oid: Optional[int] = None) -> None:
        self.__tag = tag
        self.__modifier = modifier
        if oid is None:
            oid = _KINDS[tag][0] if tag in _KINDS else 0
            if tag is TypeTag.CHAR and modifier == 5:
                oid = 18
        self.__oid = oid

    @staticmethod
    def _of_engine(oid: int, modifier: int) -> "SqlType":
        """The type of an OID and modifier as the engine gives them."""
        tag = _TAGS.get(oid, TypeTag.UNSUPPORTED)
        if modifier == -1 and tag is not TypeTag.UNSUPPORTED:
            if oid == 18:
                return SqlType(tag, 5, oid)
            # varchar without length is text
            return _plain(TypeTag.TEXT if tag is TypeTag.VARCHAR else tag)
        return SqlType(tag, modifier & 0xFFFFFFFF, oid)

    @property
    def tag(self) -> TypeTag:
        """The kind of type."""
        return self.__tag

    @property
    def internal_oid(self) -> int:
        """The type's number in the engine."""
        return self.__oid

    @property
    def internal_type_modifier(self) -> int:
        """Length, or precision and scale, in the engine's form; 0xFFFFFFFF without."""
        return self.__modifier

    @property
    def precision(self) -> Optional[int]:
        """Number of digits of a numeric; else None."""
        return self.__modifier - 4 >> 16 if self.__tag is TypeTag.NUMERIC and self.__has_modifier() else None

    @property
    def scale(self) -> Optional[int]:
        """Number of digits behind the point of a numeric; else None."""
        return self.__modifier - 4 & 0xFFFF if self.__tag is TypeTag.NUMERIC and self.__has_modifier() else None

    @property
    def max_length(self) -> Optional[int]:
        """Greatest number of characters of char and varchar; else None."""
        has_length = self.__tag in (TypeTag.CHAR, TypeTag.VARCHAR) and self.__has_modifier()
        return self.__modifier - 4 if has_length else None

    def __has_modifier(self) -> bool:
        return 4 <= self.__modifier < _NO_MODIFIER

    def _sql(self) -> str:
        """The type as it stands in SQL."""
        if self.__tag is TypeTag.UNSUPPORTED:
            from .hyperexception import _make_error
            raise _make_error("0A000", "This type cannot be written in SQL.")
        return _KINDS[self.__tag][1] + self.__arguments(",")

    def __arguments(self, separator: str) -> str:
        if self.__tag is TypeTag.NUMERIC and self.__has_modifier():
            return f"({self.precision}{separator}{self.scale})"
        return "" if self.max_length is None else f"({self.max_length})"

    def __str__(self) -> str:
        if self.__tag is TypeTag.TABGEOGRAPHY:
            return "TABLEAU.TABGEOGRAPHY"
        return self.__tag.name + self.__arguments(", ")

    def __repr__(self) -> str:
        if self.__tag is TypeTag.UNSUPPORTED:
            return "SqlType.unsupported()"
        return f"SqlType.{_KINDS[self.__tag][2]}{self.__arguments(', ') or '()'}"

    def __key(self) -> Tuple[int, int, int]:
        return self.__tag.value, self.__modifier, self.__oid

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, SqlType):
            return NotImplemented
        return self.__key() == other.__key()

    def __lt__(self, other: "SqlType") -> bool:
        if not isinstance(other, SqlType):
            return NotImplemented
        return self.__key() < other.__key()

    def __hash__(self) -> int:
        return hash(self.__key())

    # The factories come last: some of their names hide Python's own within the class.

    @staticmethod
    def small_int() -> "SqlType":
        """Whole numbers of 16 bits."""
        return _plain(TypeTag.SMALL_INT)

    @staticmethod
    def big_int() -> "SqlType":
        """Whole numbers of 64 bits."""
        return _plain(TypeTag.BIG_INT)

    @staticmethod
    def double() -> "SqlType":
        """Floating point numbers of 64 bits."""
        return _plain(TypeTag.DOUBLE)

    @staticmethod
    def numeric(precision: "int", scale: "int") -> "SqlType":
        """Numbers of `precision` digits, `scale` of them behind the point."""
        if not 1 <= precision <= 38:
            raise ValueError(f"'precision' must be from 1 to 38, not {precision}")
        if not 0 <= scale <= precision:
            raise ValueError(f"'scale' must be from 0 to {precision}, not {scale}")
        return SqlType(TypeTag.NUMERIC, (precision << 16 | scale) + 4)

    @staticmethod
    def oid() -> "SqlType":
        """Whole numbers of 32 bits without sign."""
        return _plain(TypeTag.OID)

    @staticmethod
    def text() -> "SqlType":
        """Texts."""
        return _plain(TypeTag.TEXT)

    @staticmethod
    def varchar(max_length: "int") -> "SqlType":
        """Texts of up to `max_length` characters."""
        return _with_length(TypeTag.VARCHAR, max_length)

    @staticmethod
    def char(max_length: "int") -> "SqlType":
        """Texts filled up with blanks to `max_length` characters."""
        return _with_length(TypeTag.CHAR, max_length)

    @staticmethod
    def json() -> "SqlType":
        """JSON as text."""
        return _plain(TypeTag.JSON)

    @staticmethod
    def date() -> "SqlType":
        """Days."""
        return _plain(TypeTag.DATE)

    @staticmethod
    def time() -> "SqlType":
        """Times of a day."""
        return _plain(TypeTag.TIME)

    @staticmethod
    def timestamp() -> "SqlType":
        """Days with times."""
        return _plain(TypeTag.TIMESTAMP)

    @staticmethod
    def timestamp_tz() -> "SqlType":
        """Points in time, in UTC."""
        return _plain(TypeTag.TIMESTAMP_TZ)

    @staticmethod
    def interval() -> "SqlType":
        """Months, days and microseconds."""
        return _plain(TypeTag.INTERVAL)

    @staticmethod
    def tabgeography() -> "SqlType":
        """Shapes on the earth."""
        return _plain(TypeTag.TABGEOGRAPHY)

    @staticmethod
    def geography() -> "SqlType":
        """Shapes on the earth."""
        return _plain(TypeTag.TABGEOGRAPHY)

    @staticmethod
    def bytes() -> "SqlType":
        """Bytes."""
        return _plain(TypeTag.BYTES)

    @staticmethod
    def bool() -> "SqlType":
        """True and false."""
        return _plain(TypeTag.BOOL)

    @staticmethod
    def float() -> "SqlType":
        """Floating point numbers of 32 bits."""
        return _plain(TypeTag.FLOAT)

    @staticmethod
    def int() -> "SqlType":
        """Whole numbers of 32 bits."""
        return _plain(TypeTag.INT)


def _plain(tag: TypeTag) -> SqlType:
    if tag not in _PLAIN:
        _PLAIN[tag] = SqlType(tag)
    return _PLAIN[tag]


def _with_length(tag: TypeTag, length: int) -> SqlType:
    length = operator.index(length)
    if length < 1:
        raise ValueError(f"'max_length' must be at least 1, not {length}")
    return SqlType(tag, length + 4)
