"""What was seen of a queue: what waits, what came in, how long work took, what failed.

Seven statements, each bounded. However large the tables are, no more than MAX_READY places of the
line, MAX_OTHERS deferred or leased items and the tries of MAX_TRIED items are looked at.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Any, Final

from django.core.cache import cache
from django.db import connection

from apps.calendars.hours import Hours
from apps.queues.counts import counts_of
from apps.queues.engine import CutOff, parse_cut_off, when_due
from apps.queues.models import Attempt, Measure, WorkQueue

from . import statements
from .arriving import Arrivals, Hour, believe
from .days import calendar_of, hours_ahead, hours_seen
from .handling import Handling
from .simulating import MAX_JOBS
from .situations import NEVER, Due, Waiting
from .tries import Try, work_seconds

MAX_READY, MAX_OTHERS, MAX_TRIED, MAX_LEADS = 20_000, 2_000, 800, 200
HISTORY: Final = timedelta(days=28)
FOLDED_BY, HOUR_SECONDS = timedelta(seconds=30), 3600
# Whoever ended a try within this time is taken to be at work, where bots lease by API
AT_WORK: Final = timedelta(minutes=15)
FAILED = (Attempt.Outcome.APPLICATION_EXCEPTION, Attempt.Outcome.LOST)
# A try that was given back is none; of one that was lost nobody knows how long it took
NOT_WORKED = (Attempt.Outcome.RELEASED,)
NOT_TIMED = (*NOT_WORKED, Attempt.Outcome.LOST)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What is there already, in the order in which it will be worked."""

    waiting: tuple[Waiting, ...]
    n_ready: int
    n_scheduled: int
    n_in_hand: int
    n_late: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Measures:
    """All that was measured. `handling` None: nobody has worked an item yet."""

    now: datetime
    line: Line
    handling: Handling | None
    arrivals: Arrivals
    n_hours: int
    due: Due
    workers: frozenset[str]
    came_per_hour: float

    @property
    def n_tries(self) -> int:
        return self.handling.n_tries if self.handling else 0


def measure(queue: WorkQueue, now: datetime, horizon: float) -> Measures:
    """Read what a forecast for the next `horizon` seconds starts from."""
    cut_off = parse_cut_off(queue.cut_off)
    calendar = calendar_of(queue, cut_off)
    tries = _tries(queue)
    history = _history(queue, calendar, now)
    today = now.astimezone(calendar.zone).date()
    return Measures(
        now=now,
        line=_line(queue, horizon),
        handling=_handling(queue, tries),
        arrivals=believe(history, hours_ahead(calendar, now, horizon), today=today),
        n_hours=len(history),
        due=_due(queue, cut_off, now, horizon),
        workers=frozenset(each.worker for each in tries if now - each.ended_at <= AT_WORK),
        came_per_hour=sum(each.n for each in history) / max(1, len(history)),
    )


def _line(queue: WorkQueue, horizon: float) -> Line:
    counts = counts_of([queue.pk])[queue.pk]
    in_hand = _in_hand(queue)
    later = [
        Waiting(max(0.0, at), _due_in(due))
        for at, due in _rows(statements.SCHEDULED, queue=queue.pk, horizon=horizon, most=MAX_OTHERS)
    ]
    ready = _ready(queue, counts[Measure.READY])
    all_of_them = [*in_hand, *ready, *later]
    return Line(
        waiting=tuple(all_of_them),
        n_ready=counts[Measure.READY],
        n_scheduled=counts[Measure.SCHEDULED],
        n_in_hand=counts[Measure.IN_PROGRESS],
        n_late=round(sum(each.n for each in all_of_them if each.due_at < 0)),
    )


def _ready(queue: WorkQueue, n_ready: int) -> list[Waiting]:
    """Return the line, thinned out evenly where it is long; each then stands for its neighbours."""
    looked_at = min(max(n_ready, 0), MAX_READY)
    step = max(1, ceil(looked_at / MAX_JOBS))
    rows = _rows(statements.READY, queue=queue.pk, most=MAX_READY, step=step)
    found = [Waiting(0.0, _due_in(due), looked_at / len(rows)) for (due,) in rows]
    beyond = n_ready - MAX_READY
    if beyond <= 0 or not found:
        return found if step > 1 else [Waiting(0.0, each.due_at) for each in found]
    # what stands behind the part that was looked at is due as its last ones are, or later
    last = found[-1].due_at
    parts = min(MAX_JOBS, ceil(beyond / found[0].n))
    return found + [Waiting(0.0, last, beyond / parts)] * parts


def _in_hand(queue: WorkQueue) -> list[Waiting]:
    """Return what is leased. Of what one worker holds, all but one item has not been begun."""
    of_worker: dict[str, list[tuple[float, float | None]]] = defaultdict(list)
    for worker, elapsed, due in _rows(statements.IN_HAND, queue=queue.pk, most=MAX_OTHERS):
        of_worker[worker].append((elapsed, due))
    found = []
    for held in of_worker.values():
        is_single = len(held) == 1
        found += [
            Waiting(0.0, _due_in(due), 1.0, max(0.0, elapsed) if is_single else 0.0)
            for elapsed, due in held
        ]
    return found


def _tries(queue: WorkQueue) -> list[Try]:
    rows = _rows(statements.TRIES, queue=queue.pk, most=MAX_TRIED)
    return [Try(*row) for row in rows]


def _handling(queue: WorkQueue, tries: Sequence[Try]) -> Handling | None:
    automation = queue.automation
    timed = [each for each in tries if each.outcome not in NOT_TIMED]
    seconds = work_seconds(timed)
    if not seconds and automation is not None and automation.usual_seconds:
        seconds = [automation.usual_seconds]
    if not seconds:
        return None
    worked = [each for each in tries if each.outcome not in NOT_WORKED]
    return Handling(
        seconds=tuple(seconds),
        longest=float(automation.max_item_seconds) if automation else None,
        n_tries=len(worked),
        n_again=sum(each.outcome in FAILED for each in worked),
        max_attempts=queue.max_attempts,
        retry_delay=float(queue.retry_delay_seconds),
        is_doubling=queue.retry_backoff == WorkQueue.Backoff.EXPONENTIAL,
    )


def _history(queue: WorkQueue, calendar: Hours, now: datetime) -> list[Hour]:
    """Return the whole hours since the queue was made, at most four weeks of them.

    What came in by the hour that runs is over and done with: it is read once an hour, since a
    queue in which something happens each minute has two hundred thousand rows in four weeks.
    """
    until = now.replace(minute=0, second=0, microsecond=0)
    since = max(until - HISTORY, queue.created_at)
    zone = str(calendar.zone)
    # the time of its making tells a queue from another one with its number
    key = f"forecast-hours:{queue.pk}:{queue.created_at.timestamp()}:{zone}:{until.timestamp()}"
    counts: dict[datetime, int] | None = cache.get(key)
    if counts is None:
        rows = _rows(statements.HOURS, queue=queue.pk, zone=zone, since=since, until=now)
        counts = {at.astimezone(UTC): max(0, int(n)) for at, n in rows}
        # counts are folded a moment after they come about
        if now - until > FOLDED_BY:
            cache.set(key, counts, HOUR_SECONDS)
    return hours_seen(counts, calendar, since=since, until=now)


def _due(queue: WorkQueue, cut_off: CutOff | None, now: datetime, horizon: float) -> Due:
    if queue.sla_seconds is not None or cut_off is not None:
        after = None if queue.sla_seconds is None else float(queue.sla_seconds)
        return Due(after=after, cut_offs=_cut_offs(cut_off, now, horizon))
    leads = [lead for (lead,) in _rows(statements.LEADS, queue=queue.pk, most=MAX_LEADS)]
    told = tuple(lead for lead in leads if lead is not None)
    return Due(leads=told, share=len(told) / len(leads) if leads else 0.0)


def _cut_offs(cut_off: CutOff | None, now: datetime, horizon: float) -> tuple[float, ...]:
    """Return the cut-offs up to the first one after the horizon, in seconds from now."""
    found: list[float] = []
    at: datetime | None = now
    while cut_off is not None and at is not None and (not found or found[-1] <= horizon):
        at = when_due(at, sla_seconds=None, cut_off=cut_off)
        if at is not None:
            found.append((at - now).total_seconds())
    return tuple(found)


def _due_in(seconds: float | None) -> float:
    return NEVER if seconds is None else float(seconds)


def _rows(sql: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
