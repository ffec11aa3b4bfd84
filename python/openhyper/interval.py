"""Spans of time."""
from ._engine import IntervalBase

__all__ = ["Interval"]


class Interval(IntervalBase):
    """Months, days and microseconds. They are kept apart, as a month has no fixed number of days, nor a day of
    hours; so they are compared, too: months first.

    >>> str(Interval(14, 3, 3_661_500_000))
    'P1Y2M3DT1H1M1.5S'
    """

    __slots__ = ()

    def __add__(self, other: "Interval") -> "Interval":
        if not isinstance(other, Interval):
            return NotImplemented
        return Interval(self.months + other.months, self.days + other.days, self.microseconds + other.microseconds)

    def __sub__(self, other: "Interval") -> "Interval":
        if not isinstance(other, Interval):
            return NotImplemented
        return self + -other

    def __neg__(self) -> "Interval":
        return Interval(-self.months, -self.days, -self.microseconds)

    def __pos__(self) -> "Interval":
        return self

    def __abs__(self) -> "Interval":
        return Interval(abs(self.months), abs(self.days), abs(self.microseconds))

    def __mul__(self, factor: int) -> "Interval":
        if not isinstance(factor, int):
            return NotImplemented
        return Interval(self.months * factor, self.days * factor, self.microseconds * factor)

    def __bool__(self) -> bool:
        return bool(self.months or self.days or self.microseconds)

    def __str__(self) -> str:
        sign = -1 if self.microseconds < 0 else 1
        minutes, micros = divmod(abs(self.microseconds), 60_000_000)
        hours, minutes = divmod(minutes, 60)
        years, months = divmod(abs(self.months), 12)
        if self.months < 0:
            years, months = -years, -months
        day = "".join(f"{n}{unit}" for n, unit in ((years, "Y"), (months, "M"), (self.days, "D")) if n)
        time = "".join(f"{sign * n}{unit}" for n, unit in ((hours, "H"), (minutes, "M")) if n)
        if micros:
            time += f"{sign * micros / 1_000_000}S"
        if not day and not time:
            time = "0S"
        return "P" + day + ("T" + time if time else "")

    def __repr__(self) -> str:
        return f"Interval({self.months}, {self.days}, {self.microseconds})"
