"""What a step writes: parts of one statement."""

from typing import Final

# What is looked up is named by arrays, whose length the planner knows: so it never reads a table as
# a whole because it believes that there are many. The rest comes as JSON lists of objects.
WRITES: Final[dict[str, str]] = {
    "gone_tokens": """
    delete from workflows_token t
     using unnest(%(gone_tokens)s::bigint[], %(gone_tokens_n)s::int[]) as g (i, n)
     where t.instance_id = g.i and t.number = g.n""",
    "gone_scopes": """
    delete from workflows_scope s
     using unnest(%(gone_scopes)s::bigint[], %(gone_scopes_n)s::int[]) as g (i, n)
     where s.instance_id = g.i and s.number = g.n""",
    "gone_subscriptions": """
    delete from workflows_subscription b
     using unnest(%(gone_subscriptions)s::bigint[], %(gone_subscriptions_n)s::int[]) as g (i, n)
     where b.instance_id = g.i and b.number = g.n""",
    "gone_undoables": """
    delete from workflows_undoable u
     using unnest(%(gone_undoables)s::bigint[], %(gone_undoables_n)s::int[]) as g (i, n)
     where u.instance_id = g.i and u.number = g.n""",
    "tokens": """
    insert into workflows_token
           (instance_id, number, scope, node, waits_for, entered_at, came_by, local, facts)
    select * from jsonb_to_recordset(%(tokens)s::jsonb) as t (
           instance_id bigint, number int, scope int, node text, waits_for text,
           entered_at timestamptz, came_by text, local jsonb, facts jsonb)
    on conflict (instance_id, number) do update
       set scope = excluded.scope, node = excluded.node, waits_for = excluded.waits_for,
           entered_at = excluded.entered_at, came_by = excluded.came_by,
           local = excluded.local, facts = excluded.facts""",
    "scopes": """
    insert into workflows_scope
           (instance_id, number, node, kind, parent, token, variables, counts)
    select * from jsonb_to_recordset(%(scopes)s::jsonb) as s (
           instance_id bigint, number int, node text, kind text, parent int, token int,
           variables jsonb, counts jsonb)
    on conflict (instance_id, number) do update
       set token = excluded.token, variables = excluded.variables, counts = excluded.counts""",
    "subscriptions": """
    insert into workflows_subscription
           (instance_id, number, folder_id, workflow_id, scope, node, kind, token, name, key,
            due_at, repeats, reads, was_true)
    select * from jsonb_to_recordset(%(subscriptions)s::jsonb) as b (
           instance_id bigint, number int, folder_id bigint, workflow_id bigint, scope int,
           node text, kind text, token int, name text, key text, due_at timestamptz, repeats int,
           reads text[], was_true boolean)
    on conflict (instance_id, number) do update
       set due_at = excluded.due_at, repeats = excluded.repeats, was_true = excluded.was_true,
           name = excluded.name, key = excluded.key, reads = excluded.reads""",
    "undoables": """
    insert into workflows_undoable (instance_id, number, scope, node, variables)
    select * from jsonb_to_recordset(%(undoables)s::jsonb) as u (
           instance_id bigint, number int, scope int, node text, variables jsonb)
    on conflict (instance_id, number) do update set variables = excluded.variables""",
    "steps": """
    insert into workflows_stepinstance
           (instance_id, token, scope, node, kind, outcome, entered_at, ended_at, came_by, delta,
            by, note)
    select * from jsonb_to_recordset(%(steps)s::jsonb) as h (
           instance_id bigint, token int, scope int, node text, kind text, outcome text,
           entered_at timestamptz, ended_at timestamptz, came_by text, delta jsonb, by text,
           note text)""",
    "moved": """
    update workflows_workflowinstance i
       set next_number = m.next_number, size = m.size, is_wide = m.is_wide
      from unnest(%(moved)s::bigint[], %(moved_next)s::int[], %(moved_size)s::int[],
                  %(moved_wide)s::boolean[]) as m (id, next_number, size, is_wide)
     where i.id = m.id""",
    "over": """
    update workflows_workflowinstance i
       set next_number = o.next_number, size = o.size, status = o.status, ended_at = o.ended_at,
           result = nullif(o.result, 'null'), error_code = o.error_code,
           error_message = o.error_message, paused_at = null
      from jsonb_to_recordset(%(over)s::jsonb) as o (
           id bigint, next_number int, size int, status text, ended_at timestamptz, result jsonb,
           error_code text, error_message text)
     where i.id = o.id and i.id = any (%(over_ids)s::bigint[])""",
    # an instance that has ended leaves nothing behind, whether the step had seen it or not
    "left_tokens": "delete from workflows_token where instance_id = any (%(left_tokens)s)",
    "left_scopes": "delete from workflows_scope where instance_id = any (%(left_scopes)s)",
    "left_subscriptions": """
    delete from workflows_subscription where instance_id = any (%(left_subscriptions)s)""",
    "left_undoables": "delete from workflows_undoable where instance_id = any (%(left_undoables)s)",
    "left_pending": """
    delete from workflows_pendingevent where instance_id = any (%(left_pending)s)""",
    "fan_outs": """
    insert into workflows_fanout (instance_id, token, total)
    select * from jsonb_to_recordset(%(fan_outs)s::jsonb) as f (
           instance_id bigint, token int, total int)
    on conflict (instance_id, token) do nothing""",
}

# Everything in these scopes and below them: scopes, tokens, subscriptions, undoables.
BELOW: Final = """
with recursive asked as (
    select * from unnest(%(ids)s::bigint[], %(scopes)s::int[]) as a (instance_id, number)
), below as (
    select instance_id, number from asked
    union
    select s.instance_id, s.number
      from below b join workflows_scope s
        on s.instance_id = b.instance_id and s.parent = b.number
)
select 'scope', s.instance_id, s.number, '', s.variables::text
  from below b join workflows_scope s on s.instance_id = b.instance_id and s.number = b.number
union all
select 'token', t.instance_id, t.number, t.waits_for, t.local::text
  from below b join workflows_token t on t.instance_id = b.instance_id and t.scope = b.number
union all
select 'subscription', c.instance_id, c.number, '', null
  from below b
  join workflows_subscription c on c.instance_id = b.instance_id and c.scope = b.number
union all
select 'undoable', u.instance_id, u.number, '', null
  from below b join workflows_undoable u on u.instance_id = b.instance_id and u.scope = b.number
"""

CLOSE_INCIDENTS: Final = """
update workflows_incident i
   set resolved_at = statement_timestamp(), resolved_by = %(by)s, how = 'cancelled'
  from unnest(%(ids)s::bigint[], %(tokens)s::int[]) as g (i, n)
 where i.instance_id = g.i and i.token = g.n and i.resolved_at is null
"""

# A token whose work nobody took: it stands as if it had not come yet, and listens for nothing.
HOLD_TOKEN: Final = """
with deaf as (
    delete from workflows_subscription where instance_id = %(id)s and token = %(token)s
), no_fan_out as (
    delete from workflows_fanout where instance_id = %(id)s and token = %(token)s
)
update workflows_token set waits_for = 'incident', facts = facts || %(facts)s::jsonb
 where instance_id = %(id)s and number = %(token)s
"""
