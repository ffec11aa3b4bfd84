"""Where a process can be reached."""

__all__ = ["Endpoint"]


class Endpoint:
    """The address of a running engine, and who asks.

    :param connection_descriptor: the address, ``<scheme>://<rest>``.
    :param user_agent: a name for the application.
    """

    __slots__ = ("__connection_descriptor", "__user_agent")

    def __init__(self, connection_descriptor: str, user_agent: str) -> None:
        self.__connection_descriptor = connection_descriptor
        self.__user_agent = user_agent

    @property
    def connection_descriptor(self) -> str:
        """The address."""
        return self.__connection_descriptor

    @property
    def user_agent(self) -> str:
        """The name of the application."""
        return self.__user_agent

    def __str__(self) -> str:
        return self.__connection_descriptor

    def __repr__(self) -> str:
        return f"Endpoint({self.__connection_descriptor!r}, {self.__user_agent!r})"
