"""What was measured of conditions in the past, minute by minute: from counts, ends and starts.

Kept are: how many items stood where and what their tries came to (minute counts, for ever), ends
of instances and runs, starts of triggers. Failures of a group are counted by minutes, too.
Not kept are: how long the oldest waited, how many groups nobody had taken up, values of
assets, which bots answered, and who checked in.
"""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import accumulate
from typing import Any, Final

from django.conf import settings
from django.db import connection

from apps.alerts.conditions import AnyFact
from apps.alerts.measuring import measure
from apps.lib.clock import database_now

from .simulating import MINUTE, MINUTES, History

PLACES: Final = ("queue.ready", "queue.in_progress", "queue.needs_decision")
FAILED: Final = ("application_exception", "lost")
TRIED: Final = ("successful", "business_exception", *FAILED)
FAILURES: Final = """
select m.group_id, floor(extract(epoch from m.minute - %(since)s) / 60)::int, m.n
  from failures_failuregroup g join failures_minutefailures m on m.group_id = g.id
 where g.folder_id = %(folder)s and g.last_at >= %(since)s and m.minute >= %(since)s
"""
FLOWS: Final = {"queue.added": ("added",), "queue.finished": ("successful", "failed", "skipped")}
# More ends and starts than these in 14 days are not read: one of the newest is always near
MAX_MOMENTS: Final = 50_000

COUNTS: Final = """
select floor(extract(epoch from m.minute - %(since)s) / 60)::int, m.measure, m.n
  from queues_minutecount m
 where m.queue_id = %(queue)s and m.minute >= %(since)s and m.measure = any (%(measures)s)
"""
QUEUES: Final = """
select q.key, q.id, q.created_at from queues_workqueue q
 where q.folder_id = %(folder)s and q.key = any (%(keys)s)
"""
ENDS: Final = {
    "workflow": """
select i.ended_at from workflows_workflowinstance i
  join workflows_workflow w on w.id = i.workflow_id
 where w.folder_id = %(folder)s and w.key = %(key)s and i.ended_at >= %(since)s
   and i.status = any (case %(detail)s when 'successful' then array['completed']
                                       when 'failed' then array['failed']
                                       else array['completed', 'failed', 'cancelled'] end)
 order by i.ended_at desc limit %(most)s
""",
    "automation": """
select r.ended_at from bots_automation m
  join bots_run r on r.pool_id = m.pool_id and r.source = 'automation:' || m.id
 where m.folder_id = %(folder)s and m.key = %(key)s and r.ended_at >= %(since)s
   and (%(detail)s = 'any' or (%(detail)s = 'successful') = (r.status = 'successful'))
 order by r.ended_at desc limit %(most)s
""",
    "trigger": """
select f.fired_at from triggers_firing f
  join triggers_trigger t on t.id = f.trigger_id
 where t.folder_id = %(folder)s and t.key = %(key)s and f.outcome = 'fired'
   and f.fired_at >= %(since)s
 order by f.planned_at desc limit %(most)s
""",
}


def history_of(folder_id: int, facts: Collection[AnyFact]) -> History:
    """Return what is known of these facts; a query or two for each queue, one for each other."""
    now = database_now()
    whole = now.replace(second=0, microsecond=0)
    since = whole - MINUTE * (MINUTES - 1)
    series: dict[AnyFact, Sequence[Any]] = {}
    known: dict[AnyFact, datetime] = {}
    queues = _queues(folder_id, {each.key for each in facts if each.kind.startswith("queue.")})
    for key, (queue_id, created_at) in queues.items():
        of_queue = [each for each in facts if each.kind.startswith("queue.") and each.key == key]
        series |= _of_queue(of_queue, queue_id, since)
        if created_at > since:
            known |= dict.fromkeys(of_queue, created_at)
    for fact in facts:
        if fact.kind == "failures.worst":
            rows = _rows(FAILURES, {"folder": folder_id, "since": since})
            series[fact] = worst_of(rows, _window(fact))
        elif fact.kind in ENDS:
            series[fact] = _latest(_moments(folder_id, fact, since), since)
    kept_since = now - timedelta(days=settings.FIRING_DAYS_KEPT)
    if kept_since > since:
        known |= {each: kept_since for each in facts if each.kind == "trigger"}
    return History(since=since, series=series, known_since=known)


def _queues(folder_id: int, keys: set[str]) -> dict[str, tuple[int, datetime]]:
    if not keys:
        return {}
    rows = _rows(QUEUES, {"folder": folder_id, "keys": sorted(keys)})
    return {key: (pk, created_at) for key, pk, created_at in rows}


def _of_queue(
    facts: Iterable[AnyFact], queue_id: int, since: datetime
) -> dict[AnyFact, Sequence[Any]]:
    wanted = list(facts)
    measures = sorted({each for fact in wanted for each in _measures(fact)})
    if not measures:
        return {}
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * MINUTES)
    values = {"queue": queue_id, "since": since, "measures": measures}
    for minute, what, n in _rows(COUNTS, values):
        if 0 <= minute < MINUTES:
            counts[what][minute] = n
    # measured after the counts were read: what came in between is in the last minute
    now = measure([each for each in wanted if each.kind in PLACES])
    found: dict[AnyFact, Sequence[Any]] = {}
    for fact in wanted:
        if fact.kind in PLACES:
            found[fact] = _backwards(counts[_measures(fact)[0]], now.facts.get(fact, 0))
        elif fact.kind == "queue.failure_share":
            found[fact] = _share(counts, _window(fact))
        elif fact.kind in FLOWS:
            found[fact] = _rolling(counts, FLOWS[fact.kind], _window(fact))
    return found


def _measures(fact: AnyFact) -> tuple[str, ...]:
    if fact.kind in PLACES:
        return (fact.kind.removeprefix("queue."),)
    return TRIED if fact.kind == "queue.failure_share" else FLOWS.get(fact.kind, ())


def _window(fact: AnyFact) -> int:
    """Return how many whole minutes count."""
    return max(1, int(fact.detail or 60) // 60)


def _backwards(changes: Sequence[int], now: float) -> list[float]:
    """Return how many there were at the end of each minute, from what changed since."""
    later = list(accumulate(reversed(changes), initial=0))
    return [max(0.0, now - later[len(changes) - 1 - n]) for n in range(len(changes))]


def _rolling(counts: dict[str, list[int]], measures: Iterable[str], window: int) -> list[float]:
    """Return the sum of the last `window` minutes, at the end of each."""
    columns = [counts[each] for each in measures]
    sums = list(accumulate(sum(max(0, n) for n in row) for row in zip(*columns, strict=True)))
    return [float(total - (sums[n - window] if n >= window else 0)) for n, total in enumerate(sums)]


def _share(counts: dict[str, list[int]], window: int) -> list[float | None]:
    tried, failed = _rolling(counts, TRIED, window), _rolling(counts, FAILED, window)
    return [bad / n if n else None for n, bad in zip(tried, failed, strict=True)]


def worst_of(rows: Iterable[tuple[int, int, int]], window: int) -> list[float]:
    """Return the most that any group has within the last `window` minutes, at the end of each.

    `rows`: (group, minute, how many). Of a heap that forgets lazily the top is the most.
    """
    changes: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for group, minute, n in rows:
        changes[minute].append((group, n))
        changes[minute + window].append((group, -n))
    sums: dict[int, int] = defaultdict(int)
    heap: list[tuple[int, int]] = []
    found = []
    for minute in range(MINUTES):
        for group, n in changes.get(minute, ()):
            sums[group] += n
            heappush(heap, (-sums[group], group))
        while heap and sums[heap[0][1]] != -heap[0][0]:
            heappop(heap)
        found.append(float(-heap[0][0]) if heap else 0.0)
    return found


def _moments(folder_id: int, fact: AnyFact, since: datetime) -> list[datetime]:
    values = {
        "folder": folder_id,
        "key": fact.key,
        "detail": fact.detail,
        "since": since - timedelta(days=1),  # what ended then is “today” or “within a day” still
        "most": MAX_MOMENTS,
    }
    return sorted(at for (at,) in _rows(ENDS[fact.kind], values))


def _latest(moments: Sequence[datetime], since: datetime) -> list[datetime | None]:
    """Return the newest of `moments` by the end of each minute."""
    found: list[datetime | None] = []
    for n in range(MINUTES):
        place = bisect_right(moments, since + MINUTE * (n + 1))
        found.append(moments[place - 1] if place else None)
    return found


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
