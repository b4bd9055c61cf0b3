"""Time counted in working hours. Pure: a calendar's hours go in, moments and seconds come out.

The hours of a day are wall-clock times in the calendar's zone: where the clocks change, a day has
the hours that its people live through. A day of one's own says all about that day; a public
holiday is closed; any other day has the hours of its weekday.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import holidays

from apps.lib.json import Json

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES_OF_DAY: Final = 24 * 60
# Further ahead nobody's calendar is known: from there all time counts.
MAX_DAYS: Final = 3_660
LAST_MOMENT: Final = datetime(9999, 12, 31, tzinfo=UTC)

Spans = tuple[tuple[int, int], ...]  # minutes since midnight


@dataclass(frozen=True, slots=True, kw_only=True)
class Hours:
    """When people work. `week` has the spans of Monday first; `always` ignores everything else."""

    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("UTC"))
    week: tuple[Spans, ...] = ((),) * 7
    days: Mapping[date, Spans] = field(default_factory=dict)
    country: str = ""
    subdivision: str = ""
    always: bool = False

    def add(self, start: datetime, seconds: float) -> datetime:
        """Return the first moment by which `seconds` have been worked since `start`."""
        rest = max(0.0, seconds)
        if rest == 0:
            return start
        at = start
        for opens, closes in self._open_from(start):
            begin = max(opens, start)
            worked = (closes - begin).total_seconds()
            if worked >= rest:
                return _later(begin, rest)
            rest, at = rest - worked, closes
        return _later(max(at, self._horizon(start)), rest)

    def between(self, start: datetime, end: datetime) -> float:
        """Return how many seconds are worked from `start` to `end`; 0 when `end` is not later."""
        worked = 0.0
        for opens, closes in self._open_from(start):
            if opens >= end:
                return worked
            counted = min(closes, end) - max(opens, start)
            worked += max(0.0, counted.total_seconds())
        return worked + max(0.0, (end - self._horizon(start)).total_seconds())

    def is_open(self, at: datetime) -> bool:
        return any(opens <= at < closes for opens, closes in self.open_on(self._day_of(at)))

    def open_on(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return when that day is open, in UTC, in order and without overlaps."""
        if self.always:
            return [(self._moment(day, 0), self._moment(day, MINUTES_OF_DAY))]
        found: list[tuple[datetime, datetime]] = []
        for first, last in self.spans_on(day):
            opens, closes = self._moment(day, first), self._moment(day, last)
            if found:  # a time that the clocks skip stands for a later one
                opens = max(opens, found[-1][1])
            if opens < closes:
                found.append((opens, closes))
        return found

    def spans_on(self, day: date) -> Spans:
        """Return the hours of that day as written, in minutes since midnight."""
        if self.always:
            return ((0, MINUTES_OF_DAY),)
        own = self.days.get(day)
        if own is not None:
            return own
        return () if self.holiday_on(day) else self.week[day.weekday()]

    def holiday_on(self, day: date) -> str:
        """Return the name of the public holiday, "" on other days."""
        if not self.country:
            return ""
        return str(_public_holidays(self.country, self.subdivision).get(day) or "")

    def _open_from(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Yield the open times that end after `start`, up to the horizon."""
        if self.always:
            yield start, self._horizon(start)
            return
        first, horizon = self._day_of(start), self._horizon(start)
        for n in range(MAX_DAYS + 1):
            day = _day_after(first, n)
            if day is None:
                return
            for opens, closes in self.open_on(day):
                closes = min(closes, horizon)
                if closes > start and opens < closes:
                    yield opens, closes

    def _horizon(self, start: datetime) -> datetime:
        return _later(start, MAX_DAYS * 86_400)

    def _day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _moment(self, day: date, minutes: int) -> datetime:
        later = day if minutes < MINUTES_OF_DAY else _day_after(day, 1)
        if later is None:
            return LAST_MOMENT
        hour, minute = divmod(minutes % MINUTES_OF_DAY, 60)
        try:
            return datetime.combine(later, time(hour, minute), self.zone).astimezone(UTC)
        except OverflowError:
            return LAST_MOMENT


ALWAYS: Final = Hours(always=True)


def hours_from(
    *,
    time_zone: str,
    week: Mapping[str, Json],
    country: str = "",
    subdivision: str = "",
    days: Mapping[str, Json] | None = None,
) -> Hours:
    """Return the hours that a calendar keeps; what can't be read counts as closed.

    One that never opens, by its week or on a day of its own, is always open: work that waits for
    hours which never come would wait for ever.
    """
    own = {date.fromisoformat(day): _spans(spans) for day, spans in (days or {}).items()}
    of_week = tuple(_spans(week.get(name)) for name in WEEKDAYS)
    if not any(of_week) and not any(own.values()):
        return ALWAYS
    return Hours(
        zone=ZoneInfo(time_zone or "UTC"),
        week=of_week,
        days=own,
        country=country,
        subdivision=subdivision,
    )


def minutes_of(text: str) -> int:
    """Return “09:30” as minutes since midnight; “24:00” is the end of the day.

    Raises ValueError for anything else.
    """
    hour, colon, minute = text.strip().partition(":")
    if not (colon and hour.isdigit() and minute.isdigit() and len(minute) == 2 and len(hour) < 3):
        raise ValueError(text)
    found = int(hour) * 60 + int(minute)
    if int(minute) > 59 or found > MINUTES_OF_DAY:
        raise ValueError(text)
    return found


def clock_of(minutes: int) -> str:
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _spans(written: Json) -> Spans:
    found = []
    for pair in written if isinstance(written, Sequence) and not isinstance(written, str) else ():
        if isinstance(pair, Sequence) and len(pair) == 2:
            first, last = minutes_of(str(pair[0])), minutes_of(str(pair[1]))
            if first < last:
                found.append((first, last))
    return tuple(sorted(found))


@lru_cache(maxsize=64)
def _public_holidays(country: str, subdivision: str) -> holidays.HolidayBase:
    return holidays.country_holidays(country, subdiv=subdivision or None)


def _later(at: datetime, seconds: float) -> datetime:
    try:
        return at + timedelta(seconds=seconds)
    except OverflowError:
        return LAST_MOMENT


def _day_after(day: date, days: int) -> date | None:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return None
