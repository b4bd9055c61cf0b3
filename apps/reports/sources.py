"""Where figures come from: one statement for each source, all for the days of one span.

Each selects day, folder, queue, automation, detail, measure and how much. A day is one of the
organisation's calendar; the span begins and ends at a midnight there, or ends now. Nothing here
reads all items: counters, roll-ups, and what people, runs and models did in the span.
"""

from typing import Final

# Whoever decides within so many seconds of what they did before was at it all the time
STAYS_SECONDS: Final = 15 * 60
# … and who comes back after a pause has spent about so many on the first decision
FIRST_SECONDS: Final = 120

_FOLDERS: Final = "array(select id from accounts_folder)"
_DAY: Final = "({at} at time zone %(zone)s)::date"

# Whole hours of UTC from the hours. One that holds a midnight (of zones that are off by half an
# hour or so, or change by it) is taken apart by the minutes.
COUNTS: Final = f"""
select {_DAY.format(at="c.at")}, q.folder_id, q.id, coalesce(q.automation_id, 0), '',
       case c.measure when 'successful' then 'done' when 'skipped' then 'left_out'
            when 'business_exception' then 'data_problems'
            when 'application_exception' then 'system_problems' else c.measure end, c.n
  from queues_workqueue q
 cross join lateral (
    select h.hour as at, h.measure, h.n from queues_hourcount h
     where h.queue_id = q.id and h.hour >= %(since)s and h.hour < %(until)s
       and h.measure = any (%(counted)s) and h.hour <> all (%(split)s::timestamptz[])
    union all
    select m.minute, m.measure, m.n from unnest(%(split)s::timestamptz[]) as s (hour)
      join queues_minutecount m on m.queue_id = q.id and m.minute >= s.hour
       and m.minute < s.hour + interval '1 hour' and m.minute >= %(since)s and m.minute < %(until)s
       and m.measure = any (%(counted)s)) c
"""
COUNTED: Final = (
    *("added", "successful", "failed", "skipped", "cancelled", "expired"),
    *("business_exception", "application_exception", "lost"),
)

# A count of ends falls when an item is reopened. What was done was done: that day stays as it was,
# so what left an end is added again, and counted as reopened.
LEFT_ENDS: Final = f"""
select {_DAY.format(at="e.occurred_at")}, q.folder_id, q.id, coalesce(q.automation_id, 0), '',
       m.measure, m.n
  from events_event e
  join queues_workqueue q on q.id = (e.data ->> 'queue_id')::bigint
 cross join lateral (values
    (case e.data ->> 'from' when 'successful' then 'done' when 'skipped' then 'left_out'
          when 'failed' then 'failed' when 'cancelled' then 'cancelled'
          when 'expired' then 'expired' end, 1),
    (case when e.kind in ('work_item.reopened', 'work_item.recalled')
               and e.data ->> 'from' in ('successful', 'failed', 'skipped', 'cancelled', 'expired')
          then 'reopened' end, 1),
    (case when e.kind = 'work_item.completed_by_hand' then 'by_hand' end, 1)) m (measure, n)
 where e.folder_id = any ({_FOLDERS}) and e.occurred_at >= %(since)s and e.occurred_at < %(until)s
   and e.subject_type = 'item' and m.measure is not null
   and (m.measure in ('reopened', 'by_hand') or e.data ->> 'to' <> e.data ->> 'from')
"""

HELPED: Final = f"""
select {_DAY.format(at="h.at")}, q.folder_id, q.id, coalesce(q.automation_id, 0), '', 'helped', 1
  from reports_helpedend h
  join queues_workqueue q on q.id = h.queue_id
 where h.at >= %(since)s and h.at < %(until)s
"""

# How long a decision took: since what that person did before in the inbox, if they stayed at it.
DECISIONS: Final = f"""
with acts as materialized (
    select e.occurred_at as at, e.kind, e.subject_id as task_id, e.actor_kind,
           extract(epoch from e.occurred_at - lag(e.occurred_at) over (
               partition by e.actor_kind, e.actor_id order by e.occurred_at, e.id)) as gap
      from events_event e
     where e.folder_id = any ({_FOLDERS}) and e.subject_type = 'task'
       and e.occurred_at >= %(since)s::timestamptz - make_interval(secs => {STAYS_SECONDS})
       and e.occurred_at < %(until)s)
select {_DAY.format(at="a.at")}, t.folder_id, coalesce(t.queue_id, 0),
       coalesce(q.automation_id, 0), t.kind, m.measure, m.n
  from acts a
  join inbox_usertask t on t.id = a.task_id
  left join queues_workqueue q on q.id = t.queue_id
 cross join lateral (values
    ('decisions', (a.actor_kind = 'person')::int::numeric),
    ('decision_seconds', case when a.actor_kind <> 'person' then 0
                              when a.gap <= {STAYS_SECONDS} then a.gap else {FIRST_SECONDS} end),
    ('waited_seconds', case when a.actor_kind = 'person'
                            then greatest(0, extract(epoch from a.at - t.created_at)) end),
    ('decided_alone', (a.actor_kind <> 'person')::int),
    ('tasks_due', (t.due_at is not null)::int),
    ('tasks_late', (t.due_at < a.at)::int)) m (measure, n)
 where a.kind = 'user_task.completed' and a.at >= %(since)s and m.n is not null
"""

# A run counts on each day for the time that it was at work on it
RUNS: Final = """
with ended as materialized (
    select r.id, r.folder_id, v.automation_id, r.bot_id, r.started_at, r.ended_at, r.status
      from bots_automationversion v
     cross join lateral (
        select * from bots_run r where r.version_id = v.id and r.ended_at >= %(since)s
           and r.started_at < %(until)s) r
), at_work as materialized (
    select r.id, r.folder_id, v.automation_id, r.bot_id, r.started_at,
           null::timestamptz as ended_at, r.status
      from bots_run r join bots_automationversion v on v.id = r.version_id
     where r.status in ('running', 'stopping') and r.started_at < %(until)s)
select d.day, r.folder_id, coalesce(k.queue_id, 0), r.automation_id,
       coalesce(r.bot_id::text, ''), m.measure, m.n
  from (select * from ended union all select * from at_work) r
  left join queues_queuerun k on k.run_id = r.id
  join unnest(%(days)s::date[], %(begins)s::timestamptz[], %(ends)s::timestamptz[])
       as d (day, begins, ends)
    on r.started_at < d.ends and coalesce(r.ended_at, %(until)s) >= d.begins
 cross join lateral (values
    ('run_seconds', extract(epoch from least(coalesce(r.ended_at, d.ends), d.ends)
                                     - greatest(r.started_at, d.begins))),
    ('runs', (r.ended_at < d.ends)::int),
    ('runs_failed', (r.ended_at < d.ends and r.status in ('faulted', 'lost'))::int))
    m (measure, n)
"""

CAUSES: Final = f"""
select {_DAY.format(at="m.minute")}, g.folder_id, coalesce(g.queue_id, 0),
       coalesce(g.automation_id, q.automation_id, 0), g.id::text, 'cause', m.n
  from failures_failuregroup g
  left join queues_workqueue q on q.id = g.queue_id
  join failures_minutefailures m
    on m.group_id = g.id and m.minute >= %(since)s and m.minute < %(until)s
 where g.last_at >= %(since)s and g.first_at < %(until)s
"""

DEADLINES: Final = f"""
select {_DAY.format(at="d.at")}, q.folder_id, q.id, coalesce(q.automation_id, 0), '',
       m.measure, m.n
  from queues_workqueue q
  join dashboard_duecount d on d.queue_id = q.id and d.at >= %(since)s and d.at < %(until)s
 cross join lateral (values ('due', d.n_due), ('missed', d.n_missed)) m (measure, n)
"""

# By way of the tasks, which are found by the time of their decision
LOOKS: Final = f"""
select {_DAY.format(at="v.decided_at")}, v.folder_id, coalesce(t.queue_id, 0),
       coalesce(q.automation_id, 0), coalesce(v.gate_id, 0) || '|' || v.field, m.measure, m.n
  from inbox_usertask t
  join learning_verdict v on v.task_id = t.id and v.kind in ('validation', 'second_look')
  left join queues_workqueue q on q.id = t.queue_id
 cross join lateral (values
    ('looks', 1::numeric), ('looks_right', v.is_right::int),
    ('values', v.weight::numeric), ('values_right', v.weight::numeric * v.is_right::int))
    m (measure, n)
 where t.status <> 'open' and t.folder_id = any ({_FOLDERS})
   and t.decided_at >= %(since)s and t.decided_at < %(until)s
   and v.decided_at >= %(since)s and v.decided_at < %(until)s
"""

CALLS: Final = f"""
select {_DAY.format(at="c.at")}, c.folder_id, coalesce(i.queue_id, 0),
       coalesce(q.automation_id, 0), e.id::text, m.measure, m.n
  from ai_modelendpoint e
  join ai_modelcall c on c.endpoint_id = e.id and c.at >= %(since)s and c.at < %(until)s
  left join queues_workitem i on i.id = c.item_id
  left join queues_workqueue q on q.id = i.queue_id
 cross join lateral (values
    ('calls', 1::numeric), ('calls_failed', (c.outcome not in ('answered', 'running'))::int),
    ('tokens', c.tokens_in + c.tokens_out), ('model_cost', c.cost)) m (measure, n)
 where not c.is_probe
"""

ALL: Final = (COUNTS, LEFT_ENDS, HELPED, DECISIONS, RUNS, CAUSES, DEADLINES, LOOKS, CALLS)

INSERT: Final = """
insert into reports_dayfigure (day, folder_id, queue_id, automation_id, detail, measure, n)
select day, folder_id, queue_id, automation_id, left(detail, 250), measure, sum(n) from ({source})
    as s (day, folder_id, queue_id, automation_id, detail, measure, n)
 where day = any (%(days)s)
 group by 1, 2, 3, 4, 5, 6 having sum(n) <> 0
on conflict (measure, day, folder_id, queue_id, automation_id, detail)
do update set n = reports_dayfigure.n + excluded.n
"""

# ---- who laid hands on items, and which of them were done after that

# By a token somebody decides on a page of their own; what programs edit is no person's work
HANDS: Final = tuple(
    f"work_item.{verb}"
    for verb in (
        *("accepted", "answered", "cancelled", "completed_by_hand", "edited", "effect_settled"),
        *("held", "recalled", "rejected", "reopened", "resumed", "retried", "skipped"),
    )
)
TOUCH: Final = f"""
insert into reports_touched as t (item_id, queue_id, at, last_at, is_open)
select e.subject_id, min((e.data ->> 'queue_id')::bigint), min(e.occurred_at),
       max(e.occurred_at), true
  from events_event e
 where e.folder_id = any ({_FOLDERS}) and e.occurred_at >= %(since)s and e.occurred_at < %(until)s
   and e.subject_type = 'item' and e.data ? 'queue_id' and e.kind = any (%(hands)s)
   and (e.actor_kind = 'person' or e.actor_kind = 'token' and e.kind <> 'work_item.edited')
 group by 1
on conflict (item_id) do update
   set at = least(t.at, excluded.at), last_at = greatest(t.last_at, excluded.last_at),
       is_open = true
 where t.at > excluded.at or t.last_at < excluded.last_at
"""

# What is done now; what a person ended themselves; and the end that somebody reopened before it
# was seen here: the last try that went well before that.
HELPED_NOW: Final = """
with ended as (
    select t.item_id, e.status, e.at, t.queue_id, e.at >= t.at as is_after
      from reports_touched t
     cross join lateral (select * from queues_ended e where e.item_id = t.item_id offset 0) e
     where t.is_open
), settled as (
    update reports_touched t set is_open = false from ended e where t.item_id = e.item_id
)
insert into reports_helpedend (item_id, at, queue_id)
select item_id, at, queue_id from ended where status = 'successful' and is_after
on conflict (item_id, at) do nothing
returning at
"""
HELPED_BEFORE: Final = f"""
insert into reports_helpedend (item_id, at, queue_id)
select e.subject_id, last.at, (e.data ->> 'queue_id')::bigint
  from events_event e
  join reports_touched t on t.item_id = e.subject_id
 cross join lateral (
    select max(x.at) as at from (
        select max(a.ended_at) as at from queues_attempt a
         where a.item_id = e.subject_id and a.outcome = 'successful'
           and a.ended_at <= e.occurred_at
        union all
        select max(h.occurred_at) from events_event h
         where h.subject_type = 'item' and h.subject_id = e.subject_id
           and h.occurred_at < e.occurred_at and h.data ->> 'to' = 'successful') x) last
 where e.folder_id = any ({_FOLDERS}) and e.occurred_at >= %(since)s and e.occurred_at < %(until)s
   and e.subject_type = 'item' and e.data ->> 'from' = 'successful'
   and e.data ->> 'to' <> 'successful' and last.at >= t.at
   and not exists (select from reports_helpedend k
                    where k.item_id = e.subject_id
                      and k.at between last.at - interval '1 second'
                                   and last.at + interval '1 second')
on conflict (item_id, at) do nothing
returning at
"""
