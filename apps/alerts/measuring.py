"""What conditions of alerts are about, measured: each fact once, all in a few statements."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.db import connection

from apps.triggers.conditions import Fact
from apps.triggers.watching import measure as measure_states

from .conditions import AnyFact, OwnFact

# By the time of the statement PostgreSQL leaves out months that are over, by the clock it can not.
# Minutes are whole: those that began within the window count. Bots that may not work, and those in
# maintenance, are not missed; a new one has as long as the others to be heard of.
MEASURE: Final = """
with asked as materialized (
    select * from unnest(%(folder)s::bigint[], %(kind)s::text[], %(key)s::text[],
                         %(seconds)s::int[])
      with ordinality as a (folder_id, kind, key, seconds, place)
)
select a.place, (
       select coalesce(sum(greatest(m.n, 0)), 0)
         from queues_minutecount m
        where m.queue_id = q.id
          and m.minute > statement_timestamp() - make_interval(secs => a.seconds)
          and m.measure = any (case a.kind when 'queue.added' then array['added']
                               else array['successful', 'failed', 'skipped'] end))
  from asked a join queues_workqueue q on q.folder_id = a.folder_id and q.key = a.key
 where a.kind in ('queue.finished', 'queue.added')
union all
select a.place, (
       select count(*) from bots_bot b
        where b.folder_id = a.folder_id and (a.key = '' or b.pool_id = p.id)
          and b.standing = 'enabled'
          and coalesce(b.heartbeat_at, b.created_at)
              < clock_timestamp() - make_interval(secs => a.seconds)
          and not exists (
              select from bots_maintenance m
               where m.ended_at is null and (m.bot_id = b.id or m.pool_id = b.pool_id)
                 and m.starts_at <= clock_timestamp() and m.ends_at > clock_timestamp()))
  from asked a left join bots_botpool p on p.folder_id = a.folder_id and p.key = a.key
 where a.kind = 'bots.silent' and (a.key = '' or p.id is not null)
union all
select a.place, (
       select count(*) from failures_failuregroup g
        where g.folder_id = a.folder_id and g.status in ('new', 'back'))
  from asked a where a.kind = 'failures.groups'
union all
select a.place, coalesce((
       select max(n) from (
              select sum(m.n) as n from failures_failuregroup g
                join failures_minutefailures m on m.group_id = g.id
                 and m.minute > statement_timestamp() - make_interval(secs => a.seconds)
               where g.folder_id = a.folder_id and g.status not in ('muted', 'resolved')
                 and g.last_at > clock_timestamp() - make_interval(secs => a.seconds + 60)
               group by g.id) sums), 0)
  from asked a where a.kind = 'failures.worst'
union all
select a.place, extract(epoch from clock_timestamp() - c.at)
  from asked a join alerts_checkin c on c.folder_id = a.folder_id and c.key = a.key
 where a.kind = 'check_in'
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and when: no later than it began."""

    at: datetime
    facts: dict[AnyFact, Any] = field(default_factory=dict)


def measure(wanted: Collection[AnyFact]) -> Measured:
    """Measure each of these facts: three short statements, however many rules ask.

    Of what there is not, nothing is returned.
    """
    found = measure_states([each for each in wanted if isinstance(each, Fact)])
    facts: dict[AnyFact, Any] = dict(found.facts.items())
    own = [each for each in wanted if isinstance(each, OwnFact)]
    if own:
        facts |= _own(own)
    return Measured(found.at, facts)


def _own(asked: list[OwnFact]) -> dict[AnyFact, Any]:
    columns: dict[str, Any] = {
        "folder": [each.folder_id for each in asked],
        "kind": [each.kind for each in asked],
        "key": [each.key for each in asked],
        "seconds": [int(each.detail or 0) for each in asked],
    }
    with connection.cursor() as cursor:
        cursor.execute(MEASURE, columns)
        rows = cursor.fetchall()
    return {asked[place - 1]: float(number) for place, number in rows if number is not None}
