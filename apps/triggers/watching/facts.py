"""What conditions of state triggers are about, measured: each fact once, all in one statement."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from apps.triggers.conditions import Fact
from apps.triggers.conditions.judging import Value

# Counts are those of apps.queues.counts: what is folded and what is not yet, in one snapshot. The
# oldest is looked for among the first hundred by rank, as there. Of ends and starts the newest
# counts: each branch is a step into an index, however long the history. Runs are looked up by the
# versions of their automation, whatever pool or source they ran under; those that did not go well
# have an index of their own, since they are few among many (run_failed: its condition must stand
# here word by word). The last that went well is found behind those that failed since.
MEASURE: Final = """
with asked as materialized (
    select * from unnest(%(folder)s::bigint[], %(kind)s::text[], %(key)s::text[],
                         %(detail)s::text[])
      with ordinality as a (folder_id, kind, key, detail, place)
), queues as materialized (
    select a.place, a.kind, a.detail, q.id
      from asked a join queues_workqueue q on q.folder_id = a.folder_id and q.key = a.key
     where a.kind like 'queue.%%'
), unfolded as materialized (
    select queue_id, measure, sum(change) as n from queues_counterdelta
     where measure in ('ready', 'in_progress', 'needs_decision') group by queue_id, measure
)
select q.place,
       coalesce((select c.n from queues_counter c
                  where c.queue_id = q.id and c.measure = substr(q.kind, 7)), 0)
       + coalesce((select u.n from unfolded u
                    where u.queue_id = q.id and u.measure = substr(q.kind, 7)), 0),
       null::timestamptz, null::jsonb
  from queues q
 where q.kind in ('queue.ready', 'queue.in_progress', 'queue.needs_decision')
union all
select q.place, coalesce(extract(epoch from clock_timestamp() - least(
           (select min(i.entered_at)
              from (select item_id from queues_ready r where r.queue_id = q.id
                     order by rank_at, item_id limit 100) r
              join queues_workitem i on i.id = r.item_id),
           (select min(available_at) from queues_scheduled s
             where s.queue_id = q.id and available_at <= clock_timestamp()))), 0),
       null, null
  from queues q where q.kind = 'queue.oldest_seconds'
union all
select q.place, tries.failed / nullif(tries.all_of_them, 0), null, null
  from queues q
 cross join lateral (
       select coalesce(sum(greatest(m.n, 0)), 0) as all_of_them,
              coalesce(sum(greatest(m.n, 0)) filter (
                  where m.measure in ('application_exception', 'lost')), 0) as failed
         from queues_minutecount m
        where m.queue_id = q.id
          and m.minute > statement_timestamp() - make_interval(secs => q.detail::int)
          and m.measure in ('successful', 'business_exception', 'application_exception', 'lost')
       ) tries
 where q.kind = 'queue.failure_share'
union all
select a.place, null, null, s.value
  from asked a join assets_asset s on s.folder_id = a.folder_id and s.key = a.key
 where a.kind = 'asset'
union all
select a.place, null, (
       select max(i.ended_at)
         from unnest(case a.detail when 'successful' then array['completed']
                                   when 'failed' then array['failed']
                                   else array['completed', 'failed', 'cancelled'] end) as s (status)
        cross join lateral (
              select ended_at from workflows_workflowinstance i
               where i.workflow_id = w.id and i.status = s.status and i.ended_at is not null
               order by i.ended_at desc limit 1) i), null
  from asked a join workflows_workflow w on w.folder_id = a.folder_id and w.key = a.key
 where a.kind = 'workflow'
union all
select a.place, null, max(r.ended_at), null
  from asked a join bots_automation m on m.folder_id = a.folder_id and m.key = a.key
  join bots_automationversion v on v.automation_id = m.id
 cross join lateral (
       select r.ended_at from bots_run r
        where r.version_id = v.id and r.ended_at is not null
          and (a.detail = 'any' or r.status = 'successful')
        order by r.ended_at desc limit 1) r
 where a.kind = 'automation' and a.detail <> 'failed' group by a.place
union all
select a.place, null, max(r.ended_at), null
  from asked a join bots_automation m on m.folder_id = a.folder_id and m.key = a.key
  join bots_automationversion v on v.automation_id = m.id
 cross join lateral (
       select r.ended_at from bots_run r
        where r.version_id = v.id and r.status in ('faulted', 'stopped', 'lost')
        order by r.ended_at desc limit 1) r
 where a.kind = 'automation' and a.detail = 'failed' group by a.place
union all
select a.place, null, (
       select f.fired_at from triggers_firing f
        where f.trigger_id = t.id and f.outcome = 'fired'
        order by f.fired_at desc limit 1), null
  from asked a join triggers_trigger t on t.folder_id = a.folder_id and t.key = a.key
 where a.kind = 'trigger'
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and when: no later than it began."""

    at: datetime
    facts: dict[Fact, Value] = field(default_factory=dict)


def measure(wanted: Collection[Fact]) -> Measured:
    """Measure each of these facts: two short statements, however many triggers ask.

    Of what there is not, nothing is returned.
    """
    asked = list(wanted)
    columns: dict[str, Any] = {
        "folder": [each.folder_id for each in asked],
        "kind": [each.kind for each in asked],
        "key": [each.key for each in asked],
        "detail": [each.detail for each in asked],
    }
    found: dict[Fact, Value] = {}
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        at: datetime = cursor.fetchone()[0]
        if asked:
            cursor.execute(MEASURE, columns)
            for place, number, moment, value in cursor.fetchall():
                known = _value(number, moment, value)
                if known is not None:
                    found[asked[place - 1]] = known
    return Measured(at, found)


def _value(number: Any, moment: datetime | None, value: Any) -> Value:
    if number is not None:
        return float(number)
    if moment is not None:
        return moment
    # jsonb comes as text where nobody says otherwise
    found: Value = orjson.loads(value) if isinstance(value, str | bytes) else value
    return found
