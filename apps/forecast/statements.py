"""What a forecast reads: each statement looks at a bounded number of rows, found by an index."""

from typing import Final

NOW: Final = "statement_timestamp()"

# What is ready, in the order in which it will be leased: each `step`th of the first `most` items,
# and what it is due in, in seconds.
READY: Final = f"""
select extract(epoch from i.due_at - {NOW})::float8
  from (select item_id, row_number() over (order by rank_at, item_id) as place
          from (select rank_at, item_id from queues_ready
                 where queue_id = %(queue)s and (expires_at is null or expires_at > {NOW})
                 order by rank_at, item_id limit %(most)s) first) r
 cross join lateral (select due_at from queues_workitem where id = r.item_id offset 0) i
 where (r.place - 1) %% %(step)s = %(step)s / 2
 order by r.place
"""

SCHEDULED: Final = f"""
select extract(epoch from s.available_at - {NOW})::float8,
       extract(epoch from i.due_at - {NOW})::float8
  from (select item_id, available_at from queues_scheduled
         where queue_id = %(queue)s and available_at <= {NOW} + %(horizon)s * interval '1 second'
         order by available_at limit %(most)s) s
 cross join lateral (select due_at from queues_workitem where id = s.item_id offset 0) i
 order by s.available_at
"""

IN_HAND: Final = f"""
select coalesce(l.run_id::text, l.bot), extract(epoch from {NOW} - l.leased_at)::float8,
       extract(epoch from i.due_at - {NOW})::float8
  from (select * from queues_lease where queue_id = %(queue)s
         order by expires_at limit %(most)s) l
 cross join lateral (select due_at from queues_workitem where id = l.item_id offset 0) i
"""

# Tries are found by their items, not by time: there is no index by queue, since it would cost each
# lease something. Worked lately are the items just before the next one in line, and the newest.
TRIES: Final = f"""
with next as (
    select coalesce((select item_id from queues_ready where queue_id = %(queue)s
                      order by rank_at, item_id limit 1), 9223372036854775807) as id
), seen as materialized (
    (select id from queues_workitem
      where queue_id = %(queue)s and id < (select id from next)
      order by queue_id desc, id desc limit %(most)s)
    union
    (select id from queues_workitem where queue_id = %(queue)s
      order by queue_id desc, id desc limit %(most)s / 4)
)
select coalesce(t.run_id::text, t.bot), t.started_at, t.ended_at, t.outcome
  from seen
 cross join lateral (select run_id, bot, started_at, ended_at, outcome from queues_attempt
                      where item_id = seen.id
                        and ended_at > {NOW} - interval '62 days' offset 0) t
"""

# How long before they are due items come in, where they say so themselves; null: never due
LEADS: Final = """
select extract(epoch from due_at - coalesce(greatest(available_at, entered_at), entered_at))::float8
  from (select due_at, available_at, entered_at from queues_workitem
         where queue_id = %(queue)s order by queue_id desc, id desc limit %(most)s) newest
"""

HOURS: Final = """
select date_trunc('hour', minute, %(zone)s), sum(n)
  from queues_minutecount
 where queue_id = %(queue)s and measure = 'added' and minute >= %(since)s and minute < %(until)s
 group by 1
"""

# Other queues of the pool that want slots now: their share, and how many runs at most
RIVALS: Final = """
select q.share, least(q.max_runs, ready.n + runs.n)
  from queues_workqueue q
  join bots_automation a on a.id = q.automation_id and a.kind = 'item'
 cross join lateral (select count(*) as n from (select from queues_ready r
                      where r.queue_id = q.id limit q.max_runs) waiting) ready
 cross join lateral (select count(*) as n
                       from queues_queuerun qr join bots_run r on r.id = qr.run_id
                      where qr.queue_id = q.id and r.status in ('running', 'stopping')) runs
 where a.pool_id = %(pool)s and q.id <> %(queue)s and q.paused_at is null
   and (ready.n > 0 or runs.n > 0)
"""

# Single runs that hold a slot of the pool: how long each will usually go on; null: not known
SINGLE_RUNS: Final = f"""
select greatest(0, a.usual_seconds - extract(epoch from {NOW} - r.started_at))::float8
  from bots_run r
  join bots_automationversion v on v.id = r.version_id
  join bots_automation a on a.id = v.automation_id
 where r.pool_id = %(pool)s and r.status in ('running', 'stopping') and a.kind = 'run'
 limit 500
"""
