"""What must hold of places and counts, looked up in the whole database."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from apps.lib.snapshots import one_moment

MAX_FAULTS: Final = 200

# All places in one snapshot; whatever an item stands in more than once, or not at all, is a fault.
_PLACES: Final = """
    select item_id, queue_id, 'ready' as place from queues_ready
    union all select item_id, queue_id, 'scheduled' from queues_scheduled
    union all select item_id, queue_id, 'in_progress' from queues_lease
    union all select item_id, queue_id, status from queues_parked
    union all select item_id, queue_id, status from queues_ended
"""

NOT_ONE_PLACE: Final = f"""
select coalesce(i.id, p.item_id), coalesce(p.places, 'nowhere'), i.id is null
  from queues_workitem i
  full join (select item_id, string_agg(place, ', ') as places, count(*) as n
               from ({_PLACES}) all_places group by item_id) p on p.item_id = i.id
 where i.id is null or p.n is distinct from 1
 order by 1 limit {MAX_FAULTS}
"""

WRONG_QUEUE: Final = f"""
select p.item_id, p.place, p.queue_id, i.queue_id
  from ({_PLACES}) p join queues_workitem i on i.id = p.item_id
 where p.queue_id <> i.queue_id limit {MAX_FAULTS}
"""

WRONG_COUNTS: Final = f"""
with counted as (
    select queue_id, measure, sum(n) as n from (
        select queue_id, measure, n from queues_counter
        union all select queue_id, measure, change from queues_counterdelta) c
     group by 1, 2
), real as (
    select queue_id, place as measure, count(*) as n from ({_PLACES}) p group by 1, 2
    union all select queue_id, 'added', count(*) from queues_workitem group by 1
)
select coalesce(c.queue_id, r.queue_id), coalesce(c.measure, r.measure), coalesce(c.n, 0),
       coalesce(r.n, 0)
  from counted c full join real r on r.queue_id = c.queue_id and r.measure = c.measure
 where coalesce(c.n, 0) <> coalesce(r.n, 0)
   and coalesce(c.measure, r.measure) not in
       ('business_exception', 'application_exception', 'lost')
 order by 1, 2 limit {MAX_FAULTS}
"""


@dataclass(frozen=True, slots=True)
class Report:
    """`faults` are rows of subject, fault, what was found."""

    n_items: int
    faults: list[tuple[str, str, str]] = field(default_factory=list)


@one_moment(read_only=True)
def item_faults() -> Report:
    """Compare all places and counts in one snapshot, while the room goes on working."""
    faults = [
        (f"item {item_id}", "has no item row" if is_orphan else "not in exactly one place", places)
        for item_id, places, is_orphan in _rows(NOT_ONE_PLACE)
    ]
    faults += [
        (f"item {item_id}", f"{place} under another queue", f"{there} instead of {own}")
        for item_id, place, there, own in _rows(WRONG_QUEUE)
    ]
    faults += [
        (f"queue {queue_id}", f"{measure} is miscounted", f"counted {counted}, really {real}")
        for queue_id, measure, counted, real in _rows(WRONG_COUNTS)
    ]
    return Report(_rows("select count(*) from queues_workitem")[0][0], faults)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
