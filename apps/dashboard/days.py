"""One day of the folders that somebody may see: planned, done, late."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from django.utils import timezone

from apps.lib.clock import database_now
from apps.queues.counts import counts_of, totals
from apps.queues.foretelling import Line as Foretold
from apps.queues.foretelling import lines_of
from apps.queues.models import Measure, WorkQueue

from .deadlines import punctuality_by_queue
from .figures import ended_by_queue, share_in_time

FIRST_YEAR, LAST_YEAR = 2000, 2999
DAY = timedelta(days=1)
CalendarDay: TypeAlias = date


@dataclass(frozen=True)
class Day:
    """From midnight to midnight in the reader's zone; `until` is now while it is not over."""

    date: date
    begin: datetime
    end: datetime
    now: datetime
    is_today: bool

    @property
    def until(self) -> datetime:
        return min(self.now, self.end)

    @property
    def previous(self) -> CalendarDay:
        return self.date - DAY

    @property
    def following(self) -> CalendarDay | None:
        return None if self.is_today else self.date + DAY


@dataclass(frozen=True)
class QueueDay:
    """What a queue did that day. `waiting` and `foretold` are of now: of today alone."""

    queue: WorkQueue
    added: int
    done: int
    failed: int
    n_due: int
    n_missed: int
    waiting: int | None = None
    foretold: Foretold | None = None

    @property
    def in_time(self) -> float | None:
        return share_in_time(self.n_due, self.n_missed)

    @property
    def is_quiet(self) -> bool:
        return not (self.added or self.done or self.failed or self.n_due or self.waiting)


@dataclass(frozen=True)
class Sums:
    added: int
    done: int
    failed: int
    n_due: int
    n_missed: int
    waiting: int

    @property
    def in_time(self) -> float | None:
        return share_in_time(self.n_due, self.n_missed)


def day_named(text: str) -> Day:
    """Return the day that `text` names; today for anything else, and for days to come."""
    now = database_now()
    zone = ZoneInfo(timezone.get_current_timezone_name())
    today = now.astimezone(zone).date()
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        wanted = today
    if not FIRST_YEAR <= wanted.year <= LAST_YEAR or wanted > today:
        wanted = today
    begin = datetime.combine(wanted, time(), zone)
    end = datetime.combine(wanted + DAY, time(), zone)
    return Day(wanted, begin, end, now, wanted == today)


def queues_of_day(folder_ids: frozenset[int], day: Day) -> list[QueueDay]:
    """Return a row per queue, those without anything to tell last; a handful of queries."""
    queues = list(WorkQueue.objects.filter(folder_id__in=folder_ids).select_related("folder"))
    ids = [queue.pk for queue in queues]
    added = totals(ids, [Measure.ADDED], day.begin, day.until)
    done, failed = ended_by_queue(ids, day.begin, day.until)
    due = punctuality_by_queue(ids, day.begin, day.until)
    counts = counts_of(ids) if day.is_today else {}
    foretold = lines_of(ids) if day.is_today else {}
    rows = [
        QueueDay(
            queue,
            added.get((queue.pk, Measure.ADDED), 0),
            done[queue.pk],
            failed[queue.pk],
            *due.get(queue.pk, (0, 0)),
            counts[queue.pk].waiting if day.is_today else None,
            foretold.get(queue.pk),
        )
        for queue in queues
    ]
    return sorted(rows, key=lambda row: (row.is_quiet, row.queue.title))


def sums_of(rows: list[QueueDay]) -> Sums:
    def of(name: str) -> int:
        values: list[Any] = [getattr(row, name) for row in rows]
        return sum(value or 0 for value in values)

    return Sums(**{name: of(name) for name in Sums.__dataclass_fields__})
