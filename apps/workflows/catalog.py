"""Workflows and their versions as lists show them, with counts that stay cheap."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _

from .listing import NEEDS_REPAIR
from .models import Incident, Workflow, WorkflowInstance, WorkflowVersion

CAP = 10_000
Status = WorkflowInstance.Status

# No more than CAP rows of each status are looked at, however many there are
COUNT_BY_STATUS = """
select w.id, s.status,
       (select count(*) from (select 1 from workflows_workflowinstance i
                               where i.workflow_id = w.id and i.status = s.status
                               limit %(limit)s) capped)
  from unnest(%(ids)s::bigint[]) as w(id)
 cross join unnest(%(statuses)s::text[]) as s(status)
"""


@dataclass(frozen=True)
class WorkflowRow:
    workflow: Workflow
    version: WorkflowVersion | None
    n_versions: int
    counts: dict[str, int]
    n_repair: int

    def count(self, status: str) -> int | str:
        """Return the count, or “≥ 10 000” when there are more than are looked at."""
        return shown_count(self.counts.get(status, 0))

    @property
    def running(self) -> int | str:
        return self.count(Status.RUNNING)

    @property
    def paused(self) -> int | str:
        return self.count(Status.PAUSED)

    @property
    def completed(self) -> int | str:
        return self.count(Status.COMPLETED)

    @property
    def failed(self) -> int | str:
        return self.count(Status.FAILED)


def shown_count(n: int) -> int | str:
    return n if n <= CAP else f"≥ {CAP:_}".replace("_", " ")


def workflow_rows(workflows: list[Workflow]) -> list[WorkflowRow]:
    """Return a row per workflow: four queries for all of them."""
    ids = [workflow.pk for workflow in workflows]
    counts = counts_by_status(ids)
    versions = {
        each.workflow_id: each
        for each in WorkflowVersion.objects.filter(workflow_id__in=ids)
        .defer("xml", "original")
        .order_by("workflow_id", "-number")
        .distinct("workflow_id")
    }
    repairs = _open_incidents(ids)
    return [
        WorkflowRow(
            workflow,
            versions.get(workflow.pk),
            versions[workflow.pk].number if workflow.pk in versions else 0,
            counts[workflow.pk],
            repairs.get(workflow.pk, 0),
        )
        for workflow in workflows
    ]


def counts_by_status(workflow_ids: list[int]) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = defaultdict(dict)
    parameters: dict[str, Any] = {"ids": workflow_ids, "statuses": Status.values, "limit": CAP + 1}
    with connection.cursor() as cursor:
        cursor.execute(COUNT_BY_STATUS, parameters)
        for workflow_id, status, n in cursor.fetchall():
            found[workflow_id][status] = n
    return found


def _open_incidents(workflow_ids: list[int]) -> dict[int, int]:
    rows = Incident.objects.filter(workflow_id__in=workflow_ids, resolved_at__isnull=True)
    return dict(rows.order_by().values_list("workflow_id").annotate(n=Count("pk")))


def strip_of(row: WorkflowRow) -> list[dict[str, Any]]:
    """Return the counts of a workflow as cells that lead to what they count."""
    base = f"{reverse('instances:instance_list')}?workflow={row.workflow.pk}&status="
    return [
        {"label": _("Running"), "value": row.running, "url": f"{base}{Status.RUNNING}"},
        {"label": _("Paused"), "value": row.paused, "url": f"{base}{Status.PAUSED}",
         "tone": "paused" if row.counts.get(Status.PAUSED) else ""},
        {"label": _("Need repair"), "value": row.n_repair, "url": f"{base}{NEEDS_REPAIR}",
         "tone": "failed" if row.n_repair else ""},
        {"label": _("Done"), "value": row.completed, "url": f"{base}{Status.COMPLETED}"},
        {"label": _("Failed"), "value": row.failed, "url": f"{base}{Status.FAILED}"},
        {"label": _("Cancelled"), "value": row.count(Status.CANCELLED),
         "url": f"{base}{Status.CANCELLED}"},
    ]  # fmt: skip


def version_rows(workflow: Workflow) -> list[dict[str, Any]]:
    """Return the versions, newest first, with how many instances are under way on each."""
    live = dict(
        WorkflowInstance.objects.filter(
            workflow_id=workflow.pk, status__in=[Status.RUNNING, Status.PAUSED]
        ).order_by().values_list("version_id").annotate(n=Count("pk"))
    )  # fmt: skip
    versions = workflow.versions.defer("xml", "original").order_by("-number")
    return [{"version": each, "n_live": live.get(each.pk, 0)} for each in versions]
