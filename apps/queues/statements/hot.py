"""Leasing, renewing and finishing what went well: many times a second."""

from typing import Final

from .parts import HELD, ITEM, NOW, STAYS_ALONE, count, into_ready, into_scheduled, tell_owners
from .room import IS_LIMITED

_SUCCEEDED: Final = """
    select item_id, 'successful' as status, output::jsonb as output, '' as error, '' as code,
           '' as message, '' as by
      from gone where outcome = 'successful'"""

# Finishes successes and gives back releases, then leases for one or more wants from one queue.
#
# Parameters: ids, tokens, outcomes, outputs (JSON texts), available_at: one array element per
# result; queue_id; wanted_by, run_ids, counts, seconds: one element per want (0 seconds: what the
# queue says); is_locked: what may be leased was found out before, in the same transaction; see
# room.py.
#
# The first row (no item_id) is a report in `payload`: finished, queues and refilled (queue ids
# touched, and those with something newly ready), has_told (news went into the outbox: ring for it),
# paused (the reason, or null), is_limited (nothing was leased since the queue has limits, or
# something holds it, and `is_locked` is false: lock, ask for room, and call again). Then one row
# per leased item; sort by (want, place). A result that is not among `finished` was not applied:
# its lease is not held, or an open effect stands behind a release; see finishing.py.
#
# Each want gets what an item that was lost before it lets it have: such an item alone, or what
# stands before the first such item.
FINISH_AND_LEASE: Final = f"""
with done as materialized (
    select * from unnest(%(ids)s::bigint[], %(tokens)s::uuid[], %(outcomes)s::text[],
                         %(outputs)s::text[], %(available_at)s::timestamptz[])
        as d (item_id, token, outcome, output, available_at)
     order by item_id
), held as materialized (
    select l.item_id, d.outcome, d.output, d.available_at
      from done d
     cross join lateral (select * from queues_lease l
                          where l.item_id = d.item_id and l.token = d.token
                            and {HELD}
                            for update) l
     where d.outcome = 'successful'
        or not exists (select from queues_effect e
                        where e.item_id = d.item_id and e.state = 'begun')
), freed as (
    delete from queues_lease l where l.item_id = any (array(select item_id from held))
    returning l.*
), gone as (
    select f.*, h.outcome, h.output, h.available_at as deferred_to
      from freed f join held h on h.item_id = f.item_id
), tried as (
    insert into queues_attempt
           (item_id, number, queue_id, token, bot, run_id, started_at, ended_at, outcome, output,
            code, message, error_class, detail)
    select item_id, attempt, queue_id, token, bot, run_id, leased_at, {NOW}, outcome, output::jsonb,
           '', '', '', ''
      from gone
), ended as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select item_id, queue_id, attempt + 1, tries, losses, alone, 'successful', {NOW}, '', ''
      from gone where outcome = 'successful'
), told as ({tell_owners(_SUCCEEDED)}
), back as (
    select l.item_id, l.queue_id, l.attempt + 1 as attempt, l.tries, l.losses,
           {STAYS_ALONE} as alone, l.deferred_to,
           l.deferred_to is not null and l.deferred_to > {NOW} as is_deferred
      from gone l where l.outcome = 'released'
), readied as ({into_ready("back", where="not s.is_deferred")}
), deferred as ({
    into_scheduled("back", at="s.deferred_to", why="'deferred'", where="s.is_deferred")
}
), want as materialized (
    select *, sum(n) over (order by want) - n as start
      from unnest(%(wanted_by)s::text[], %(run_ids)s::bigint[], %(counts)s::int[],
                  %(seconds)s::int[]) with ordinality as w (bot, run_id, n, seconds, want)
), room as materialized (
    select q.lease_seconds, b.is_limited,
           case when q.paused_at is not null then q.paused_reason end as paused,
           case when q.paused_at is not null or b.is_limited then 0
                when q.max_in_progress is null then (select sum(n) from want)
                else least((select sum(n) from want),
                           q.max_in_progress
                           - (select count(*) from queues_lease l where l.queue_id = q.id)
                           + (select count(*) from gone g where g.queue_id = q.id))
           end as n
      from queues_workqueue q
     cross join lateral (select not %(is_locked)s and {IS_LIMITED} as is_limited offset 0) b
     where q.id = %(queue_id)s
), take as materialized (
    select r.ctid as spot, r.item_id, r.alone, r.rank_at
      from queues_ready r
     where r.queue_id = %(queue_id)s and (r.expires_at is null or r.expires_at > {NOW})
     order by r.rank_at, r.item_id
     limit greatest(0, coalesce((select n from room), 0))
       for update skip locked
), dealt as (
    select t.spot, t.item_id, t.alone, w.want, w.bot, w.run_id, w.seconds,
           t.place - w.start as place
      from (select *, row_number() over (order by rank_at, item_id) as place from take) t
      join want w on t.place > w.start and t.place <= w.start + w.n
), chosen as materialized (
    select spot, item_id, want, bot, run_id, seconds, place,
           count(*) over (partition by want) = 1 as alone
      from (select *, count(*) filter (where alone)
                          over (partition by want order by place) as suspects
              from dealt) s
     where suspects = 0 or place = 1
), taken as (
    delete from queues_ready r where r.ctid = any (array(select spot from chosen))
    returning r.item_id, r.queue_id, r.attempt, r.tries, r.losses
), leased as (
    insert into queues_lease
           (item_id, queue_id, attempt, tries, losses, alone, token, bot, run_id, leased_at,
            expires_at)
    select t.item_id, t.queue_id, t.attempt, t.tries, t.losses, c.alone, gen_random_uuid(), c.bot,
           c.run_id, {NOW},
           {
    NOW
} + coalesce(nullif(c.seconds, 0), (select lease_seconds from room)) * interval '1 second'
      from taken t join chosen c on c.item_id = t.item_id
    returning item_id, token, attempt, expires_at, alone
), counted as ({
    count('''
    select queue_id, 'in_progress', -count(*) from gone group by queue_id
    union all
    select queue_id, 'successful', count(*) from gone where outcome = 'successful' group by queue_id
    union all
    select queue_id, case when is_deferred then 'scheduled' else 'ready' end, count(*)
      from back group by queue_id, is_deferred
    union all
    select %(queue_id)s, m.measure, m.sign * n
      from (select count(*) as n from leased) l,
           (values ('ready', -1), ('in_progress', 1)) m (measure, sign)
     where n > 0''')
}
)
select null::bigint as item_id, null::uuid as token, '' as reference,
       jsonb_build_object(
           'finished', coalesce((select jsonb_agg(item_id) from gone), '[]'),
           'queues', coalesce((select jsonb_agg(distinct queue_id) from gone), '[]'),
           'refilled', coalesce((select jsonb_agg(distinct queue_id) from back), '[]'),
           'paused', (select paused from room),
           'has_told', exists (select from told),
           'is_limited', coalesce((select is_limited from room), false))::text as payload,
       0 as attempt, null::timestamptz as expires_at, false as alone, 0::bigint as want,
       0::bigint as place
union all
select l.item_id, l.token, i.reference, i.payload::text, l.attempt, l.expires_at, l.alone, c.want,
       c.place
  from leased l
  join chosen c on c.item_id = l.item_id
 cross join lateral ({ITEM.format("l")}) i
"""

# What a connection that runs FINISH_AND_LEASE all day should be set to: prepared once (planning it
# takes longer than running it), and never by sequential scan. Without the second, a plan made while
# the tables were small reads them whole for ever after: `ready` may grow from 0 to 200 000 rows
# within a second, and a plan is only made anew when the table was analyzed. On other connections
# the statement is planned at each call, which is right for them, and costs about a millisecond.
HOT_SETTINGS: Final = """
select set_config('plan_cache_mode', 'force_generic_plan', false),
       set_config('enable_seqscan', 'off', false)
"""

# The lock makes two renewals of the same leases take turns in the order of ids.
RENEW: Final = f"""
with asked as materialized (
    select * from unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) as a (item_id, token)
     order by item_id
), held as materialized (
    select l.item_id, l.queue_id
      from asked a
     cross join lateral (select * from queues_lease l
                          where l.item_id = a.item_id and l.token = a.token
                            and {HELD}
                            for update) l
)
update queues_lease l
   set expires_at = {NOW} + interval '1 second' * coalesce(
           %(seconds)s::int,
           (select q.lease_seconds from queues_workqueue q where q.id = l.queue_id))
 where l.item_id = any (array(select item_id from held))
returning l.item_id, l.token
"""
