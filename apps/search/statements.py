"""Look-ups by what people call things, each made for one index.

Plans were looked at with EXPLAIN (ANALYZE) on two million items in 40 queues and half a million
instances: each range is an index-only scan that stops after `n` rows, 1 to 2 ms for all of them.
tests/search/test_plans.py holds their shape. Without the LATERAL, or ordered by number alone, the
planner walks the primary key backwards and filters: fast for what is common, and through all rows
for what is rare.
"""

from typing import Final

# Index work_item_reference (queue, reference, -id): the smallest text in a range is the one that
# was asked for, so it comes first, its newest item before the others
ITEMS_BY_REFERENCE: Final = """
select found.id
  from queues_workqueue q
 cross join unnest(%(lows)s::text[], %(highs)s::text[]) as r (low, high)
 cross join lateral (
       select w.id, w.reference
         from queues_workitem w
        where w.queue_id = q.id and w.reference <> ''
          and w.reference >= r.low collate "C" and w.reference < r.high collate "C"
        order by w.reference, w.id desc
        limit %(n)s) found
 where q.folder_id = any (%(folders)s::bigint[])
 order by found.reference = any (%(exact)s::text[]) desc, found.reference, found.id desc
 limit %(n)s
"""

# Index instance_business_key (folder, business_key, -id)
INSTANCES_BY_KEY: Final = """
select found.id
  from unnest(%(folders)s::bigint[]) as f (id)
 cross join unnest(%(lows)s::text[], %(highs)s::text[]) as r (low, high)
 cross join lateral (
       select i.id, i.business_key
         from workflows_workflowinstance i
        where i.folder_id = f.id and i.business_key <> ''
          and i.business_key >= r.low collate "C" and i.business_key < r.high collate "C"
        order by i.business_key, i.id desc
        limit %(n)s) found
 order by found.business_key = any (%(exact)s::text[]) desc, found.business_key, found.id desc
 limit %(n)s
"""
