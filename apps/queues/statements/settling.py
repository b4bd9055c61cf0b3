"""Results that need a decision, lost leases, and effects."""

from typing import Final

from .parts import (
    HELD,
    ITEM,
    NOW,
    RUN_OUT,
    STAYS_ALONE,
    count,
    into_ready,
    into_scheduled,
    tell_owners,
)

# What the step that owns the item says about failures, as JSON text; null: nobody owns it.
OWN_POLICY: Final = """(
        select coalesce(o.policy, '{}')::text from queues_owned o where o.item_id = l.item_id)"""

# Lock the leases that are held, in id order; what stands behind them is read afterwards.
LOCK_HELD: Final = f"""
select l.item_id, l.queue_id, l.token, l.attempt, l.tries, l.losses, l.alone, {STAYS_ALONE}, l.bot,
       {OWN_POLICY}
  from (select * from unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) as a (item_id, token)
         order by item_id) a
 cross join lateral (select * from queues_lease l
                      where l.item_id = a.item_id and l.token = a.token and {HELD}
                        for update) l
"""

# The same for leases that have run out, each queue's oldest first. By queue, for the index's sake.
LOCK_EXPIRED: Final = f"""
select l.item_id, l.queue_id, l.token, l.attempt, l.tries, l.losses, l.alone, {STAYS_ALONE}, l.bot,
       {OWN_POLICY}
  from queues_workqueue q
 cross join lateral (select * from queues_lease l
                      where l.queue_id = q.id and {RUN_OUT}
                      order by l.expires_at limit %(limit)s
                        for update skip locked) l
"""

OPEN_EFFECTS: Final = """
select distinct item_id from queues_effect
 where item_id = any (%(ids)s::bigint[]) and state = 'begun'
"""

_SETTLED: Final = """
    select item_id, status, nullif(output, 'null') as output, code, message, '' as by,
           case outcome when 'business_exception' then 'business'
                        when 'application_exception' then 'application'
                        when 'lost' then 'lost' else '' end as error
      from gone where goes = 'ended'"""

# Carries out decisions about locked leases. `verdicts` is a JSON list of objects, see finishing.py.
SETTLE: Final = f"""
with verdict as materialized (
    select * from jsonb_to_recordset(%(verdicts)s::jsonb) as v (
        item_id bigint, token uuid, outcome text, output jsonb, code text, message text,
        error_class text, detail text, goes text, status text, cause text, tries int, losses int,
        alone boolean, available_at timestamptz, delay_seconds float8)
), gone as (
    delete from queues_lease l using verdict v where l.item_id = v.item_id and l.token = v.token
    returning l.item_id, l.queue_id, l.attempt as tried, l.attempt + 1 as attempt, l.token, l.bot,
              l.run_id, l.leased_at, v.tries, v.losses, v.alone, v.outcome, v.output, v.code,
              v.message, v.error_class, v.detail, v.status, v.cause,
              coalesce(v.available_at, {NOW} + v.delay_seconds * interval '1 second') as at,
              case when v.goes = 'scheduled' and coalesce(v.available_at, {NOW}
                        + v.delay_seconds * interval '1 second') <= {NOW}
                   then 'ready' else v.goes end as goes
), tried as (
    insert into queues_attempt
           (item_id, number, queue_id, token, bot, run_id, started_at, ended_at, outcome, output,
            code, message, error_class, detail)
    select item_id, tried, queue_id, token, bot, run_id, leased_at, {NOW}, outcome,
           nullif(output, 'null'), code, message, error_class, detail
      from gone
), readied as ({into_ready("gone", where="s.goes = 'ready'")}
), scheduled as ({
    into_scheduled(
        "gone",
        at="s.at",
        where="s.goes = 'scheduled'",
        why="case when s.outcome = 'released' then 'deferred' else 'retry' end",
    )
}
), parked as (
    insert into queues_parked
           (item_id, queue_id, attempt, tries, losses, alone, status, cause, message, code, since,
            by, expires_at)
    select s.item_id, s.queue_id, s.attempt, s.tries, s.losses, s.alone, s.status, s.cause,
           s.message, s.code, {NOW}, '', i.expires_at
      from gone s
     cross join lateral ({ITEM.format("s")}) i
     where s.goes = 'parked'
), ended as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select item_id, queue_id, attempt, tries, losses, alone, status, {NOW}, '', message
      from gone where goes = 'ended'
), told as ({tell_owners(_SETTLED)}
), failed as (
    insert into events_outbox (kind, data)
    select 'work_item.failed',
           jsonb_build_object('at', {NOW}, 'tries', jsonb_agg(jsonb_build_array(item_id, tried)))
      from gone where outcome in ('business_exception', 'application_exception', 'lost')
    having count(*) > 0
), announced as (
    insert into events_outbox (kind, data)
    select 'work_item.needs_decision',
           jsonb_build_object('queue_id', queue_id, 'items', jsonb_agg(jsonb_build_object(
               'id', item_id, 'attempt', tried, 'cause', cause, 'code', code, 'message', message)))
      from gone where goes = 'parked'
     group by queue_id
), counted as ({
    count('''
    select queue_id, 'in_progress', -count(*) from gone group by queue_id
    union all
    select queue_id, case when goes in ('ready', 'scheduled') then goes else status end, count(*)
      from gone group by 1, 2
    union all
    select queue_id, outcome, count(*) from gone
     where outcome in ('business_exception', 'application_exception', 'lost') group by 1, 2''')
}
)
select item_id, queue_id, goes from gone
"""

# Why a result was refused: what the token did, and whether there is such an item at all. A lease
# that was taken away with its item (WITHDRAW) is lost to the bot, though not by its fault.
LOOK_UP: Final = """
select a.item_id, exists (select from queues_workitem i where i.id = a.item_id),
       (select case t.code when 'withdrawn' then 'lost' else t.outcome end from queues_attempt t
         where t.item_id = a.item_id and t.token = a.token limit 1)
  from unnest(%(ids)s::bigint[], %(tokens)s::uuid[]) as a (item_id, token)
"""

RECORD_PROGRESS: Final = f"""
update queues_lease l
   set progress = case when %(has_progress)s then %(progress)s::jsonb else progress end
 where item_id = %(item_id)s and token = %(token)s and {HELD}
returning attempt, run_id,
          (select folder_id from queues_workqueue q where q.id = l.queue_id),
          (select bot_id from bots_run r where r.id = l.run_id)
"""

# The lease is locked, so that the sweep that takes it away sees the effect, or we see that it did.
BEGIN_EFFECT: Final = f"""
with held as materialized (
    select item_id, attempt, token from queues_lease l
     where item_id = %(item_id)s and token = %(token)s and {HELD}
       for update
), begun as (
    insert into queues_effect
           (item_id, key, state, reference, attempt, token, begun_at, settled_by)
    select item_id, %(key)s, 'begun', '', attempt, token, {NOW}, '' from held
    on conflict (item_id, key) do nothing
    returning id
)
select exists (select from held), exists (select from begun)
"""

END_EFFECT: Final = f"""
with held as materialized (
    select item_id from queues_lease l
     where item_id = %(item_id)s and token = %(token)s and {HELD}
       for update
), ended as (
    update queues_effect e set state = 'finished', reference = %(reference)s, finished_at = {NOW}
     where e.item_id = %(item_id)s and e.key = %(key)s and e.state = 'begun'
       and exists (select from held)
    returning e.id
)
select exists (select from held), exists (select from ended)
"""

FORGET_EFFECT: Final = f"""
with held as materialized (
    select item_id, token from queues_lease l
     where item_id = %(item_id)s and token = %(token)s and {HELD}
       for update
), forgotten as (
    delete from queues_effect e using held h
     where e.item_id = h.item_id and e.key = %(key)s and e.state = 'begun' and e.token = h.token
)
select exists (select from held)
"""
