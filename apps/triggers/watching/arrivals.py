"""Whether what was expected has come in a stretch of time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

from apps.triggers.conditions import Expected

# The newest items of a queue have the highest numbers: so many steps back, was that one added
# since? Those that came after the time do not count.
ITEMS: Final = """
select count(*) from (
    select i.entered_at from queues_workitem i
      join queues_workqueue q on q.id = i.queue_id
     where q.folder_id = %(folder)s and q.key = %(key)s and i.entered_at < %(until)s
     order by i.id desc limit %(most)s) newest
 where newest.entered_at >= %(since)s
"""
STARTS: Final = """
select count(*) from triggers_firing f
  join triggers_trigger t on t.id = f.trigger_id
 where t.folder_id = %(folder)s and t.key = %(key)s
   and f.outcome = 'fired' and f.fired_at >= %(since)s and f.fired_at < %(until)s
   and f.planned_at >= %(since)s::timestamptz - interval '2 days'
"""
# Files that triggers have taken and moved away meanwhile
FILES: Final = """
select count(*) from triggers_delivery d
  join triggers_trigger t on t.id = d.trigger_id
 where t.folder_id = %(folder)s and d.source = 'file' and d.outcome = 'accepted'
   and t.rule ->> 'folder' = %(key)s and d.headers ->> 'name' like %(pattern)s
   and d.received_at >= %(since)s and d.received_at < %(until)s
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is asked for, of a folder, from `since` on and before `until`."""

    folder_id: int
    expected: Expected
    since: datetime
    until: datetime


def n_arrived(arrival: Arrival) -> int:
    """Return how much of it has come, counted no further than is expected."""
    expected = arrival.expected
    values = {
        "folder": arrival.folder_id,
        "key": expected.key,
        "since": arrival.since,
        "until": arrival.until,
        "most": expected.at_least,
    }
    with connection.cursor() as cursor:
        cursor.execute(ITEMS if expected.kind == "items" else STARTS, values)
        (n,) = cursor.fetchone()
    return int(n)
