"""What waits in the queues that queue triggers go by."""

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final

from django.db import connection

from apps.forecast.standing import miss_chances
from apps.queues.statements import room_of_queue
from apps.triggers.conditions import QueueRule
from apps.triggers.deciding import Backlog

Place = tuple[int, str]

# What is told of a queue (in events, to people and programs) is counted so far
TOLD_UP_TO: Final = 10_000

# Each queue is counted no further than makes a difference to a rule. What nobody may lease now
# (the queue is paused, or held by limits) counts as nothing: it is looked at again.
_BACKLOGS: Final = """
with waiting as materialized (
select a.folder_id, a.key, q.id, ready.n, first.name
  from unnest(%(folder)s::bigint[], %(key)s::text[], %(most)s::int[])
       as a (folder_id, key, most)
  join queues_workqueue q on q.folder_id = a.folder_id and q.key = a.key
 cross join lateral (
       select count(*) as n
         from (select 1 from queues_ready r
                where r.queue_id = q.id
                  and (r.expires_at is null or r.expires_at > now())
                limit a.most) counted) ready
 cross join lateral (
       select r.item_id || '.' || r.attempt as name from queues_ready r
        where r.queue_id = q.id order by r.rank_at, r.item_id limit 1) first
 where q.paused_at is null and ready.n > 0
)
"""

# Asked where fewer wait than a start is worth: all of them are looked at.
URGENT: Final = """
select q.folder_id, q.key, q.id,
       extract(epoch from clock_timestamp() - min(i.entered_at))::float8,
       extract(epoch from min(i.due_at) - clock_timestamp())::float8
  from unnest(%(folder)s::bigint[], %(key)s::text[]) as a (folder_id, key)
  join queues_workqueue q on q.folder_id = a.folder_id and q.key = a.key
  join queues_ready r on r.queue_id = q.id and (r.expires_at is null or r.expires_at > now())
  join queues_workitem i on i.id = r.item_id
 group by q.folder_id, q.key, q.id
"""


def backlogs_of(
    rules: Iterable[tuple[int, QueueRule]], *, count_to: int = 0
) -> dict[Place, Backlog]:
    """Return what waits in each queue of these rules (with their folders) that has something.

    One statement for all, and two more where age, due dates or the forecast may matter. Counted
    is as far as it makes a difference to the rules, or to `count_to`: for numbers that are told.
    """
    asked = list(rules)
    most: dict[Place, int] = {}
    for folder_id, rule in asked:
        place = (folder_id, rule.queue)
        most[place] = max(most.get(place, count_to), rule.counts_to)
    found = _waiting(most) if most else {}
    few = {
        (folder_id, rule.queue)
        for folder_id, rule in asked
        if rule.may_be_urgent and _is_little(found.get((folder_id, rule.queue)), rule)
    }
    return {**found, **_with_ages(few, found)} if few else found


def _is_little(backlog: Backlog | None, rule: QueueRule) -> bool:
    return backlog is not None and backlog.n < rule.min_items


def _waiting(most: Mapping[Place, int]) -> dict[Place, Backlog]:
    columns: dict[str, Any] = {
        "folder": [folder_id for folder_id, _key in most],
        "key": [key for _folder, key in most],
        "most": list(most.values()),
    }
    with connection.cursor() as cursor:
        cursor.execute(_backlogs(), columns)
        return {
            (folder_id, key): Backlog(n=n, first=first)
            for folder_id, key, n, first in cursor.fetchall()
        }


def _with_ages(places: Iterable[Place], found: Mapping[Place, Backlog]) -> dict[Place, Backlog]:
    asked = sorted(places)
    columns: dict[str, Any] = {
        "folder": [place[0] for place in asked],
        "key": [place[1] for place in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(URGENT, columns)
        rows = cursor.fetchall()
    chances = miss_chances([row[2] for row in rows])
    return {
        (folder_id, key): Backlog(
            n=found[folder_id, key].n,
            first=found[folder_id, key].first,
            oldest_seconds=oldest,
            due_in_seconds=due,
            miss_chance=chances[queue_id],
        )
        for folder_id, key, queue_id, oldest, due in rows
        if (folder_id, key) in found
    }


@cache
def _backlogs() -> str:
    """What holds a queue is asked last, and only where something waits."""
    return (
        _BACKLOGS
        + f"""
select w.folder_id, w.key, w.n, w.name
  from waiting w
  join queues_workqueue q on q.id = w.id
 cross join lateral ({room_of_queue()}) room
 where room.n is null or room.n > 0
"""  # noqa: S608 - made of our own words alone
    )
