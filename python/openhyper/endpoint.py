"""Where a process can be reached."""
from typing import Callable, Optional, Tuple, Type

__all__ = ["Endpoint"]


class Endpoint:
    """The address of a running engine, and who asks.

    :param connection_descriptor: the address, ``<scheme>://<rest>``.
    :param user_agent: a name for the application.
    """

    __slots__ = ("__connection_descriptor", "__user_agent", "_announce")

    def __init__(self, connection_descriptor: str, user_agent: str) -> None:
        self.__connection_descriptor = connection_descriptor
        self.__user_agent = user_agent
        # Whoever reads the address may give it to another process: then somebody must listen there.
        self._announce: Optional[Callable[[], None]] = None

    @property
    def _descriptor(self) -> str:
        return self.__connection_descriptor

    @property
    def connection_descriptor(self) -> str:
        """The address, of use in other processes, too."""
        if self._announce is not None:
            self._announce()
        return self.__connection_descriptor

    @property
    def user_agent(self) -> str:
        """The name of the application."""
        return self.__user_agent

    def __str__(self) -> str:
        return self.connection_descriptor

    def __repr__(self) -> str:
        return f"Endpoint({self.connection_descriptor!r}, {self.__user_agent!r})"

    def __reduce__(self) -> Tuple[Type["Endpoint"], Tuple[str, str]]:
        return Endpoint, (self.connection_descriptor, self.__user_agent)
