"""The version of a service."""

__all__ = ["HyperServiceVersion"]


class HyperServiceVersion:
    """A version of two numbers, such as 4.12."""

    __slots__ = ("__major", "__minor")

    def __init__(self, major: int, minor: int) -> None:
        self.__major = major
        self.__minor = minor

    @property
    def major(self) -> int:
        """The first number."""
        return self.__major

    @property
    def minor(self) -> int:
        """The second number."""
        return self.__minor

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, HyperServiceVersion):
            return NotImplemented
        return (self.major, self.minor) == (other.major, other.minor)

    def __hash__(self) -> int:
        return hash((self.major, self.minor))

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"

    def __repr__(self) -> str:
        return f"HyperServiceVersion({self.major}, {self.minor})"
