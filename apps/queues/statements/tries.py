"""How tries at the items of queues went lately: what a breaker judges an application by."""

from typing import Final

from .parts import NOW

# The newest tries of each queue are enough to tell a share; more would only take longer
TRIES_AT_MOST: Final = 1000

# What tries came to in these applications: within their window, and since they are being probed.
# Tries that were lost or given back say nothing about the application; wrong data do: it answered.
#
# EXPLAIN ANALYZE over 1.1 million attempts of 20 queues, an application of two, a window of 300 s:
# Index Scan Backward using attempt_of_queue, 1 000 rows a queue, 2 ms (30 ms when cold); partitions
# of months before the window are pruned when it runs. Without the index: Seq Scan of the month for
# each queue, 1.8 s.
SEEN: Final = f"""
select a.id,
       count(*) filter (where t.ended_at >= b.since)::int,
       count(*) filter (where t.ended_at >= b.since and t.has_failed)::int,
       count(*) filter (where t.started_at >= a.probe_at and not t.has_failed)::int,
       count(*) filter (where t.started_at >= a.probe_at and t.has_failed)::int
  from limits_application a
 cross join lateral (select greatest(a.counts_from,
                            {NOW} - a.window_seconds * interval '1 second') as since) b
  join queues_workqueue_applications x on x.application_id = a.id
 cross join lateral (
       select t.started_at, t.ended_at, t.outcome = 'application_exception' as has_failed
         from queues_attempt t
        where t.queue_id = x.workqueue_id and t.ended_at >= least(b.since, a.probe_at)
          and t.outcome in ('successful', 'business_exception', 'application_exception', 'asked')
        order by t.ended_at desc
        limit {TRIES_AT_MOST}) t
 where a.id = any (%(ids)s::bigint[])
 group by a.id
"""
