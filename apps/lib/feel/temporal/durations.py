"""FEEL's two kinds of durations. They do not mix: months have no fixed number of days."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_DOWN, Decimal
from typing import Any, ClassVar

from apps.lib.feel.arithmetic import NUMBERS

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND

# As long as FEEL's calendar, both ways: the difference of any two moments fits.
LARGEST_NANOSECONDS = 2_000_000_000 * 366 * DAY
LARGEST_MONTHS = 2_000_000_000 * 12

# The name of a part, its unit, and the next larger unit.
_PARTS: Mapping[str, tuple[int, int]] = {
    "days": (DAY, LARGEST_NANOSECONDS + 1),
    "hours": (HOUR, DAY),
    "minutes": (MINUTE, HOUR),
    "seconds": (SECOND, MINUTE),
}

_DAYS = re.compile(
    r"(-?)P(?:([0-9]{1,18})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]*))?S)?)?"
)
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?")


@dataclass(frozen=True, slots=True)
class DaysDuration:
    """A days and time duration, exact to the nanosecond. A day is 24 hours."""

    feel_type: ClassVar[str] = "days and time duration"

    nanoseconds: int

    def __str__(self) -> str:
        days, rest = divmod(abs(self.nanoseconds), DAY)
        hours, rest = divmod(rest, HOUR)
        minutes, rest = divmod(rest, MINUTE)
        time = [(hours, "H"), (minutes, "M")]
        said = "".join(f"{count}{unit}" for count, unit in time if count)
        if rest:
            said += f"{seconds_text(rest)}S"
        sign = "-" if self.nanoseconds < 0 else ""
        date = f"{days}D" if days else ""
        return f"{sign}P{date}{'T' + said if said else ''}" if date or said else "PT0S"

    def __add__(self, other: object) -> Any:
        if isinstance(other, DaysDuration):
            return days_duration(self.nanoseconds + other.nanoseconds)
        return NotImplemented

    def __sub__(self, other: object) -> Any:
        if isinstance(other, DaysDuration):
            return days_duration(self.nanoseconds - other.nanoseconds)
        return NotImplemented

    def __neg__(self) -> "DaysDuration":
        return DaysDuration(-self.nanoseconds)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Decimal):
            return _days(NUMBERS.multiply(Decimal(self.nanoseconds), other))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, DaysDuration):
            return _ratio(self.nanoseconds, other.nanoseconds)
        if isinstance(other, Decimal):
            return _days(NUMBERS.divide(Decimal(self.nanoseconds), other))
        return NotImplemented

    def equal_to(self, other: object) -> bool | None:
        order = self.compare_to(other)
        return None if order is None else order == 0

    def compare_to(self, other: object) -> int | None:
        if isinstance(other, DaysDuration):
            return ordered(self.nanoseconds, other.nanoseconds)
        return None

    def member(self, name: str) -> Decimal:
        """Return `days`, `hours`, `minutes` or `seconds`, each without the larger ones."""
        unit, limit = _PARTS[name]
        size = abs(self.nanoseconds) % limit
        count = Decimal(size) / SECOND if unit == SECOND else Decimal(size // unit)
        return -count if self.nanoseconds < 0 and count else count

    @property
    def seconds(self) -> Decimal:
        """The whole duration in seconds."""
        return Decimal(self.nanoseconds) / SECOND

    def to_python(self) -> timedelta:
        """Return the duration to the microsecond; raises OverflowError when Python has no such."""
        return timedelta(microseconds=self.nanoseconds // 1000)

    @staticmethod
    def from_python(length: timedelta) -> "DaysDuration":
        return DaysDuration((length // timedelta(microseconds=1)) * 1000)


@dataclass(frozen=True, slots=True)
class MonthsDuration:
    """A years and months duration."""

    feel_type: ClassVar[str] = "years and months duration"

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        said = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if self.months < 0 else ''}P{said}" if said else "P0M"

    def __add__(self, other: object) -> Any:
        if isinstance(other, MonthsDuration):
            return months_duration(self.months + other.months)
        return NotImplemented

    def __sub__(self, other: object) -> Any:
        if isinstance(other, MonthsDuration):
            return months_duration(self.months - other.months)
        return NotImplemented

    def __neg__(self) -> "MonthsDuration":
        return MonthsDuration(-self.months)

    def __mul__(self, other: object) -> Any:
        if isinstance(other, Decimal):
            return _months(NUMBERS.multiply(Decimal(self.months), other))
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Any:
        if isinstance(other, MonthsDuration):
            return _ratio(self.months, other.months)
        if isinstance(other, Decimal):
            return _months(NUMBERS.divide(Decimal(self.months), other))
        return NotImplemented

    def equal_to(self, other: object) -> bool | None:
        order = self.compare_to(other)
        return None if order is None else order == 0

    def compare_to(self, other: object) -> int | None:
        if isinstance(other, MonthsDuration):
            return ordered(self.months, other.months)
        return None

    def member(self, name: str) -> Decimal:
        """Return `years`, or the `months` that are left without them."""
        years, months = divmod(abs(self.months), 12)
        count = {"years": years, "months": months}[name]
        return Decimal(-count if self.months < 0 else count)


def duration_of(text: str) -> DaysDuration | MonthsDuration | None:
    """Read `P1DT2H3M4.5S` or `P1Y2M`; None for anything else, and for more than FEEL's calendar."""
    if found := _MONTHS.fullmatch(text):
        return _months_of(found)
    if found := _DAYS.fullmatch(text):
        return _days_of(found)
    return None


def days_duration(nanoseconds: int) -> DaysDuration | None:
    """Return the duration, or None when it is longer than FEEL's calendar."""
    return DaysDuration(nanoseconds) if abs(nanoseconds) <= LARGEST_NANOSECONDS else None


def months_duration(months: int) -> MonthsDuration | None:
    """Return the duration, or None when it is longer than FEEL's calendar."""
    return MonthsDuration(months) if abs(months) <= LARGEST_MONTHS else None


def fraction_of(digits: str | None) -> int:
    """Return the nanoseconds that the digits after the point say; finer ones are dropped."""
    return int((digits or "0")[:9].ljust(9, "0"))


def seconds_text(nanoseconds: int) -> str:
    """Write seconds with as many digits after the point as they need."""
    whole, fraction = divmod(nanoseconds, SECOND)
    return f"{whole}.{fraction:09}".rstrip("0") if fraction else str(whole)


def ordered(left: int, right: int) -> int:
    """Return -1, 0 or 1 as `left` is smaller, equal or larger."""
    return (left > right) - (left < right)


def _ratio(left: int, right: int) -> Decimal | None:
    return NUMBERS.divide(Decimal(left), Decimal(right)) if right else None


def _days(nanoseconds: Decimal) -> DaysDuration | None:
    if not nanoseconds.is_finite() or abs(nanoseconds) > LARGEST_NANOSECONDS:
        return None
    return DaysDuration(int(nanoseconds.to_integral_value(ROUND_DOWN)))


def _months(months: Decimal) -> MonthsDuration | None:
    if not months.is_finite() or abs(months) > LARGEST_MONTHS:
        return None
    return MonthsDuration(int(months.to_integral_value(ROUND_DOWN)))


def _months_of(found: re.Match[str]) -> MonthsDuration | None:
    sign, years, months = found.groups()
    if years is None and months is None:
        return None
    total = int(years or 0) * 12 + int(months or 0)
    return months_duration(-total if sign else total)


def _days_of(found: re.Match[str]) -> DaysDuration | None:
    sign, days, hours, minutes, seconds, fraction = found.groups()
    if days is None and hours is None and minutes is None and seconds is None:
        return None
    total = int(days or 0) * DAY + int(hours or 0) * HOUR + int(minutes or 0) * MINUTE
    total += int(seconds or 0) * SECOND + fraction_of(fraction)
    return days_duration(-total if sign else total)
