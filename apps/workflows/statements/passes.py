"""Fan-in: results of many items come in side by side, without the lock of their instance."""

from typing import Final

# Only results of fan-outs that are still under way; those that came before are not counted again.
# Whoever ends the fan-out (see FORGET_FAN_OUTS) waits for these; they don't wait for each other.
RECORD_PASSES: Final = """
with given as materialized (
    select * from jsonb_to_recordset(%(passes)s::jsonb) as p (
        instance_id bigint, token int, index int, status text, output jsonb, code text,
        message text)
     order by instance_id, token, index
), held as materialized (
    select f.instance_id, f.token
      from (select distinct instance_id, token from given order by 1, 2) a
     cross join lateral (select * from workflows_fanout f
                          where f.instance_id = a.instance_id and f.token = a.token
                            for key share) f
), wanted as (
    select g.* from given g join held h on h.instance_id = g.instance_id and h.token = g.token
     order by g.instance_id, g.token, g.index
), recorded as (
    insert into workflows_passresult
           (instance_id, token, index, status, output, code, message)
    select instance_id, token, index, status, nullif(output, 'null'), code, message from wanted
    on conflict (instance_id, token, index) do nothing
    returning instance_id, token, status
), counted as (
    insert into workflows_passcount (instance_id, token, n, failed)
    select instance_id, token, count(*),
           count(*) filter (where status not in ('successful', 'skipped'))
      from recorded group by instance_id, token
)
select distinct instance_id, token from recorded
"""

# The fan-outs of which all items have ended
COUNT_PASSES: Final = """
select f.instance_id, f.token, f.total, c.failed
  from unnest(%(ids)s::bigint[], %(tokens)s::int[]) as a (instance_id, token)
  join workflows_fanout f on f.instance_id = a.instance_id and f.token = a.token
 cross join lateral (select sum(n) as n, sum(failed) as failed from workflows_passcount c
                      where c.instance_id = f.instance_id and c.token = f.token) c
 where c.n >= f.total
 order by 1, 2
"""

RESULTS_OF: Final = """
select index, status, output::text, code, message
  from workflows_passresult where instance_id = %(id)s and token = %(token)s
 order by index
"""

# First this, then FORGET_PASSES, which sees what came in until now
FORGET_FAN_OUTS: Final = """
delete from workflows_fanout f
 using unnest(%(ids)s::bigint[], %(tokens)s::int[]) as a (i, t)
 where f.instance_id = a.i and f.token = a.t
"""

FORGET_PASSES: Final = """
with asked as (
    select * from unnest(%(ids)s::bigint[], %(tokens)s::int[]) as a (i, t)
), counts as (
    delete from workflows_passcount c using asked a where c.instance_id = a.i and c.token = a.t
)
delete from workflows_passresult r using asked a where r.instance_id = a.i and r.token = a.t
"""

# What failed of a fan-out is to be done again
TAKE_FAILED: Final = """
with taken as (
    delete from workflows_passresult
     where instance_id = %(id)s and token = %(token)s
       and status not in ('successful', 'skipped')
    returning index
), counted as (
    insert into workflows_passcount (instance_id, token, n, failed)
    select %(id)s, %(token)s, -count(*), -count(*) from taken having count(*) > 0
)
select index from taken
"""
