"""What people do with instances."""

from typing import Final

# The instance, and those that it called, directly or through others
FAMILY: Final = """
with recursive family as (
    select id from workflows_workflowinstance where id = %(id)s
    union
    select c.id from family f join workflows_workflowinstance c on c.parent_id = f.id
     where c.ended_at is null
)
select id from family order by id
"""

HOLD_TIMERS: Final = """
update workflows_subscription set held_until = due_at, due_at = null
 where instance_id = any (%(ids)s::bigint[]) and due_at is not null
"""

# The same for subscriptions by their numbers: of a timer whose step can't be taken
HOLD_THESE_TIMERS: Final = """
update workflows_subscription set held_until = due_at, due_at = null
 where instance_id = %(id)s and number = any (%(numbers)s::int[]) and due_at is not null
"""

LET_TIMERS_GO: Final = """
update workflows_subscription b
   set due_at = b.held_until
              + case when t.moves then coalesce(statement_timestamp() - i.paused_at, interval '0')
                     else interval '0' end,
       held_until = null
  from jsonb_to_recordset(%(timers)s::jsonb)
       as t (instance_id bigint, number int, moves boolean)
  join workflows_workflowinstance i on i.id = t.instance_id
 where b.instance_id = t.instance_id and b.number = t.number
"""
