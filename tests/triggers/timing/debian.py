"""Debian's cron as its manual describes it, simulated minute by minute: an oracle.

It shares nothing with the product. “Local time changes of less than three hours … only apply to
jobs that run at a specific time and jobs that run with a granularity greater than one hour. Jobs
that run more frequently are scheduled normally. If time has moved forward, those jobs that would
have run in the interval that has been skipped will be run immediately. Conversely, if time has
moved backward, care is taken to avoid running jobs twice.” (cron(8))
"""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)
AROUND = timedelta(hours=26)
DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


class Minutes:
    """The minutes around a moment as a clock on a wall shows them, one after the other."""

    def __init__(self, zone: str, middle: datetime):
        tz = ZoneInfo(zone)
        self.begin, self.end = middle - AROUND, middle + AROUND
        # day → (minute of the day, moment, shown before, skipped)
        self.of_day: dict[date, list[tuple[int, datetime, bool]]] = {}
        self.skipped: dict[date, list[tuple[int, datetime]]] = {}
        at, seen, furthest = self.begin, None, None
        while at <= self.end:
            wall = at.astimezone(tz).replace(tzinfo=None)
            if seen is not None:
                missing = seen + MINUTE
                while missing < wall:
                    minute = missing.hour * 60 + missing.minute
                    self.skipped.setdefault(missing.date(), []).append((minute, at))
                    missing += MINUTE
            again = furthest is not None and wall <= furthest
            minute = wall.hour * 60 + wall.minute
            self.of_day.setdefault(wall.date(), []).append((minute, at, again))
            seen = wall
            furthest = wall if furthest is None else max(furthest, wall)
            at += MINUTE


class Job:
    """One line of a crontab."""

    def __init__(self, text: str):
        minute, hour, day, month, weekday = text.lower().split()
        minutes, hours = values(minute, 0, 59), values(hour, 0, 23)
        self.minutes = {h * 60 + m for h in hours for m in minutes}
        self.days = values(day, 1, 31)
        self.months = values(month, 1, 12, ["", *MONTHS])
        self.weekdays = {each % 7 for each in values(weekday, 0, 7, DAYS)}
        self.both_days = day.startswith("*") or weekday.startswith("*")
        self.is_wild = minute.startswith("*") or hour.startswith("*")

    def is_on(self, day: date) -> bool:
        if day.month not in self.months:
            return False
        by_month, by_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        return (by_month and by_week) if self.both_days else (by_month or by_week)

    def runs(self, minutes: Minutes) -> list[datetime]:
        """Return when it runs, after the first of these minutes."""
        found = set()
        wanted = self.minutes
        for day, shown in minutes.of_day.items():
            if self.is_on(day):
                found |= {
                    at
                    for minute, at, again in shown
                    if minute in wanted and (self.is_wild or not again)
                }
        for day, skipped in minutes.skipped.items():
            if not self.is_wild and self.is_on(day):
                found |= {at for minute, at in skipped if minute in wanted}
        return sorted(found - {minutes.begin})


def values(field: str, low: int, high: int, names: list[str] | None = None) -> set[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        if span == "*":
            first, last = low, high
        elif "-" in span:
            first, last = (number(each, names) for each in span.split("-"))
        else:
            first = number(span, names)
            last = high if step else first
        found |= set(range(first, last + 1, int(step or 1)))
    return found


def number(text: str, names: list[str] | None) -> int:
    return names.index(text) if names and text in names else int(text)


@lru_cache
def changes(zone: str, first_year: int, last_year: int) -> tuple[datetime, ...]:
    """Return the hours, in UTC, within or at which the clock was changed."""
    tz = ZoneInfo(zone)
    at, found = datetime(first_year, 1, 1, tzinfo=UTC), []
    before = at.astimezone(tz).utcoffset()
    while at.year <= last_year:
        at += timedelta(hours=1)
        offset = at.astimezone(tz).utcoffset()
        if offset != before:
            found.append(at)
        before = offset
    return tuple(found)
