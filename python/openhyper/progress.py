"""How far a statement is: a bar on a terminal or in a notebook, or calls of a function.

Where `progress` is an argument (of `Connection.show_progress`, `read_csv`, `from_arrow` and the like), False means none, True a bar, and a function is called with the fraction done, from 0 to
1, from another thread about ten times a second. What it raises cancels the statement and is raised by the call.
"""
import importlib
import sys
import threading
import time
from types import TracebackType
from typing import Any, Callable, Optional, TextIO, Type, Union

__all__ = ["Progress"]

Progress = Union[bool, Callable[[float], object]]
"""What the argument `progress` may be."""

_INTERVAL = 0.1
_FIRST_SHOWN = 0.5
_CELLS = 30


class _TextBar:
    """``[######........]  40 %  3 s, 5 s left``, on one line that it takes away again."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._start = time.monotonic()
        self._width = 0

    def update(self, fraction: float) -> None:
        seconds = time.monotonic() - self._start
        filled = int(fraction * _CELLS)
        text = f"[{'#' * filled}{'.' * (_CELLS - filled)}] {int(fraction * 100):3} %  {seconds:.0f} s"
        if 0.01 < fraction < 1:
            text += f", {seconds / fraction - seconds:.0f} s left"
        self._out.write("\r" + text.ljust(self._width))
        self._out.flush()
        self._width = len(text)

    def close(self) -> None:
        self._out.write("\r" + " " * self._width + "\r")
        self._out.flush()


class _Tqdm:
    def __init__(self, tqdm: Any) -> None:
        self._bar = tqdm(total=100, unit="%", leave=False, bar_format="{l_bar}{bar}| {elapsed}, {remaining} left")

    def update(self, fraction: float) -> None:
        self._bar.n = round(fraction * 100, 1)
        self._bar.refresh()

    def close(self) -> None:
        self._bar.close()


def _in_notebook() -> bool:
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return hasattr(shell, "kernel")


def _bar() -> Union[_TextBar, _Tqdm, None]:
    """A bar of tqdm if that is installed, else one of text; None where nobody would see it."""
    if not (sys.stderr is not None and sys.stderr.isatty()) and not _in_notebook():
        return None
    try:
        return _Tqdm(importlib.import_module("tqdm.auto").tqdm)
    except ImportError:
        return _TextBar(sys.stderr)


class watch:
    """Shows how far something is as long as the block runs.

    :param progress: what the user has asked for.
    :param fraction: how far it is, 0 to 1; negative: not known.
    :param cancel: stops it.
    """

    def __init__(self, progress: Progress, fraction: Callable[[], float], cancel: Callable[[], None]) -> None:
        self._progress = progress
        self._fraction = fraction
        self._cancel = cancel
        self._stop = threading.Event()
        self._failure: Optional[BaseException] = None
        self._bar: Union[_TextBar, _Tqdm, None] = None
        self._thread: Optional[threading.Thread] = None

    def _tell(self, fraction: float) -> None:
        if callable(self._progress):
            self._progress(fraction)
        elif self._bar is not None:
            self._bar.update(fraction)

    def _run(self) -> None:
        if not callable(self._progress):
            if self._stop.wait(_FIRST_SHOWN - _INTERVAL):
                return
            self._bar = _bar()
            if self._bar is None:
                return
        furthest = 0.0
        while not self._stop.wait(_INTERVAL):
            fraction = self._fraction()
            if fraction < 0:
                furthest = 0.0  # there may be another statement
            else:
                furthest = max(furthest, min(fraction, 1.0))  # a bar that goes back helps nobody
                try:
                    self._tell(furthest)
                except BaseException as failure:
                    self._failure = failure
                    self._cancel()
                    return

    def __enter__(self) -> "watch":
        if self._progress:
            self._thread = threading.Thread(target=self._run, name="openhyper progress", daemon=True)
            self._thread.start()
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        if self._thread is None:
            return
        self._stop.set()
        self._thread.join()
        if self._bar is not None:
            self._bar.close()
        if self._failure is not None:
            raise self._failure
        if exc_type is None and callable(self._progress):
            self._progress(1.0)
