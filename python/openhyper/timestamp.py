"""Points in time."""
import datetime
from typing import Any, Optional, Union, overload

from ._engine import TimestampBase
from .date import Date

__all__ = ["Timestamp"]

_DAY = 86_400_000_000
_NOTHING = datetime.timedelta()
_MICROSECOND = datetime.timedelta(microseconds=1)


class Timestamp(TimestampBase):
    """A day and a time to the microsecond, from -4712 to 294276, with or without a time zone.

    ``Timestamp(year, month, day[, hour, minute, second[, microsecond]], tzinfo=None)``; parts that are too
    large carry over.

    >>> str(Timestamp(2019, 6, 13, 13, 23, 45))
    '2019-06-13 13:23:45'
    """

    __slots__ = ()

    MINYEAR = -4712
    MAXYEAR = 294276

    @staticmethod
    def today() -> "Timestamp":
        """Now, by the local clock, without a time zone."""
        return Timestamp.now()

    @staticmethod
    def now(tz: Optional[datetime.tzinfo] = None) -> "Timestamp":
        """Now, in a time zone, or by the local clock and without one."""
        return Timestamp.from_datetime(datetime.datetime.now(tz))

    @staticmethod
    def from_date(value: Union[datetime.date, Date]) -> "Timestamp":
        """The first moment of a day."""
        return Timestamp(value.year, value.month, value.day)

    @staticmethod
    def from_datetime(value: datetime.datetime) -> "Timestamp":
        """The same time, in the same time zone."""
        return Timestamp(value.year, value.month, value.day, value.hour, value.minute, value.second,
                         value.microsecond, tzinfo=value.tzinfo)

    def to_datetime(self) -> datetime.datetime:
        """The time as datetime.datetime.

        :raises ValueError: it is outside the years 1 to 9999.
        """
        return datetime.datetime(self.year, self.month, self.day, self.hour, self.minute, self.second,
                                 self.microsecond, self.tzinfo)

    def date(self) -> "Timestamp":
        """The first moment of the day, without a time zone."""
        return Timestamp(self.year, self.month, self.day)

    def to_date(self) -> Date:
        """The day."""
        return Date(self.year, self.month, self.day)

    def __nearest_datetime(self, margin: int = 0) -> datetime.datetime:
        """The same time in the nearest year that Python knows, for asking time zones."""
        year = min(max(self.year, datetime.MINYEAR + margin), datetime.MAXYEAR - margin)
        day = self.day
        if year != self.year and self.month == 2 and day == 29:
            day = 28
        return datetime.datetime(year, self.month, day, self.hour, self.minute, self.second, self.microsecond,
                                 self.tzinfo)

    def utcoffset(self) -> Optional[datetime.timedelta]:
        """How far the time zone is ahead of UTC; None without one."""
        return None if self.tzinfo is None else self.__nearest_datetime().utcoffset()

    def astimezone(self, tz: Optional[datetime.tzinfo] = None) -> "Timestamp":
        """The same moment in another time zone (None: the local one). Without a zone it is taken as local time."""
        here = self.__nearest_datetime(1)  # which stays inside of what Python knows
        there = here.astimezone(tz)
        offset = here.astimezone().utcoffset() if self.tzinfo is None else here.utcoffset()
        shift = (there.utcoffset() or _NOTHING) - (offset or _NOTHING)
        return self.__moved(shift // _MICROSECOND, there.tzinfo)

    def __moved(self, micros: int, tzinfo: Optional[datetime.tzinfo]) -> "Timestamp":
        days, micros = divmod(self._micros + micros, _DAY)
        return self._from_days(Timestamp, self._days + days, micros, tzinfo)

    def __add__(self, other: datetime.timedelta) -> "Timestamp":
        if not isinstance(other, datetime.timedelta):
            return NotImplemented
        return self.__moved(other // _MICROSECOND, self.tzinfo)

    __radd__ = __add__

    @overload
    def __sub__(self, other: datetime.timedelta) -> "Timestamp": ...

    @overload
    def __sub__(self, other: "Timestamp") -> datetime.timedelta: ...

    def __sub__(self, other: Any) -> Any:
        if isinstance(other, datetime.timedelta):
            return self.__moved(-(other // _MICROSECOND), self.tzinfo)
        if not isinstance(other, Timestamp):
            return NotImplemented
        if (self.tzinfo is None) != (other.tzinfo is None):
            raise TypeError("timestamps with and without time zone have no difference")
        difference = datetime.timedelta(self._days - other._days, 0, self._micros - other._micros)
        difference += (other.utcoffset() or _NOTHING) - (self.utcoffset() or _NOTHING)
        return difference

    def __str__(self) -> str:
        text = f"{self.year}-{self.month:02}-{self.day:02} {self.hour:02}:{self.minute:02}:{self.second:02}"
        if self.microsecond:
            text += f".{self.microsecond:06}"
        offset = self.utcoffset()
        if offset is not None:
            sign = "-" if offset < _NOTHING else "+"
            minutes, seconds = divmod(int(abs(offset).total_seconds()), 60)
            text += f"{sign}{minutes // 60:02}:{minutes % 60:02}"
            if seconds:
                text += f":{seconds:02}"
        return text

    def __repr__(self) -> str:
        return (f"Timestamp({self.year}, {self.month}, {self.day}, {self.hour}, {self.minute}, {self.second}, "
                f"{self.microsecond}, {self.tzinfo})")
