"""What must hold of instances and their rows, looked up in the whole database."""

from dataclasses import dataclass, field
from typing import Any, Final

from django.db import connection

from apps.lib.snapshots import one_moment

MAX_FAULTS: Final = 200

# Each gives an instance, and what was found.
_FAULTS: Final[dict[str, str]] = {
    "rows of an instance that is over": """
        select i.id, r.what
          from workflows_workflowinstance i
          join (select instance_id, 'token' as what from workflows_token
                union all select instance_id, 'scope' from workflows_scope
                union all select instance_id, 'subscription' from workflows_subscription
                union all select instance_id, 'undoable' from workflows_undoable
                union all select instance_id, 'fan-out' from workflows_fanout
                union all select instance_id, 'open incident' from workflows_incident
                           where resolved_at is null) r on r.instance_id = i.id
         where i.ended_at is not null""",
    "rows of no instance": """
        select r.instance_id, r.what
          from (select instance_id, 'token' as what from workflows_token
                union all select instance_id, 'scope' from workflows_scope
                union all select instance_id, 'subscription' from workflows_subscription) r
         where not exists (select from workflows_workflowinstance i where i.id = r.instance_id)""",
    "nothing that could go on": """
        select i.id, i.status
          from workflows_workflowinstance i
         where i.ended_at is null
           and not exists (select from workflows_token t where t.instance_id = i.id)
           and not exists (select from workflows_incident n
                            where n.instance_id = i.id and n.resolved_at is null)""",
    "not exactly one root scope": """
        select i.id, count(s.number)::text
          from workflows_workflowinstance i
          left join workflows_scope s on s.instance_id = i.id and s.parent is null
         where i.ended_at is null
           and not exists (select from workflows_incident n where n.instance_id = i.id
                              and n.token = 0 and n.resolved_at is null)
         group by i.id having count(s.number) <> 1""",
    "token in no scope": """
        select t.instance_id, t.number::text from workflows_token t
         where not exists (select from workflows_scope s
                            where s.instance_id = t.instance_id and s.number = t.scope)""",
    "scope that no token waits for": """
        select s.instance_id, s.number::text from workflows_scope s
         where s.parent is not null
           and not exists (select from workflows_token t
                            where t.instance_id = s.instance_id and t.number = s.token
                              and t.waits_for = 'scope')""",
    "subscription of nothing": """
        select b.instance_id, b.number::text from workflows_subscription b
         where not exists (select from workflows_scope s
                            where s.instance_id = b.instance_id and s.number = b.scope)
            or (b.token is not null
                and not exists (select from workflows_token t
                                 where t.instance_id = b.instance_id and t.number = b.token))""",
    "token waits for an item that there is not": """
        select t.instance_id, t.number::text from workflows_token t
         where t.waits_for in ('item', 'items')
           and not exists (select from queues_owned o
                            where o.owner_id = t.instance_id and o.token = t.number)""",
    "work that nobody waits for": """
        select o.owner_id, o.item_id::text from queues_owned o
         where not exists (select from queues_ended e where e.item_id = o.item_id)
           and not exists (select from workflows_token t
                            where t.instance_id = o.owner_id and t.number = o.token
                              and t.waits_for in ('item', 'items', 'incident'))""",
    "item ended, and nobody was told": """
        select t.instance_id, t.number::text
          from workflows_token t
          join workflows_workflowinstance i on i.id = t.instance_id and i.status = 'running'
          join queues_owned o on o.owner_id = t.instance_id and o.token = t.number
          join queues_ended e on e.item_id = o.item_id
         where t.waits_for = 'item'
           and not exists (select from events_outbox x where x.kind = 'work_item.ended')
           and not exists (select from workflows_pendingevent p where p.instance_id = i.id)""",
    "token waits for an instance that there is not": """
        select t.instance_id, t.number::text from workflows_token t
         where t.waits_for = 'child'
           and not exists (select from workflows_workflowinstance c
                            where c.parent_id = t.instance_id and c.parent_token = t.number)""",
    "token waits for repair without an incident": """
        select t.instance_id, t.number::text from workflows_token t
         where t.waits_for = 'incident'
           and not exists (select from workflows_incident n
                            where n.instance_id = t.instance_id and n.token = t.number
                              and n.resolved_at is null)""",
    "number beyond the next one": """
        select t.instance_id, t.number::text
          from workflows_token t join workflows_workflowinstance i on i.id = t.instance_id
         where t.number >= i.next_number""",
}


@dataclass(frozen=True, slots=True)
class Report:
    """`faults` are rows of subject, fault, what was found."""

    n_instances: int
    faults: list[tuple[str, str, str]] = field(default_factory=list)


@one_moment(read_only=True)
def instance_faults() -> Report:
    """Compare all instances with their rows in one snapshot, while the room goes on working."""
    faults = [
        (f"instance {instance_id}", fault, found)
        for fault, sql in _FAULTS.items()
        for instance_id, found in _rows(f"{sql} limit {MAX_FAULTS}")
    ]
    return Report(_rows("select count(*) from workflows_workflowinstance")[0][0], faults)


def _rows(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
