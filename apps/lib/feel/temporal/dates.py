"""FEEL's date."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar

from . import calendar
from .calendar import LARGEST_YEAR
from .durations import DAY, DaysDuration, MonthsDuration, days_duration, ordered

DATE_PATTERN = r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"

_DATE = re.compile(DATE_PATTERN)


@dataclass(frozen=True, slots=True)
class FeelDate:
    """A day. Beside a moment with a zone it stands for its midnight in UTC."""

    feel_type: ClassVar[str] = "date"

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return f"{_year_text(self.year)}-{self.month:02}-{self.day:02}"

    def __add__(self, other: object) -> Any:
        """Add a duration; what is less than a day of it is dropped, toward the past."""
        if isinstance(other, DaysDuration):
            return day_numbered((self.number * DAY + other.nanoseconds) // DAY)
        return (
            self.plus_months(other.months) if isinstance(other, MonthsDuration) else NotImplemented
        )

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        if isinstance(other, DaysDuration | MonthsDuration):
            return self + -other
        if isinstance(other, FeelDate):
            return days_duration((self.number - other.number) * DAY)
        return NotImplemented

    def equal_to(self, other: object) -> bool | None:
        return self == other if isinstance(other, FeelDate) else None

    def compare_to(self, other: object) -> int | None:
        return ordered(self.number, other.number) if isinstance(other, FeelDate) else None

    def member(self, name: str) -> Decimal:
        """Return `year`, `month`, `day` or `weekday` (Monday is 1)."""
        return _MEMBERS[name](self)

    @property
    def number(self) -> int:
        """Days from 1970-01-01."""
        return calendar.day_number(self.year, self.month, self.day)

    @property
    def weekday(self) -> int:
        """1 for Monday to 7 for Sunday."""
        return calendar.weekday(self.year, self.month, self.day)

    def plus_months(self, months: int) -> "FeelDate | None":
        """Return the same day that many months later, or the last of its month; None: too far."""
        return make_date(*calendar.plus_months(self.year, self.month, self.day, months))

    def months_until(self, end: "FeelDate") -> MonthsDuration:
        """Return the whole months from this day to `end`; negative when the end is earlier."""
        months = (end.year - self.year) * 12 + end.month - self.month
        if months > 0 and end.day < self.day:
            months -= 1
        elif months < 0 and end.day > self.day:
            months += 1
        return MonthsDuration(months)

    def to_python(self) -> date:
        """Raises ValueError beyond the years 1 to 9999."""
        return date(self.year, self.month, self.day)

    @staticmethod
    def from_python(day: date) -> "FeelDate":
        return FeelDate(day.year, day.month, day.day)


def make_date(year: int, month: int, day: int) -> FeelDate | None:
    """Return the day, or None when there is no such day."""
    return FeelDate(year, month, day) if calendar.is_date(year, month, day) else None


def date_of(text: str) -> FeelDate | None:
    """Read `2026-03-31`, also `-0044-03-15` and `12026-03-31`."""
    found = _DATE.fullmatch(text)
    return make_date(int(found[1]), int(found[2]), int(found[3])) if found else None


def day_numbered(number: int) -> FeelDate | None:
    """Return the day that many days after 1970-01-01, or None beyond FEEL's years."""
    if abs(number) > (LARGEST_YEAR + 2) * 366:
        return None
    return make_date(*calendar.date_of(number))


def _year_text(year: int) -> str:
    return f"-{-year:04}" if year < 0 else f"{year:04}"


_MEMBERS: Mapping[str, Callable[[FeelDate], Decimal]] = {
    "year": lambda day: Decimal(day.year),
    "month": lambda day: Decimal(day.month),
    "day": lambda day: Decimal(day.day),
    "weekday": lambda day: Decimal(day.weekday),
}
