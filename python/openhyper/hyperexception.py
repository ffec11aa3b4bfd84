"""The exception for everything that the engine refuses."""
import warnings
import zlib
from typing import Optional

__all__ = ["ContextId", "HyperException"]


class ContextId:
    """A number that stands for the place where an error arose."""

    __slots__ = ("__value",)

    def __init__(self, value: int) -> None:
        self.__value = value

    @property
    def value(self) -> int:
        """The number."""
        return self.__value

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ContextId):
            return NotImplemented
        return self.__value == other.__value

    def __hash__(self) -> int:
        return hash(self.__value)

    def __str__(self) -> str:
        return str(self.__value)

    def __repr__(self) -> str:
        return f"ContextId({self.__value:#x})"


def _old_name(old: str, new: str) -> None:
    warnings.warn(f"'{old}' is an old name: use '{new}'", DeprecationWarning, stacklevel=3)


def _indent(text: Optional[str]) -> str:
    return "" if text is None else text.replace("\n", "\n\t")


class HyperException(Exception):
    """An error of the engine.

    :param context_id: the place where it arose.
    :param main_message: what happened.
    :param hint: what may help, or None.
    :param message: old name of `main_message`.
    :param hint_message: old name of `hint`.

    An error that led to it is its ``__cause__``.
    """

    _sqlstate: Optional[str] = None

    def __init__(self, context_id: ContextId, main_message: Optional[str] = None, hint: Optional[str] = None,
                 message: Optional[str] = None, hint_message: Optional[str] = None) -> None:
        if message is not None:
            _old_name("message", "main_message")
            if main_message is not None:
                raise ValueError("'message' and 'main_message' are the same: give only one")
            main_message = message
        if hint_message is not None:
            _old_name("hint_message", "hint")
            if hint is not None:
                raise ValueError("'hint_message' and 'hint' are the same: give only one")
            hint = hint_message
        super().__init__(context_id, main_message, hint)
        self.context_id = context_id
        self.main_message = main_message
        self.hint = hint

    @property
    def message(self) -> Optional[str]:
        """Old name of `main_message`."""
        _old_name("message", "main_message")
        return self.main_message

    @message.setter
    def message(self, value: Optional[str]) -> None:
        _old_name("message", "main_message")
        self.main_message = value

    @property
    def hint_message(self) -> Optional[str]:
        """Old name of `hint`."""
        _old_name("hint_message", "hint")
        return self.hint

    @hint_message.setter
    def hint_message(self, value: Optional[str]) -> None:
        _old_name("hint_message", "hint")
        self.hint = value

    def __str__(self) -> str:
        text = _indent(self.main_message)
        if self.hint:
            text += f"\nHint: {_indent(self.hint)}"
        text += f"\nContext: {self.context_id.value & 0xFFFFFFFF:#x}"
        if self.__cause__ is not None:
            text += f"\n\nCaused by:\n{self.__cause__}"
        return text


def _make_error(sqlstate: str, message: str, hint: Optional[str] = None) -> HyperException:
    """The exception for an error of the engine; the context is a number that the SQLSTATE gives."""
    number = zlib.crc32(sqlstate.encode()) or 1
    error = HyperException(ContextId(number - (1 << 32) if number >= 1 << 31 else number), message, hint or None)
    error._sqlstate = sqlstate
    return error
