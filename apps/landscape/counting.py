"""Counts a day of traffic, in a few statements that start in an index; no list of items is walked
from its beginning, however long.

A day is counted as a whole and put in the place of what was counted before, so nothing is counted
twice and nothing must be remembered. Today and yesterday are counted again and again; a day that
is long over is counted once more and is final.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from django.db import connection, transaction
from django.db.models.functions import Now

from apps.lib.clock import database_now

from .models import Flow, FlowDay

DAYS: Final = 30
DAY: Final = timedelta(days=1)
# Ids are given out a little before their rows are seen, and not in the order of their times
MARGIN_IDS: Final = 10_000
_LOCK: Final = 7_238_001

_FIRED: Final = """
select 'trigger', f.trigger_id, %(kind)s, {target}, 'set_up', {n}, 0
  from triggers_firing f {join}
 where f.fired_at >= %(begins)s and f.fired_at < %(ends)s and f.outcome = 'fired'
   and f.subject_type = %(subject)s
 group by 1, 2, 3, 4
"""
_BY_TRIGGERS: Final = (
    ("instance", "workflow", "i.workflow_id", "count(*)",
     "join workflows_workflowinstance i on i.id = f.subject_id"),
    ("run", "automation", "v.automation_id", "count(*)",
     "join bots_run r on r.id = f.subject_id join bots_automationversion v on v.id = r.version_id"),
    ("items", "queue", "i.queue_id", "sum(greatest(cardinality(f.subject_ids), 1))",
     "join queues_workitem i on i.id = f.subject_id"),
)  # fmt: skip
_OWN: Final = {
    "triggers": """
select 'trigger', trigger_id, '', 0, 'set_up', count(*), count(*) filter (where outcome = 'failed')
  from triggers_firing
 where fired_at >= %(begins)s and fired_at < %(ends)s and outcome in ('fired', 'failed')
 group by 2""",
    # through the index on workflow, status and end
    "workflows": """
select 'workflow', w.id, '', 0, 'set_up', count(*), count(*) filter (where s.status = 'failed')
  from workflows_workflow w cross join (values ('completed'), ('failed'), ('cancelled')) s (status)
  join workflows_workflowinstance i
    on i.workflow_id = w.id and i.status = s.status
   and i.ended_at >= %(begins)s and i.ended_at < %(ends)s
 group by 2""",
    # through the key of the hours, queue by queue
    "queues": """
select 'queue', q.id, '', 0, 'set_up',
       greatest(0, sum(h.n)),
       least(greatest(0, sum(h.n)), greatest(0, sum(h.n) filter (where h.measure <> 'successful')))
  from queues_workqueue q
  join queues_hourcount h
    on h.queue_id = q.id and h.hour >= %(begins)s and h.hour < %(ends)s
   and h.measure in ('successful', 'business_exception', 'application_exception', 'lost')
 group by 2""",
    # through the index on version and end
    "automations": """
select 'automation', v.automation_id, '', 0, 'set_up', count(*),
       count(*) filter (where r.status in ('faulted', 'lost'))
  from bots_automationversion v
  join bots_automation a on a.id = v.automation_id and a.kind = 'run'
  join bots_run r
    on r.version_id = v.id and r.ended_at >= %(begins)s and r.ended_at < %(ends)s
 group by 2""",
}
_CALLED: Final = """
select 'workflow', p.workflow_id, 'workflow', i.workflow_id, 'set_up', count(*), 0
  from workflows_workflow w cross join (values ('completed'), ('failed'), ('cancelled')) s (status)
  join workflows_workflowinstance i
    on i.workflow_id = w.id and i.status = s.status
   and i.ended_at >= %(begins)s and i.ended_at < %(ends)s and i.parent_id is not null
  join workflows_workflowinstance p on p.id = i.parent_id
 group by 2, 4
"""
_OF_DAY: Final = """i.id >= %(first)s and i.id < %(last)s
   and i.entered_at >= %(begins)s and i.entered_at < %(ends)s"""
_HANDED_OUT: Final = f"""
select 'workflow', w.workflow_id, 'queue', i.queue_id, 'set_up', count(*), 0
  from queues_workitem i
  join queues_owned o on o.item_id = i.id
  join workflows_workflowinstance w on w.id = o.owner_id
 where {_OF_DAY}
 group by 2, 4
"""  # noqa: S608 - put together from constants
# What a bot added while it was at an item, or in a run, and no diagram knows of
_CHAINED: Final = f"""
select 'queue', s.queue_id, 'queue', i.queue_id, 'hidden', count(*), 0
  from queues_workitem i
  join events_cause c on c.subject_type = 'item' and c.subject_id = i.id and c.cause_type = 'item'
  join queues_workitem s on s.id = c.cause_id and s.queue_id <> i.queue_id
 where {_OF_DAY} and not exists (select from queues_owned o where o.item_id = i.id)
 group by 2, 4
"""  # noqa: S608
_RUN_ADDED: Final = f"""
select 'automation', v.automation_id, 'queue', i.queue_id, 'hidden', count(*), 0
  from queues_workitem i
  join events_cause c on c.subject_type = 'item' and c.subject_id = i.id and c.cause_type = 'run'
  join bots_run r on r.id = c.cause_id
  join bots_automationversion v on v.id = r.version_id
 where {_OF_DAY} and not exists (select from queues_owned o where o.item_id = i.id)
 group by 2, 4
"""  # noqa: S608
_INSERT: Final = """
insert into landscape_flow
       (source_kind, source_id, target_kind, target_id, way, n, failed, day)
select x.*, %(day)s::date
  from ({}) x (source_kind, source_id, target_kind, target_id, way, n, failed)
"""


def count_days(limit: int = 5) -> int:
    """Count what is due: today and yesterday, and up to `limit` days that were not counted yet,
    newest first. Return how many were. One at a time in the whole control room."""
    today = database_now().astimezone(UTC).date()
    final = set(FlowDay.objects.filter(is_final=True).values_list("day", flat=True))
    past = [today - n * DAY for n in range(2, DAYS + 1)]
    wanted = [today, today - DAY, *[day for day in past if day not in final][:limit]]
    Flow.objects.filter(day__lt=today - (DAYS + 1) * DAY).delete()
    FlowDay.objects.filter(day__lt=today - (DAYS + 1) * DAY).delete()
    return sum(count_day(day, is_final=day < today - DAY) for day in wanted)


@transaction.atomic
def count_day(day: date, *, is_final: bool = False) -> bool:
    """Count one day anew; False when another process is at it."""
    begins = datetime.combine(day, time(), UTC)
    given: dict[str, Any] = {"day": day, "begins": begins, "ends": begins + DAY}
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [_LOCK])
        if not cursor.fetchone()[0]:
            return False
        given["first"], given["last"] = _ids_of(cursor, begins), _ids_of(cursor, begins + DAY)
        given["first"] -= MARGIN_IDS
        given["last"] += MARGIN_IDS
        Flow.objects.filter(day=day).delete()
        for subject, kind, target, n, join in _BY_TRIGGERS:
            sql = _FIRED.format(target=target, n=n, join=join)
            cursor.execute(_INSERT.format(sql), {**given, "subject": subject, "kind": kind})
        for sql in (*_OWN.values(), _CALLED, _HANDED_OUT, _CHAINED, _RUN_ADDED):
            cursor.execute(_INSERT.format(sql), given)
    FlowDay.objects.update_or_create(day=day, defaults={"counted_at": Now(), "is_final": is_final})
    return True


def _ids_of(cursor: Any, moment: datetime) -> int:
    """Return about the first id of an item that entered from then on: some twenty looks at the
    primary key. Ids rise with time but for a few, which MARGIN_IDS sees to."""
    cursor.execute("select coalesce(min(id), 0), coalesce(max(id), 0) + 1 from queues_workitem")
    low, high = cursor.fetchone()
    while low < high:
        middle = (low + high) // 2
        cursor.execute(
            "select entered_at from queues_workitem where id >= %s order by id limit 1", [middle]
        )
        row = cursor.fetchone()
        if row is None or row[0] >= moment:
            high = middle
        else:
            low = middle + 1
    return int(low)
