"""Spans of whole days on the organisation's calendar, and those they are compared with. Pure."""

import calendar
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

ROLLING: Final = {"7d": 7, "30d": 30, "90d": 90}
PERIODS: Final = ("today", *ROLLING, "month", "custom")
COMPARISONS: Final = ("before", "year", "none")
MAX_DAYS: Final = 1_100
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both included."""

    first: date
    last: date

    @property
    def n_days(self) -> int:
        return (self.last - self.first).days + 1

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range(self.n_days)]

    @property
    def is_month(self) -> bool:
        return self == month_of(self.first)

    def begins(self, zone: ZoneInfo) -> datetime:
        return midnight(self.first, zone)

    def ends(self, zone: ZoneInfo) -> datetime:
        """The moment at which the day after it begins: a day may have 23 or 25 hours."""
        return midnight(self.last + timedelta(days=1), zone)

    def before(self) -> "Span":
        """Return what came right before: of a whole month the month before, else as many days."""
        if self.is_month:
            return month_of(self.first - timedelta(days=1))
        return Span(self.first - timedelta(days=self.n_days), self.first - timedelta(days=1))

    def year_before(self) -> "Span":
        """Return the same dates of the year before; the 29th of February is its 28th."""
        if self.is_month:
            return month_of(_year_back(self.first))
        return Span(_year_back(self.first), _year_back(self.last))


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return when the day begins. Where the clocks skip its midnight, that is when they do."""
    return datetime.combine(day, time(), zone)


def month_of(day: date) -> Span:
    length = calendar.monthrange(day.year, day.month)[1]
    return Span(day.replace(day=1), day.replace(day=length))


def rolling(period: str, today: date) -> Span:
    """Return the days that a period means on `today`: those of 7d and so on are over, all of them.

    `today` is not over; `month` is the last one that is.
    """
    if period == "today":
        return Span(today, today)
    if period == "month":
        return month_of(today.replace(day=1) - timedelta(days=1))
    return Span(today - timedelta(days=ROLLING[period]), today - timedelta(days=1))


def compared(span: Span, comparison: str) -> Span | None:
    if comparison == "none":
        return None
    return span.year_before() if comparison == "year" else span.before()


def _year_back(day: date) -> date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return day.replace(year=day.year - 1, day=min(day.day, last))
