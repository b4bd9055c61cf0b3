"""The next days of a calendar, for people."""

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from .hours import Hours, clock_of, minutes_of
from .models import Calendar

PREVIEW_DAYS = 14


@dataclass(frozen=True)
class ShownDay:
    day: date
    hours: str
    note: str
    is_open: bool


def next_days(hours: Hours, *, first: date, n: int = PREVIEW_DAYS) -> list[ShownDay]:
    return [_day(hours, first + timedelta(days=each)) for each in range(n)]


def _day(hours: Hours, day: date) -> ShownDay:
    spans = hours.spans_on(day)
    written = ", ".join(f"{clock_of(opens)} – {clock_of(closes)}" for opens, closes in spans)
    note = hours.holiday_on(day)
    if day in hours.days:
        own = _("a day of our own")
        note = f"{note}, {own}" if note else own
    return ShownDay(day, written or _("closed"), note, bool(spans))


def week_in_words(calendar: Calendar) -> str:
    """Return how many hours its week has, and how many days."""
    minutes = [
        sum(minutes_of(closes) - minutes_of(opens) for opens, closes in spans)
        for spans in calendar.week.values()
    ]
    words = {"hours": f"{sum(minutes) / 60:g}", "days": sum(1 for each in minutes if each)}
    return _("%(hours)s hours on %(days)d days") % words
