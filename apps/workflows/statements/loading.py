"""Locking instances, and reading where they stand."""

from typing import Final

INSTANCE: Final = """id, folder_id, workflow_id, version_id, status, next_number, size, is_wide,
       parent_id, parent_token, coalesce(root_id, id), depth"""

# Steps of one instance take turns. Not FOR UPDATE: nothing that refers to the row need wait.
LOCK: Final = f"""
select {INSTANCE}
  from workflows_workflowinstance where id = any (%(ids)s::bigint[])
 order by id for no key update
"""

# The same for sweeps: what somebody else holds is left for the next time.
LOCK_FREE: Final = f"{LOCK} skip locked"

SCOPE_ROW: Final = """json_build_array(s.number, s.node, s.kind, s.parent, s.token, s.variables,
       s.counts)::text"""
TOKEN_ROW: Final = """json_build_array(t.number, t.scope, t.node, t.waits_for, t.entered_at,
       t.came_by, t.local, t.facts)::text"""
SUBSCRIPTION_ROW: Final = """json_build_array(b.number, b.scope, b.node, b.kind, b.token, b.name,
       b.key, b.due_at, b.repeats, b.reads, b.was_true)::text"""
UNDOABLE_ROW: Final = "json_build_array(u.number, u.scope, u.node, u.variables)::text"

# All rows of these instances. Columns: what it is, the instance, the row.
LOAD_WHOLE: Final = f"""
select 'scope', s.instance_id, {SCOPE_ROW}
  from workflows_scope s where s.instance_id = any (%(ids)s::bigint[])
union all
select 'token', t.instance_id, {TOKEN_ROW}
  from workflows_token t where t.instance_id = any (%(ids)s::bigint[])
union all
select 'subscription', b.instance_id, {SUBSCRIPTION_ROW}
  from workflows_subscription b where b.instance_id = any (%(ids)s::bigint[])
union all
select 'undoable', u.instance_id, {UNDOABLE_ROW}
  from workflows_undoable u where u.instance_id = any (%(ids)s::bigint[])
"""


def _each(table: str, where: str) -> str:
    """Look up by index for each row of h, whatever the planner believes of their number."""
    name, alias = table.split()
    return f"""
 cross join lateral (select * from workflows_{name} {alias}
                      where {alias}.instance_id = h.instance_id and {where} offset 0) {alias}"""


# Of wide instances, what an event can reach: the scopes from its place up to the root (the first
# one), what stands in them, and the scopes just below. Of the passes of a loop, only those on the
# way. Rows may come twice.
LOAD_CHAINS: Final = f"""
with recursive asked as (
    select * from unnest(%(ids)s::bigint[], %(tokens)s::int[], %(subscriptions)s::int[],
                         %(scopes)s::int[]) as a (instance_id, token, subscription, scope)
), seed as (
    select t.instance_id, t.scope, t.number as token
      from asked h {_each("token t", "t.number = h.token")}
    union
    select b.instance_id, b.scope, b.token
      from asked h {_each("subscription b", "b.number = h.subscription")}
    union
    select s.instance_id, s.number, null
      from asked h {_each("scope s", "s.number = h.scope")}
    union
    select a.instance_id, s.number, null
      from asked a
     cross join lateral (select number from workflows_scope s
                          where s.instance_id = a.instance_id order by number limit 1) s
), chain as (
    select instance_id, scope, token from seed
    union
    select s.instance_id, s.parent, s.token
      from chain h {_each("scope s", "s.number = h.scope")}
     where s.parent is not null
), held as materialized (
    select distinct s.instance_id, s.number, s.kind = 'loop' as is_loop
      from chain h {_each("scope s", "s.number = h.scope")}
), passed as materialized (
    select distinct instance_id, token from chain where token is not null
)
select 'scope', s.instance_id, {SCOPE_ROW}
  from held h {_each("scope s", "s.number = h.number")}
union all
select 'scope', s.instance_id, {SCOPE_ROW}
  from held h {_each("scope s", "s.parent = h.number")}
 where not h.is_loop
union all
select 'token', t.instance_id, {TOKEN_ROW}
  from held h {_each("token t", "t.scope = h.number")}
 where not h.is_loop
union all
select 'token', t.instance_id, {TOKEN_ROW}
  from passed h {_each("token t", "t.number = h.token")}
union all
select 'subscription', b.instance_id, {SUBSCRIPTION_ROW}
  from held h {_each("subscription b", "b.scope = h.number")}
 where not h.is_loop
union all
select 'subscription', b.instance_id, {SUBSCRIPTION_ROW}
  from held h {_each("subscription b", "b.scope = h.number and b.token is null")}
 where h.is_loop
union all
select 'subscription', b.instance_id, {SUBSCRIPTION_ROW}
  from (select h.*, p.token from held h join passed p on p.instance_id = h.instance_id
         where h.is_loop) h
       {_each("subscription b", "b.scope = h.number and b.token = h.token")}
union all
select 'undoable', u.instance_id, {UNDOABLE_ROW}
  from workflows_undoable u join held h on h.instance_id = u.instance_id and h.number = u.scope
"""
