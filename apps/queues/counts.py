"""How many items stand where: exact counts, and the series that charts are made of."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.db import connection, transaction

from .models import Measure, WorkItem
from .statements import NOW

# Held by whoever folds; a second one has nothing to add.
FOLD_LOCK: Final = "select pg_try_advisory_xact_lock(hashtext('queues: fold counters'))"
MAX_FOLDED: Final = 50_000
HOUR: Final = timedelta(hours=1)
# of a queue; of all queues together
DEPTH: Final = 100
LEAST_DEPTH: Final = 10
MAX_LOOKED_AT: Final = 2_000

PLACES: Final = (
    Measure.READY,
    Measure.SCHEDULED,
    Measure.IN_PROGRESS,
    Measure.NEEDS_DECISION,
    Measure.ON_HOLD,
    Measure.SUCCESSFUL,
    Measure.FAILED,
    Measure.SKIPPED,
    Measure.CANCELLED,
    Measure.EXPIRED,
)
WAITING: Final = (Measure.READY, Measure.SCHEDULED)

FOLD: Final = f"""
with chosen as (
    select id from queues_counterdelta order by id limit {MAX_FOLDED} for update skip locked
), gone as (
    delete from queues_counterdelta where id = any (array(select id from chosen))
    returning queue_id, measure, change, at
), counted as (
    insert into queues_counter (queue_id, measure, n)
    select queue_id, measure, sum(change) from gone group by 1, 2
    on conflict (queue_id, measure) do update set n = queues_counter.n + excluded.n
), minuted as (
    insert into queues_minutecount (queue_id, minute, measure, n)
    select queue_id, date_trunc('minute', at), measure, sum(change) from gone group by 1, 2, 3
    having sum(change) <> 0
    on conflict (queue_id, minute, measure) do update set n = queues_minutecount.n + excluded.n
), houred as (
    insert into queues_hourcount (queue_id, hour, measure, n)
    select queue_id, date_trunc('hour', at, 'UTC'), measure, sum(change) from gone group by 1, 2, 3
    having sum(change) <> 0
    on conflict (queue_id, hour, measure) do update set n = queues_hourcount.n + excluded.n
)
select count(*) from gone
"""

# One statement, one snapshot: a delta is counted either here or there, never twice or not at all.
COUNT: Final = """
select queue_id, measure, sum(n) from (
    select queue_id, measure, n from queues_counter where queue_id = any (%(ids)s::bigint[])
    union all
    select queue_id, measure, change from queues_counterdelta
     where queue_id = any (%(ids)s::bigint[])) c
 group by queue_id, measure
"""

# The first by rank is not always the oldest: of the first hundred, who has waited longest? Of very
# many queues, of fewer each: a look at an item's row for each of them is what this costs.
OLDEST: Final = f"""
select q.id, extract(epoch from {NOW} - least(
           (select min(i.entered_at)
              from (select item_id from queues_ready r where r.queue_id = q.id
                     order by rank_at, item_id limit %(depth)s) r
              join queues_workitem i on i.id = r.item_id),
           (select min(available_at) from queues_scheduled s
             where s.queue_id = q.id and available_at <= {NOW})))::float8
  from unnest(%(ids)s::bigint[]) as q (id)
"""

SERIES: Final = """
select measure, date_bin(make_interval(secs => %(step)s), minute, %(since)s) as bucket, sum(n)
  from queues_minutecount
 where queue_id = any (%(ids)s::bigint[]) and minute >= %(since)s
   and measure = any (%(measures)s)
 group by measure, bucket
"""


# Whole hours from the hours, what is before the first and after the last of them from the minutes:
# a day is 24 rows a measure instead of 1 440. Not all clocks have their midnight on an hour of UTC.
TOTALS: Final = """
select queue_id, measure, sum(n) from (
    select queue_id, measure, n from queues_hourcount
     where queue_id = any (%(ids)s::bigint[]) and measure = any (%(measures)s)
       and hour >= %(first)s and hour < %(last)s
    union all
    select queue_id, measure, n from queues_minutecount
     where queue_id = any (%(ids)s::bigint[]) and measure = any (%(measures)s)
       and minute >= %(since)s and minute < least(%(first)s, %(until)s)
    union all
    select queue_id, measure, n from queues_minutecount
     where queue_id = any (%(ids)s::bigint[]) and measure = any (%(measures)s)
       and minute >= greatest(%(last)s, %(first)s) and minute < %(until)s) c
 group by queue_id, measure
"""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """Where the items of a queue stand. `by_measure` also counts what happened, ever."""

    by_measure: dict[str, int] = field(default_factory=dict)
    oldest_seconds: float | None = None

    def __getitem__(self, measure: str) -> int:
        return self.by_measure.get(str(measure), 0)

    @property
    def waiting(self) -> int:
        return sum(self[place] for place in WAITING)

    @property
    def total(self) -> int:
        return sum(self[place] for place in PLACES)

    @property
    def by_status(self) -> dict[str, int]:
        """By the statuses that people see; ready and scheduled are both "new"."""
        statuses: dict[str, int] = {str(WorkItem.Status.NEW): self.waiting}
        for place in PLACES:
            if place not in WAITING:
                statuses[str(place)] = self[place]
        return statuses


@dataclass(frozen=True, slots=True)
class Point:
    """How the measures of a step changed; for places, what came less what went."""

    at: datetime
    counts: dict[str, int]


def counts_of(queue_ids: Iterable[int]) -> dict[int, QueueCounts]:
    """Return exact counts of each queue: what is folded and what is not yet. Two queries."""
    ids = list(queue_ids)
    found = standing_of(ids)
    depth = max(LEAST_DEPTH, min(DEPTH, MAX_LOOKED_AT // max(1, len(ids))))
    oldest = dict(_rows(OLDEST, {"ids": ids, "depth": depth}))
    return {pk: QueueCounts(found[pk].by_measure, _seconds(oldest.get(pk))) for pk in ids}


def standing_of(queue_ids: Iterable[int]) -> dict[int, QueueCounts]:
    """Return the same but for how long the oldest waits, which costs more than all the rest."""
    ids = list(queue_ids)
    found: dict[int, dict[str, int]] = defaultdict(dict)
    for queue_id, measure, n in _rows(COUNT, {"ids": ids}):
        found[queue_id][measure] = int(n)
    return {pk: QueueCounts(found.get(pk, {})) for pk in ids}


def status_of(item_ids: Iterable[int]) -> dict[int, str]:
    """Return the status that people see of each item that there is."""
    found = WorkItem.objects.filter(pk__in=list(item_ids)).with_status()
    return dict(found.values_list("pk", "status"))


def series(
    queue_ids: Sequence[int],
    since: datetime,
    step: timedelta,
    *,
    measures: Iterable[str] = Measure.values,
) -> list[Point]:
    """Return the changes of the queues' measures, summed, for each step from `since` to now.

    `since` should be a whole minute, and `step` a number of them. Folding is at most a second or
    so behind; steps in which nothing happened are there, empty.
    """
    values = {
        "ids": list(queue_ids),
        "since": since,
        "step": step.total_seconds(),
        "measures": [str(measure) for measure in measures],
    }
    buckets: dict[datetime, dict[str, int]] = defaultdict(dict)
    for measure, bucket, n in _rows(SERIES, values):
        buckets[bucket][measure] = int(n)
    (((now,),)) = (_rows(f"select {NOW}", {})[0],)
    steps = max(0, int((now - since) / step))
    return [
        Point(since + step * number, buckets.get(since + step * number, {}))
        for number in range(steps + 1)
    ]


def totals(
    queue_ids: Sequence[int], measures: Iterable[str], since: datetime, until: datetime
) -> dict[tuple[int, str], int]:
    """Return by how much each measure of each queue rose between whole minutes; one query.

    Of happenings that is how many there were; of places, what came less what went. What nothing
    happened to is left out; folding is at most a second or so behind.
    """
    first, last = _next_hour(since.astimezone(UTC)), _hour_of(until.astimezone(UTC))
    values = {
        "ids": list(queue_ids),
        "measures": [str(measure) for measure in measures],
        "since": since,
        "until": until,
        "first": first,
        "last": max(first, last),
    }
    return {(queue_id, measure): int(n) for queue_id, measure, n in _rows(TOTALS, values)}


@transaction.atomic
def fold_counters() -> int:
    """Add the waiting deltas to the counters and the minutes; return how many there were."""
    if not _rows(FOLD_LOCK, {})[0][0]:
        return 0
    return int(_rows(FOLD, {})[0][0])


def _hour_of(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)


def _next_hour(moment: datetime) -> datetime:
    hour = _hour_of(moment)
    return hour if hour == moment else hour + HOUR


def _seconds(value: Any) -> float | None:
    return None if value is None else max(0.0, float(value))


def _rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
