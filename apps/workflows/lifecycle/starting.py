"""Starting instances: by people and programs, by messages, signals and times."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.events.bus import publish
from apps.events.causes import Course, note_causes
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import DomainError, FieldProblem, InvalidError
from apps.lib.feel import FeelError, from_json
from apps.lib.json import JsonObject
from apps.workflows.engine.events import Started
from apps.workflows.graph import ConditionEvent, Node
from apps.workflows.models import StartSubscription, Workflow, WorkflowInstance, WorkflowVersion

from .definitions import graph_of
from .new_walks import (
    MAX_BUSINESS_KEY,
    draw_ids,
    insist_on_size,
    known_versions,
    latest_version,
    new_walk,
)
from .running import concerns_all
from .stepping import Batch

log = structlog.get_logger("controlroom.workflows")

# Instances of one statement: more would take their time and memory at once
AT_ONCE = 200


class Starting(NamedTuple):
    """An instance that a message, signal or time starts."""

    version_id: int
    node: str
    variables: JsonObject
    by: str
    sender: int | None = None  # the instance that sent the message or signal


@transaction.atomic
def start_instance(
    workflow: Workflow,
    variables: JsonObject,
    *,
    by: Actor,
    business_key: str = "",
    version: int | None = None,
) -> WorkflowInstance:
    """Start an instance of the latest version, or of that number; its first step is taken.

    Raises InvalidError, naming the fields, if the variables do not fit; then nothing is started.
    """
    _check_business_key(business_key)
    found = _startable(workflow, version)
    batch = Batch(database_now(), by)
    walk = new_walk(
        found, now=batch.now, variables=variables, business_key=business_key, started_by=by.name
    )
    batch.begin(walk, Started(at=batch.now, variables=variables))
    batch.run()
    batch.write()
    note_causes("instance", [walk.id])
    publish(
        "instance.started",
        subject=("instance", walk.id),
        folder_id=workflow.folder_id,
        by=by,
        data={"workflow_id": workflow.pk, "version": found.number},
        topics=("overview", "workflows", f"workflow:{workflow.pk}"),
    )
    started: WorkflowInstance = WorkflowInstance.objects.select_related("workflow", "version").get(
        pk=walk.id
    )
    return started


@transaction.atomic
def start_instances(
    workflow: Workflow,
    variables: Sequence[JsonObject],
    *,
    by: Actor,
    version: int | None = None,
    names: Sequence[str] = (),
) -> list[int]:
    """Start many instances; return their ids in order. One that does not fit refuses all.

    `names`: who started each, where that is somebody else than `by`.
    """
    found = _startable(workflow, version)
    names = names or [by.name] * len(variables)
    ids: list[int] = []
    for start in range(0, len(variables), AT_ONCE):
        some, theirs = variables[start : start + AT_ONCE], names[start : start + AT_ONCE]
        batch = Batch(database_now(), by)
        for instance_id, given, name in zip(draw_ids(len(some)), some, theirs, strict=True):
            walk = new_walk(
                found,
                now=batch.now,
                variables=given,
                instance_id=instance_id,
                started_by=name,
            )
            batch.begin(walk, Started(at=batch.now, variables=given))
            ids.append(instance_id)
        batch.run()
        batch.write()
    return ids


@transaction.atomic
def start_by_event(starts: Iterable[Starting]) -> list[int]:
    """Start instances because something happened; what does not fit is put on record.

    The folder's history has it, since nobody waits for the answer.
    """
    ids = []
    for each in starts:
        version = known_versions().get(pk=each.version_id)
        try:
            with transaction.atomic():
                ids.append(_start_at(version, each))
        except Exception as error:
            if concerns_all(error):
                raise
            _refuse_start(version, each, error)
    return ids


def _refuse_start(version: WorkflowVersion, start: Starting, error: Exception) -> None:
    """One that can't start must not keep others from starting, now or ever again."""
    why = error.message if isinstance(error, DomainError) else f"{type(error).__name__}: {error}"
    log.warning("start_refused", workflow=version.workflow_id, error=why, exc_info=error)
    publish(
        "workflow.start_refused",
        subject=("workflow", version.workflow_id),
        folder_id=version.workflow.folder_id,
        by=SYSTEM,
        data={"node": start.node, "by": start.by, "reason": why[:500].replace("\x00", "")},
    )


def start_by_conditions(folder: Folder, variables: JsonObject, *, by: Actor) -> list[int]:
    """Start what begins when something is so, of which `variables` tell; return the instances.

    Each workflow of `folder` whose conditional start event holds for them gets one instance.
    """
    insist_on_size(variables)
    rows = StartSubscription.objects.filter(folder=folder, kind="condition").order_by("pk")
    return start_by_event(
        Starting(row.version_id, row.node, variables, by.name[:150])
        for row in rows
        if _holds(graph_of(row.version_id).node(row.node), variables)
    )


def _holds(node: Node, variables: JsonObject) -> bool:
    event = node.event
    if not isinstance(event, ConditionEvent):
        return False
    given = {name: from_json(value) for name, value in variables.items()}
    try:
        return event.condition.evaluate(given) is True
    except FeelError:
        return False


def _start_at(version: WorkflowVersion, start: Starting) -> int:
    batch = Batch(database_now(), SYSTEM)
    walk = new_walk(
        version,
        now=batch.now,
        variables=start.variables,
        started_by=start.by,
        start_node=start.node,
    )
    batch.begin(walk, Started(at=batch.now, variables=start.variables, node=start.node))
    batch.run()
    batch.write()
    if start.sender is not None:
        note_causes("instance", [walk.id], cause=Course("instance", start.sender))
    return walk.id


def _startable(workflow: Workflow, number: int | None) -> WorkflowVersion:
    return latest_version(workflow.folder_id, workflow.key, number)


def _check_business_key(business_key: str) -> None:
    why = ""
    if len(business_key) > MAX_BUSINESS_KEY:
        why = _("is longer than %(n)d characters") % {"n": MAX_BUSINESS_KEY}
    elif "\x00" in business_key:
        why = _("must not contain NUL characters")
    if why:
        problem = FieldProblem("business_key", why)
        raise InvalidError(f"{problem.path}: {why}.", fields=[problem])
