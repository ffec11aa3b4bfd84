"""Processes: engines that connections use."""
import enum
import os
import warnings
from pathlib import PurePath
from types import TracebackType
from typing import Mapping, Optional, Type, Union

from . import _transport
from .endpoint import Endpoint
from .hyperexception import HyperException
from .warning import UnclosedObjectWarning

__all__ = ["HyperProcess", "Telemetry"]


class Telemetry(enum.Enum):
    """Whether usage data may be sent. Nothing is ever sent; the choice is accepted for compatibility."""

    DO_NOT_SEND_USAGE_DATA_TO_TABLEAU = 0
    SEND_USAGE_DATA_TO_TABLEAU = 1


class HyperProcess:
    """An engine: worker threads, memory and open database files. It runs inside this process, or, with a
    `hyper_path`, in a server process that is started. Other processes can connect to either by its endpoint.

    :param telemetry: accepted, without effect.
    :param user_agent: a name for the application.
    :param hyper_path: the folder of a server program, ``hyperd``, to start instead: ours or the original's.
    :param parameters: settings of the engine and defaults for its connections, such as
        ``default_database_version``, ``memory_limit``, ``date_style``.

    ::

        with HyperProcess(Telemetry.DO_NOT_SEND_USAGE_DATA_TO_TABLEAU) as hyper:
            with Connection(hyper.endpoint, "cars.hyper", CreateMode.CREATE_AND_REPLACE) as connection:
                ...
    """

    __process: Optional[_transport.Process] = None

    def __init__(self, telemetry: Telemetry, user_agent: str = "", hyper_path: Union[str, PurePath, None] = None,
                 parameters: Optional[Mapping[str, str]] = None) -> None:
        path = None if hyper_path is None else os.fspath(hyper_path)
        self.__process = _transport.start_process(path, parameters)
        self.__endpoint = Endpoint(self.__process.descriptor, user_agent)
        self.__endpoint._announce = self.__process.announce

    @property
    def endpoint(self) -> Endpoint:
        """Where connections find it. RuntimeError once it is closed."""
        if self.__process is None:
            raise RuntimeError("the process is closed")
        return self.__endpoint

    @property
    def is_open(self) -> bool:
        """False once it is closed."""
        return self.__process is not None

    def close(self) -> None:
        """Shuts down without raising an error; may be repeated."""
        try:
            self.shutdown()
        except HyperException:
            pass

    def shutdown(self, timeout_ms: int = -1) -> None:
        """Ends all connections, whose open transactions are rolled back, and the engine.

        :param timeout_ms: how long to wait for a server process: -1 without end, 0 not at all; then it is killed. An
            engine in this process ends at once.
        :raises HyperException: the server process did not end by itself, or not well.
        """
        process, self.__process = self.__process, None
        if process is not None:
            process.close(timeout_ms)

    def __enter__(self) -> "HyperProcess":
        return self

    def __exit__(self, exc_type: Optional[Type[BaseException]], exc_value: Optional[BaseException],
                 traceback: Optional[TracebackType]) -> None:
        self.close()

    def __del__(self) -> None:
        if self.__process is not None:
            warnings.warn("A HyperProcess was not closed: use it in a with statement or call close().",
                          UnclosedObjectWarning, source=self)
            self.close()

    def __repr__(self) -> str:
        state = "closed"
        if self.__process is not None:
            state = f"open; pid: {self.__process.pid}; endpoint: {self.__endpoint!r}"
        return f"<HyperProcess object at {id(self):#x}; state: {state}>"
