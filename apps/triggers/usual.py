"""How long what triggers start usually takes: the middle of the last ones that ended."""

from collections.abc import Collection, Sequence
from typing import Any, Final

from django.db import connection

from apps.bots.models import Automation
from apps.workflows.models import Workflow

from .models import Trigger

# A step into an index each, however long the history
RUNS: Final = """
select m.folder_id, m.key, percentile_cont(0.5) within group (order by r.seconds)
  from bots_automation m
 cross join lateral (
       select extract(epoch from n.ended_at - n.started_at)::float8 as seconds
         from bots_run n
        where n.pool_id = m.pool_id and n.source = 'automation:' || m.id
          and n.ended_at is not null and n.started_at is not null
        order by n.ended_at desc limit 100) r
 where m.id = any(%s::bigint[])
 group by m.folder_id, m.key
"""
WALKS: Final = """
select w.folder_id, w.key, percentile_cont(0.5) within group (order by i.seconds)
  from workflows_workflow w
 cross join lateral (
       select extract(epoch from n.ended_at - n.started_at)::float8 as seconds
         from workflows_workflowinstance n
        where n.workflow_id = w.id and n.status = 'completed' and n.ended_at is not null
        order by n.ended_at desc limit 100) i
 where w.id = any(%s::bigint[])
 group by w.folder_id, w.key
"""
Place = tuple[int, str]


def automations_of(triggers: Sequence[Trigger]) -> dict[int, Automation]:
    """Return the automation that each of them runs, by the number of the trigger."""
    places = _places(triggers, "run", "automation")
    rows = _rows(Automation, places.values()).select_related("pool")
    known = {(row.folder_id, row.key): row for row in rows}
    return {pk: known[place] for pk, place in places.items() if place in known}


def usual_seconds(triggers: Sequence[Trigger]) -> dict[int, float]:
    """Return how long what each starts usually takes, by its number; never measured: left out."""
    found: dict[int, float] = {}
    for sql, model, kind, name in (
        (RUNS, Automation, "run", "automation"),
        (WALKS, Workflow, "workflow", "key"),
    ):
        places = _places(triggers, kind, name)
        measured = _measured(sql, model, places.values())
        found |= {pk: measured[place] for pk, place in places.items() if place in measured}
    return found


def _places(triggers: Sequence[Trigger], kind: str, name: str) -> dict[int, Place]:
    """Return folder and key of what each of them starts, of those that start such a thing."""
    mine = [each for each in triggers if each.target.get("type") == kind]
    return {each.pk: (each.folder_id, str(each.target.get(name) or "")) for each in mine}


def _rows(model: Any, places: Collection[Place]) -> Any:
    folders, keys = {place[0] for place in places}, {place[1] for place in places}
    return model.objects.filter(folder__in=folders, key__in=keys)


def _measured(sql: str, model: Any, places: Collection[Place]) -> dict[Place, float]:
    if not places:
        return {}
    wanted = list(_rows(model, places).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(sql, [wanted])
        return {(folder, key): float(seconds) for folder, key, seconds in cursor.fetchall()}
