"""The map as things and the ways between them: from how things are set up, and from traffic."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from django.db.models import Sum
from django.db.models.functions import Now
from django.urls import reverse

from apps.bots.models import Automation
from apps.limits.models import Application
from apps.queues.models import WorkQueue
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

from .counting import DAYS
from .drawing import latest_versions
from .models import Drawn, Flow, Kind

Key = tuple[str, int]
Pair = tuple[Key, Key]

# A trigger's target: of which kind, and under which name its key stands
TARGETS: Final = {
    "workflow": (Kind.WORKFLOW, "key"),
    "run": (Kind.AUTOMATION, "automation"),
    "items": (Kind.QUEUE, "queue"),
}
# From this share of failures on it is worth a look
BAD_SHARE: Final = 0.05


@dataclass(slots=True)
class Node:
    """One thing. `n`: what it did in DAYS days, where that is counted; `failed`: of these."""

    kind: str
    pk: int
    title: str
    name: str  # its key
    folder_id: int
    n: int = 0
    failed: int = 0

    @property
    def key(self) -> Key:
        return self.kind, self.pk

    @property
    def url(self) -> str:
        return str(PAGES[self.kind](self.pk))

    @property
    def is_bad(self) -> bool:
        return self.failed > 0 and self.failed >= BAD_SHARE * self.n


@dataclass(slots=True)
class Edge:
    """A way from one thing to another. `is_set_up`: it would be there without any traffic."""

    source: Node
    target: Node
    way: str = Flow.Way.SET_UP
    is_set_up: bool = False
    n: int = 0
    failed: int = 0

    @property
    def is_hidden(self) -> bool:
        return self.way == Flow.Way.HIDDEN

    @property
    def is_bad(self) -> bool:
        return self.failed > 0 and self.failed >= BAD_SHARE * self.n


@dataclass(slots=True)
class Chart:
    nodes: dict[Key, Node] = field(default_factory=dict)
    edges: dict[tuple[Key, Key, str], Edge] = field(default_factory=dict)

    def connect(
        self, source: Key, target: Key, *, way: str = Flow.Way.SET_UP, **counts: Any
    ) -> None:
        """Add a way, or to it. One that leads to what nobody may see here is left out."""
        if source not in self.nodes or target not in self.nodes:
            return
        edge = self.edges.setdefault(
            (source, target, way), Edge(self.nodes[source], self.nodes[target], way)
        )
        edge.is_set_up |= counts.get("is_set_up", False)
        edge.n += counts.get("n", 0)
        edge.failed += counts.get("failed", 0)


def chart_of(folder_ids: Iterable[int]) -> Chart:
    """Return all that stands in these folders; a dozen queries, none of which walks items."""
    folders = list(folder_ids)
    chart = Chart()
    names = _add_nodes(chart, folders)
    _add_traffic(chart)
    _add_targets(chart, folders, names)
    _add_diagrams(chart, names)
    _add_work(chart)
    return chart


def _add_nodes(chart: Chart, folders: list[int]) -> dict[tuple[str, int, str], Key]:
    """Return by kind, folder and key what was added."""
    names = {}
    for kind, model in MODELS.items():
        rows = model.objects.filter(folder__in=folders)
        for pk, title, name, folder_id in rows.values_list("pk", "title", "key", "folder_id"):
            chart.nodes[kind, pk] = Node(kind, pk, title, name, folder_id)
            names[kind, folder_id, name] = (kind, pk)
    return names


def _add_traffic(chart: Chart) -> None:
    since = Now() - timedelta(days=DAYS)
    rows = (
        Flow.objects.filter(day__gte=since)
        .values_list("source_kind", "source_id", "target_kind", "target_id", "way")
        .annotate(Sum("n"), Sum("failed"))
    )
    for source_kind, source_id, target_kind, target_id, way, n, failed in rows:
        source: Key = (source_kind, source_id)
        if target_kind:
            chart.connect(source, (target_kind, target_id), way=way, n=n, failed=failed)
        elif source in chart.nodes:
            chart.nodes[source].n, chart.nodes[source].failed = n, failed


def _add_targets(chart: Chart, folders: list[int], names: dict[tuple[str, int, str], Key]) -> None:
    rows = Trigger.objects.filter(folder__in=folders)
    for pk, folder_id, target in rows.values_list("pk", "folder_id", "target"):
        kind, name = TARGETS.get(str(target.get("type")), ("", ""))
        found = names.get((kind, folder_id, str(target.get(name, ""))))
        if found:
            chart.connect((Kind.TRIGGER, pk), found, is_set_up=True)


def _add_diagrams(chart: Chart, names: dict[tuple[str, int, str], Key]) -> None:
    drawn = Drawn.objects.in_bulk()
    for workflow_id, version_id in latest_versions().items():
        node = chart.nodes.get((Kind.WORKFLOW, workflow_id))
        row = drawn.get(version_id)
        if node is None or row is None:
            continue
        for kind, keys in ((Kind.QUEUE, row.queues), (Kind.WORKFLOW, row.calls)):
            for key in keys:
                found = names.get((kind, node.folder_id, key))
                if found:
                    chart.connect(node.key, found, is_set_up=True)


def _add_work(chart: Chart) -> None:
    """Queues lead to who works their items, and both to the programs that this is done in."""
    programs = _programs(WorkQueue, Kind.QUEUE, chart)
    own = _programs(Automation, Kind.AUTOMATION, chart)
    pks = [node.pk for node in chart.nodes.values() if node.kind == Kind.QUEUE]
    rows = WorkQueue.objects.filter(pk__in=pks).values_list("pk", "automation_id")
    for pk, automation_id in rows:
        node = chart.nodes[Kind.QUEUE, pk]
        worker: Key = (Kind.AUTOMATION, automation_id or 0)
        last = worker if worker in chart.nodes else node.key
        counts: dict[str, Any] = {"is_set_up": True, "n": node.n, "failed": node.failed}
        if last == worker:
            chart.connect(node.key, worker, **counts)
            chart.nodes[worker].n += node.n
            chart.nodes[worker].failed += node.failed
        for application in programs[node.key]:
            chart.connect(last, application, **counts)
            own[worker].discard(application)
    for key, applications in own.items():
        for application in applications:
            node = chart.nodes[key]
            chart.connect(key, application, is_set_up=True, n=node.n, failed=node.failed)


def _programs(model: Any, kind: str, chart: Chart) -> defaultdict[Key, set[Key]]:
    found: defaultdict[Key, set[Key]] = defaultdict(set)
    rows = model.applications.through.objects.values_list(
        f"{model._meta.model_name}", "application"
    )
    for pk, application_id in rows:
        if (kind, pk) in chart.nodes:
            found[kind, pk].add((Kind.APPLICATION, application_id))
    return found


MODELS: Final[dict[str, Any]] = {
    Kind.TRIGGER: Trigger,
    Kind.WORKFLOW: Workflow,
    Kind.QUEUE: WorkQueue,
    Kind.AUTOMATION: Automation,
    Kind.APPLICATION: Application,
}
PAGES: Final[dict[str, Any]] = {
    Kind.TRIGGER: lambda pk: reverse("triggers:trigger_detail", args=[pk]),
    Kind.WORKFLOW: lambda pk: reverse("workflows:workflow_detail", args=[pk]),
    Kind.QUEUE: lambda pk: reverse("queues:queue_detail", args=[pk]),
    Kind.AUTOMATION: lambda pk: reverse("bot_settings:edit", args=["automation", pk]),
    Kind.APPLICATION: lambda pk: reverse("applications:detail", args=[pk]),
}
