"""Deployment: a model becomes versions of workflows, with all that they need; or nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.feel import Expression, to_json
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.workflows.bpmn import Model, import_model
from apps.workflows.graph import (
    ConditionEvent,
    Given,
    Graph,
    MessageEvent,
    Node,
    SignalEvent,
    TimerEvent,
)
from apps.workflows.models import StartSubscription, Workflow, WorkflowVersion

from .bot_work import make_queue
from .missing import missing_for
from .timers import first_start

MAX_KEY = 150
MAX_TITLE = 200
MAX_NAME = 300


@dataclass(frozen=True, slots=True)
class Deployed:
    """One version for each executable process; `new` are those that were not there before.

    `warnings` and `report` (of a conversion) are dicts of element, line, message and advice.
    """

    versions: list[WorkflowVersion]
    new: list[WorkflowVersion]
    warnings: list[JsonObject] = field(default_factory=list)
    report: list[JsonObject] = field(default_factory=list)
    created_queues: list[WorkQueue] = field(default_factory=list)

    @property
    def workflows(self) -> list[Workflow]:
        return [version.workflow for version in self.versions]

    @property
    def workflow(self) -> Workflow:
        """The first one: most models have one process."""
        return self.versions[0].workflow


@transaction.atomic
def deploy(folder: Folder, xml: bytes, *, by: Actor, source: str, note: str = "") -> Deployed:
    """Deploy the executable processes of a BPMN model.

    Raises ModelError with every problem at once; then nothing was deployed. The same content as a
    version that is there is that version. What starts instances by itself (times, messages,
    signals) is from now on what the newest version says.
    """
    imported = import_model(xml)
    compiled = imported.compiled
    report = [_told(note_) for note_ in imported.report]
    warnings = [_told(problem) for problem in compiled.warnings]
    warnings += missing_for(folder, compiled.graphs)
    facts: dict[str, Any] = {
        "xml": _text(imported.model),
        "original": _text(imported.original) if imported.original else "",
        "warnings": warnings,
        "report": report,
        "source": source,
        "note": note,
        "deployed_by": by.name[:150],
    }
    versions, new = [], []
    for graph in compiled.graphs:
        version, is_new = _version(folder, graph, facts, by)
        versions.append(version)
        new += [version] if is_new else []
    queues = _make_queues(folder, compiled.graphs)
    return Deployed(versions, new, warnings, report, queues)


def _version(
    folder: Folder, graph: Graph, facts: dict[str, Any], by: Actor
) -> tuple[WorkflowVersion, bool]:
    """Return the version with this content, and whether it is new."""
    _insist_on_key(graph.key)
    workflow, _is_new = Workflow.objects.get_or_create(
        folder=folder, key=graph.key, defaults={"title": _title(graph)}
    )
    # whoever deploys the same workflow takes turns
    workflow = Workflow.objects.select_for_update().get(pk=workflow.pk)
    digest = sha256(facts["xml"].encode()).hexdigest()
    found = workflow.versions.filter(digest=digest).first()
    if found is not None:
        found.workflow = workflow
        return found, False
    last = workflow.versions.aggregate(last=Max("number"))["last"] or 0
    version = WorkflowVersion.objects.create(
        workflow=workflow,
        number=last + 1,
        digest=digest,
        input_schema=graph.input_schema,
        version_tag=graph.version_tag[:100],
        **facts,
    )
    workflow.title = _title(graph)
    workflow.save(update_fields=["title"])
    _subscribe_starts(version, graph)
    publish(
        "workflow.deployed",
        subject=("workflow", workflow.pk),
        folder_id=folder.pk,
        by=by,
        data={"version": version.number, "note": version.note[:500], "source": version.source},
        topics=("workflows", "overview"),
    )
    return version, True


def _subscribe_starts(version: WorkflowVersion, graph: Graph) -> None:
    """Put what the newest version says in place of what starts instances so far."""
    StartSubscription.objects.filter(workflow=version.workflow).delete()
    now = database_now()
    rows = []
    for name in graph.starts:
        node = graph.node(name)
        values = _start(node, now)
        if values is not None:
            rows.append(
                StartSubscription(
                    workflow=version.workflow,
                    version=version,
                    folder_id=version.workflow.folder_id,
                    node=node.id,
                    **values,
                )
            )
    StartSubscription.objects.bulk_create(rows)


def _start(node: Node, now: datetime) -> dict[str, Any] | None:
    event = node.event
    if isinstance(event, TimerEvent):
        try:
            due_at, repeats = first_start(event, now)
        except InvalidError as error:
            raise _wrong(node, error.message) from None
        return {"kind": "timer", "due_at": due_at, "repeats": repeats}
    if isinstance(event, MessageEvent):
        return {"kind": "message", "name": _name(node, event.name)}
    if isinstance(event, SignalEvent):
        return {"kind": "signal", "name": _name(node, event.name)}
    if isinstance(event, ConditionEvent):
        return {"kind": "condition", "name": event.condition.text[:MAX_NAME]}
    return None


def _name(node: Node, given: Given) -> str:
    """Return the name that a start event listens for; there are no variables yet."""
    said = to_json(given.evaluate({})) if isinstance(given, Expression) else given.value
    if not isinstance(said, str) or not said:
        raise _wrong(node, _("its name must be a text, since there are no variables yet"))
    return said[:MAX_NAME]


def _make_queues(folder: Folder, graphs: Sequence[Graph]) -> list[WorkQueue]:
    """Make the queues that steps name and that are missing; return the new ones."""
    made = [make_queue(folder.pk, name) for graph in graphs for name in graph.queues]
    return [queue for queue, is_new in made if is_new]


def _insist_on_key(key: str) -> None:
    if len(key) > MAX_KEY:
        problem = FieldProblem(key[:40], _("is longer than %(n)d characters") % {"n": MAX_KEY})
        raise InvalidError(_("The id of the process is too long."), fields=[problem])


def _wrong(node: Node, why: str) -> InvalidError:
    message = _("Start event %(name)s: %(why)s") % {"name": node.name or node.id, "why": why}
    return InvalidError(message, fields=[FieldProblem(node.id, why)])


def _title(graph: Graph) -> str:
    return (graph.name or graph.key)[:MAX_TITLE]


def _told(problem: Any) -> JsonObject:
    names = ("element", "line", "attribute", "message", "advice")
    return {name: getattr(problem, name) for name in names if hasattr(problem, name)}


def _text(model: Model) -> str:
    """Return the file as it is kept; in UTF-8, whatever it came in."""
    return model.to_xml().decode()
