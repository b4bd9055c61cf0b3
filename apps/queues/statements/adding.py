"""New items."""

from typing import Final

from .parts import NOW, RANK, count

# `is_unique`: the reference is taken first; if it is taken already, nothing comes back.
ADD_ONE: Final = f"""
with given as materialized (
    select nextval(pg_get_serial_sequence('queues_workitem', 'id')) as id
), noted as (
    insert into queues_itemreference (queue_id, reference, item_id)
    select %(queue_id)s, %(reference)s, id from given where %(is_unique)s
    on conflict (queue_id, reference) do nothing
    returning item_id
), item as (
    insert into queues_workitem
           (id, queue_id, reference, payload, priority, entered_at, available_at, due_at,
            expires_at, version, origin, added_by)
    select id, %(queue_id)s, %(reference)s, %(payload)s::jsonb, %(priority)s, {NOW},
           %(available_at)s::timestamptz, %(due_at)s::timestamptz, %(expires_at)s::timestamptz,
           1, %(origin)s, %(added_by)s
      from given
     where not %(is_unique)s or exists (select from noted)
    returning *
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
    select queue_id, 'added', 1 from placed
    union all
    select queue_id, case when is_deferred then 'scheduled' else 'ready' end, 1 from placed''')
}
)
select id from item
"""

KNOWN_REFERENCES: Final = """
select reference, item_id from queues_itemreference
 where queue_id = %(queue_id)s and reference = any (%(references)s::text[])
"""

# Ids are drawn before the rows are written: references can name their items, rows keep their order.
DRAW_IDS: Final = """
select nextval(pg_get_serial_sequence('queues_workitem', 'id')) from generate_series(1, %(n)s)
"""

# Sorted, so that two batches that share references wait for each other in one order.
NOTE_REFERENCES: Final = """
insert into queues_itemreference (queue_id, reference, item_id)
select %(queue_id)s, n.reference, n.item_id
  from unnest(%(references)s::text[], %(ids)s::bigint[]) as n (reference, item_id)
 order by n.reference
on conflict (queue_id, reference) do nothing
returning reference
"""

# The same for items that came in while nobody asked for uniqueness: of several, the first counts.
NOTE_PAST_REFERENCES: Final = """
with noted as (
    insert into queues_itemreference (queue_id, reference, item_id)
    select distinct on (reference) queue_id, reference, id
      from queues_workitem where queue_id = %(queue_id)s and reference <> ''
     order by reference, id
    on conflict (queue_id, reference) do nothing
    returning item_id
)
select count(*) from noted
"""

COPY_ITEMS: Final = """
copy queues_workitem
     (id, queue_id, reference, payload, priority, available_at, due_at, expires_at, origin,
      added_by)
from stdin
"""

# The ids of a batch are drawn in one go, yet other batches may draw in between: hence the array.
PLACE_ITEMS: Final = f"""
with placed as materialized (
    select *, available_at is not null and available_at > {NOW} as is_deferred
      from queues_workitem where id = any (%(ids)s::bigint[])
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
select count(*) from placed
"""
