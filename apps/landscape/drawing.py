"""What diagrams name: read once for each version that is the latest of its workflow."""

import structlog
from django.db.models import OuterRef, Subquery

from apps.workflows.graph import CallWork, Constant, Graph
from apps.workflows.lifecycle.definitions import graph_from
from apps.workflows.models import Workflow, WorkflowVersion

from .models import Drawn

log = structlog.get_logger("controlroom.landscape")

AT_ONCE = 50


def latest_versions() -> dict[int, int]:
    """Return the latest version of each workflow; one query."""
    newest = WorkflowVersion.objects.filter(workflow=OuterRef("pk")).order_by("-number")
    rows = Workflow.objects.annotate(latest=Subquery(newest.values("pk")[:1]))
    return {pk: latest for pk, latest in rows.values_list("pk", "latest") if latest}


def read_diagrams() -> int:
    """Note what new versions name, some at a time; return how many were read."""
    wanted = set(latest_versions().values())
    Drawn.objects.exclude(version_id__in=wanted).delete()
    known = set(Drawn.objects.values_list("version_id", flat=True))
    missing = sorted(wanted - known)[:AT_ONCE]
    rows = WorkflowVersion.objects.filter(pk__in=missing).select_related("workflow")
    drawn = [_drawn(version) for version in rows]
    Drawn.objects.bulk_create(drawn, ignore_conflicts=True)
    return len(drawn)


def _drawn(version: WorkflowVersion) -> Drawn:
    try:
        graph = graph_from(version.xml.encode(), version.workflow.key)
    except Exception:
        # one that an older release took, and this one can't read: its traffic is shown all the same
        log.exception("diagram_not_read", version=version.pk)
        return Drawn(version_id=version.pk)
    return Drawn(version_id=version.pk, queues=list(graph.queues), calls=_calls(graph))


def _calls(graph: Graph) -> list[str]:
    works = [getattr(node, "work", None) for node in graph.nodes.values()]
    called = [each.workflow for each in works if isinstance(each, CallWork)]
    return sorted({str(each.value) for each in called if isinstance(each, Constant)})
