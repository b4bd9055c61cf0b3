"""A time trigger's rule: a schedule with a zone, a beginning, an end and a calendar."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from zoneinfo import ZoneInfo

from apps.calendars.hours import ALWAYS, Hours

from . import wording
from .closed import INSTANT, OnClosed, by_calendar
from .planned import Mark, Planned
from .schedules import Schedule

FIRST_MOMENT = datetime(1970, 1, 1, tzinfo=UTC)
LAST_MOMENT = datetime(3000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeRule:
    """When a trigger is due; `parse_rule` makes one. The same rule always has the same times."""

    schedule: Schedule
    zone: ZoneInfo
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    jitter_seconds: int = 0
    hours: Hours = ALWAYS
    on_closed: OnClosed = OnClosed.IGNORE

    def planned_after(self, moment: datetime) -> Iterator[Planned]:
        """Yield the times strictly later than `moment`, lazily and in order, each moment once.

        Ends with the rule's end, or when nothing comes within ten years.
        """
        after = max(moment.astimezone(UTC), (self.starts_at or FIRST_MOMENT) - INSTANT)
        found = by_calendar(
            self._within_bounds, after, zone=self.zone, hours=self.hours, on_closed=self.on_closed
        )
        for planned in found:
            if planned.at > self._end:
                return
            if planned.at > after:
                after = planned.at
                yield planned

    def sentence(self) -> str:
        """Return when it is due, in plain words; without its zone, beginning and end."""
        closed = OnClosed.IGNORE if self.hours.always else self.on_closed
        return wording.sentence(self.schedule, closed)

    def per_day(self, from_: datetime, days: int = 7) -> float:
        """Return how often a day it starts something, on average over so many days."""
        until = from_ + timedelta(days=days)
        starts = takewhile(lambda planned: planned.at < until, self.planned_after(from_ - INSTANT))
        return sum(planned.mark != Mark.CLOSED for planned in starts) / days

    @property
    def _end(self) -> datetime:
        return self.ends_at or LAST_MOMENT

    def _within_bounds(self, moment: datetime) -> Iterator[Planned]:
        """Yield what the schedule says between beginning and end, whatever the calendar says."""
        after = max(moment, (self.starts_at or FIRST_MOMENT) - INSTANT)
        if after < self._end:
            yield from takewhile(
                lambda planned: planned.at <= self._end, self.schedule.after(after)
            )
