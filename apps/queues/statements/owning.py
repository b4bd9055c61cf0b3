"""Items that belong to steps: added for many queues at once, withdrawn by their owner."""

from typing import Final

from .parts import CARRIED, ITEM, NOW, RANK, count, into_ready

# One element of each array per item; ids come back in that order. References are for people here:
# those of queues that ask for uniqueness were noted before, see NOTE_OWNED_REFERENCES.
ADD_OWNED: Final = f"""
with given as materialized (
    select * from unnest(%(ids)s::bigint[], %(queue_ids)s::bigint[], %(references)s::text[],
                         %(payloads)s::text[], %(priorities)s::int[],
                         %(available_at)s::timestamptz[], %(due_at)s::timestamptz[],
                         %(expires_at)s::timestamptz[], %(owner_ids)s::bigint[],
                         %(tokens)s::int[], %(indexes)s::int[], %(policies)s::text[])
        as g (id, queue_id, reference, payload, priority, available_at, due_at, expires_at,
              owner_id, token, index, policy)
), item as (
    insert into queues_workitem
           (id, queue_id, reference, payload, priority, entered_at, available_at, due_at,
            expires_at, version, origin, added_by)
    select id, queue_id, reference, payload::jsonb, priority, {NOW}, available_at, due_at,
           expires_at, 1, 'workflow', %(added_by)s
      from given
    returning id, queue_id, priority, entered_at, available_at, due_at, expires_at
), owned as (
    insert into queues_owned (item_id, owner_id, token, index, policy)
    select id, owner_id, token, index, policy::jsonb from given
), placed as (
    select *, available_at is not null and available_at > {NOW} as is_deferred from item
), readied as (
    insert into queues_ready
           (queue_id, rank_at, item_id, attempt, tries, losses, alone, expires_at)
    select i.queue_id, {RANK}, i.id, 1, 0, 0, false, i.expires_at
      from placed i join queues_workqueue q on q.id = i.queue_id
     where not i.is_deferred
), deferred as (
    insert into queues_scheduled
           (item_id, queue_id, attempt, tries, losses, alone, available_at, why, expires_at)
    select id, queue_id, 1, 0, 0, false, available_at, 'deferred', expires_at
      from placed where is_deferred
), counted as ({
    count('''
    select queue_id, 'added', count(*) from placed group by 1
    union all
    select queue_id, case when is_deferred then 'scheduled' else 'ready' end, count(*)
      from placed group by 1, 2''')
}
)
select count(*) from item
"""

# For items that came in by COPY
NOTE_OWNERS: Final = """
with noted as (
    insert into queues_owned (item_id, owner_id, token, index, policy)
    select item_id, owner_id, token, index, policy::jsonb
      from unnest(%(ids)s::bigint[], %(owner_ids)s::bigint[], %(tokens)s::int[],
                  %(indexes)s::int[], %(policies)s::text[])
        as g (item_id, owner_id, token, index, policy)
    returning item_id
)
select count(*) from noted
"""

# Sorted, as in NOTE_REFERENCES. What does not come back is known already.
NOTE_OWNED_REFERENCES: Final = """
insert into queues_itemreference (queue_id, reference, item_id)
select n.queue_id, n.reference, n.item_id
  from unnest(%(queue_ids)s::bigint[], %(references)s::text[], %(ids)s::bigint[])
    as n (queue_id, reference, item_id)
 order by n.queue_id, n.reference
on conflict (queue_id, reference) do nothing
returning item_id
"""

_WANTED: Final = """
    select o.item_id
      from unnest(%(owner_ids)s::bigint[], %(tokens)s::int[]) as t (owner_id, token)
     cross join lateral (select item_id from queues_owned
                          where owner_id = t.owner_id and token = t.token offset 0) o"""

# Leases are locked first, in the order of ids as everywhere.
LOCK_OWNED_LEASES: Final = f"""
select l.item_id
  from (select item_id from ({_WANTED}) w order by item_id) w
 cross join lateral (select * from queues_lease l where l.item_id = w.item_id for update) l
"""

# Ends what waits or is parked, and what is `leased` (locked before). Nobody is told: the owner
# knows. What is on its way from one place to another is missed; LEFT_TO_WITHDRAW says whether there
# is any. A try that was under way is kept as given back, and its lease is lost (see LOOK_UP).
WITHDRAW: Final = f"""
with wanted as materialized ({_WANTED}
), r as (
    delete from queues_ready where item_id = any (array(select item_id from wanted))
    returning {CARRIED}, 'ready' as place
), s as (
    delete from queues_scheduled where item_id = any (array(select item_id from wanted))
    returning {CARRIED}, 'scheduled' as place
), p as (
    delete from queues_parked where item_id = any (array(select item_id from wanted))
    returning {CARRIED}, status as place
), l as (
    delete from queues_lease where item_id = any (%(leased)s::bigint[]) returning *
), tried as (
    insert into queues_attempt
           (item_id, number, queue_id, token, bot, run_id, started_at, ended_at, outcome, output,
            code, message, error_class, detail)
    select item_id, attempt, queue_id, token, bot, run_id, leased_at, {NOW}, 'released', null,
           'withdrawn', %(note)s, '', ''
      from l
), gone as (
    select * from r union all select * from s union all select * from p union all
    select item_id, queue_id, attempt + 1, tries, losses, alone, 'in_progress' from l
), ended as (
    insert into queues_ended
           (item_id, queue_id, attempt, tries, losses, alone, status, at, by, note)
    select {CARRIED}, 'cancelled', {NOW}, %(by)s, %(note)s from gone
), counted as ({
    count('''
    select queue_id, place, -count(*) from gone group by 1, 2
    union all
    select queue_id, 'cancelled', count(*) from gone group by 1''')
}
)
select item_id, queue_id, place from gone
"""

LEFT_TO_WITHDRAW: Final = f"""
select exists (
    select from ({_WANTED}) w
     where not exists (select from queues_ended e where e.item_id = w.item_id))
"""


# --- worked again, on behalf of the owner

LOCK_ENDED: Final = """
select e.item_id
  from (select item_id from queues_owned where item_id = any (%(ids)s::bigint[])
         order by item_id) o
 cross join lateral (select * from queues_ended e where e.item_id = o.item_id for update) e
"""

# Past times are dropped; what was changed is a new version.
FORGET_TIMES: Final = f"""
update queues_workitem
   set available_at = null, version = version + 1,
       expires_at = case when expires_at > {NOW} then expires_at end
 where id = any (%(ids)s::bigint[]) and (available_at is not null or expires_at <= {NOW})
returning id
"""

# With nothing against them, as after a person looked at them. Where nobody knows whether an act
# happened, a person is asked first.
REOPEN: Final = f"""
with deleted as (
    delete from queues_ended where item_id = any (%(ids)s::bigint[])
    returning item_id, queue_id, attempt, status
), gone as materialized (
    select item_id, queue_id, attempt, 0 as tries, 0 as losses, false as alone, status,
           exists (select from queues_effect f
                    where f.item_id = d.item_id and f.state = 'begun') as is_in_doubt
      from deleted d
), readied as ({into_ready("gone", where="not s.is_in_doubt")}
), parked as (
    insert into queues_parked
           (item_id, queue_id, attempt, tries, losses, alone, status, cause, message, code, since,
            by, expires_at)
    select s.item_id, s.queue_id, s.attempt, 0, 0, false, 'needs_decision', 'effect_unknown',
           %(message)s, '', {NOW}, %(by)s, i.expires_at
      from gone s
     cross join lateral ({ITEM.format("s")}) i
     where s.is_in_doubt
), announced as (
    insert into events_outbox (kind, data)
    select 'work_item.needs_decision',
           jsonb_build_object('queue_id', queue_id, 'items', jsonb_agg(jsonb_build_object(
               'id', item_id, 'attempt', attempt - 1, 'cause', 'effect_unknown', 'code', '',
               'message', %(message)s::text)))
      from gone where is_in_doubt
     group by queue_id
), counted as ({
    count('''
    select queue_id, status, -count(*) from gone group by 1, 2
    union all
    select queue_id, case when is_in_doubt then 'needs_decision' else 'ready' end, count(*)
      from gone group by 1, 2''')
}
)
select item_id, queue_id, status, is_in_doubt from gone order by item_id
"""
