"""FEEL's two kinds of durations. They do not mix: months have no fixed number of days."""

import re
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

SECOND = 1_000_000_000
MINUTE, HOUR, DAY = 60 * SECOND, 3600 * SECOND, 86_400 * SECOND

# As long as FEEL's calendar, both ways: the difference of any two moments fits.
LARGEST_NANOSECONDS = 2_000_000_000 * 366 * DAY
LARGEST_MONTHS = 2_000_000_000 * 12

_DAYS = re.compile(
    r"(-?)P(?:([0-9]{1,18})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,18})H)?(?:([0-9]{1,18})M)?(?:([0-9]{1,18})(?:\.([0-9]*))?S)?)?"
)
_MONTHS = re.compile(r"(-?)P(?:([0-9]{1,18})Y)?(?:([0-9]{1,18})M)?")


@dataclass(frozen=True, slots=True)
class DaysDuration:
    """A days and time duration, exact to the nanosecond. A day is 24 hours."""

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

    months: int

    def __str__(self) -> str:
        years, months = divmod(abs(self.months), 12)
        said = (f"{years}Y" if years else "") + (f"{months}M" if months else "")
        return f"{'-' if self.months < 0 else ''}P{said}" if said else "P0M"


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
