"""Days."""
import datetime

from ._engine import DateBase

__all__ = ["Date"]


class Date(DateBase):
    """A day from -4712 to 294276; year 0 is 1 BC. The parts are not checked until the day is used.

    >>> str(Date(2019, 6, 13))
    '2019-06-13'
    """

    __slots__ = ()

    MINYEAR = -4712
    MAXYEAR = 294276

    @staticmethod
    def today() -> "Date":
        """Today, by the local clock."""
        return Date.from_date(datetime.date.today())

    @staticmethod
    def from_date(date: datetime.date) -> "Date":
        """The day of a datetime.date."""
        return Date(date.year, date.month, date.day)

    def to_date(self) -> datetime.date:
        """The day as datetime.date.

        :raises ValueError: it is outside the years 1 to 9999, or no day.
        """
        return datetime.date(self.year, self.month, self.day)

    def __str__(self) -> str:
        return f"{self.year}-{self.month:02}-{self.day:02}"

    def __repr__(self) -> str:
        return f"Date({self.year}, {self.month}, {self.day})"
