"""Incidents: tokens that wait until somebody repairs them."""

import re
from collections.abc import Iterable, Sequence
from hashlib import blake2b

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.inbox.lifecycle import NewTask, open_owned_tasks
from apps.lib.actors import SYSTEM, Actor
from apps.workflows.engine.changes import OpenIncident
from apps.workflows.engine.events import Triggered
from apps.workflows.models import Incident, PendingEvent, WorkflowInstance
from apps.workflows.statements import CLOSE_INCIDENTS, HOLD_THESE_TIMERS

from . import person_work
from .happenings import Happening, write_event
from .running import run
from .saying import say_opened
from .walks import Walk

MAX_CODE, MAX_MESSAGE = 200, 8_000
# A step failed by a fault of ours; what was to happen is kept, and can be tried again
INTERNAL = "internal"


def open_incidents(commands: Sequence[tuple[Walk, OpenIncident]]) -> None:
    """Write the incidents, and ask people to repair them."""
    rows = []
    for walk, command in commands:
        row = walk.state.tokens.get(command.token)
        rows.append(
            Incident(
                folder_id=walk.facts.folder_id,
                workflow_id=walk.facts.workflow_id,
                instance_id=walk.id,
                token=command.token,
                node=row.node if row else "",
                phase=command.phase,
                code=command.code[:MAX_CODE],
                message=_storable(command.message),
                fingerprint=fingerprint(
                    walk.facts.workflow_id, row.node if row else "", command.code, command.message
                ),
            )
        )
    _open(rows)
    person_work.open_repairs(commands)


def close_incidents(tokens: Sequence[tuple[int, int]], by: Actor) -> None:
    """What these tokens (instance, number) waited for is no longer wanted."""
    if tokens:
        ids, numbers = zip(*tokens, strict=True)
        values = {"ids": list(ids), "tokens": list(numbers), "by": by.name[:150]}
        run(CLOSE_INCIDENTS, values)


def close_what_is_over(instances: Sequence[int], by: Actor) -> None:
    """Steps that were never taken need no repair once their instance has ended."""
    found = Incident.objects.filter(
        instance_id__in=instances, token=0, resolved_at__isnull=True
    ).values_list("instance_id", "token")
    tokens = list(found) if instances else []
    if tokens:
        close_incidents(tokens, by)
        person_work.close_tasks(tokens)


def take_up_again(instances: Sequence[int], by: Actor) -> None:
    """Steps that were never taken are about to be taken: what is kept for these happens now."""
    found = Incident.objects.filter(
        instance_id__in=instances, token=0, code=INTERNAL, resolved_at__isnull=True
    )
    ids = list(found.values_list("instance_id", flat=True))
    if ids:
        found.update(resolved_at=Now(), resolved_by=by.name[:150], how=Incident.How.RETRY)
        person_work.close_tasks([(instance_id, 0) for instance_id in ids], "repaired")


def keep_for_repair(happenings: Sequence[Happening], error: Exception) -> None:
    """A fault of ours: keep what was to happen to the instance, and ask people to look at it.

    Timers that were due stand still until somebody has it tried again.
    """
    instance_id = happenings[0].instance_id
    instance = WorkflowInstance.objects.select_related("workflow").get(pk=instance_id)
    events = [each.event for each in happenings]
    PendingEvent.objects.bulk_create(
        PendingEvent(instance_id=instance_id, event=write_event(event)) for event in events
    )
    numbers = [event.subscription for event in events if isinstance(event, Triggered)]
    run(HOLD_THESE_TIMERS, {"id": instance_id, "numbers": numbers})
    if not Incident.objects.filter(instance=instance, token=0, resolved_at__isnull=True).exists():
        _ask_about(instance, error)


def _ask_about(instance: WorkflowInstance, error: Exception) -> None:
    message = _("The control room could not carry out this step: %(error)s")
    why = _storable(message % {"error": f"{type(error).__name__}: {str(error)[:500]}"})
    row = Incident(
        folder_id=instance.folder_id,
        workflow_id=instance.workflow_id,
        instance_id=instance.pk,
        token=0,
        node="",
        phase="work",
        code=INTERNAL,
        message=why,
        fingerprint=fingerprint(instance.workflow_id, "", INTERNAL, type(error).__name__),
    )
    _open([row])
    open_owned_tasks(
        [
            NewTask(
                kind="incident",
                folder_id=instance.folder_id,
                instance_id=instance.pk,
                token=0,
                title=str(instance.workflow),
                workflow=str(instance.workflow),
                reason=why,
                code=INTERNAL,
            )
        ]
    )


def fingerprint(workflow_id: int, node: str, code: str, message: str) -> str:
    """Return what is the same for the same fault at the same step; numbers don't count."""
    words = re.sub(r"[0-9]+", "#", message[:500])
    text = f"{workflow_id}\n{node}\n{code}\n{words}"
    return blake2b(text.encode(), digest_size=16).hexdigest()


def _open(rows: Iterable[Incident]) -> None:
    rows = list(rows)
    if not rows:
        return
    Incident.objects.bulk_create(rows, ignore_conflicts=True)
    say_opened(rows)
    for row in rows:
        publish(
            "incident.opened",
            subject=("instance", row.instance_id),
            folder_id=row.folder_id,
            by=SYSTEM,
            data={"node": row.node, "code": row.code, "message": row.message[:500]},
            topics=("overview",),
        )


def _storable(text: str) -> str:
    return text.replace("\x00", "")[:MAX_MESSAGE]


def reopen_task(incident: Incident, why: str) -> None:
    """Ask people again about an incident that is still open, saying what stood against it."""
    instance = WorkflowInstance.objects.select_related("workflow").get(pk=incident.instance_id)
    open_owned_tasks(
        [
            NewTask(
                kind="incident",
                folder_id=incident.folder_id,
                instance_id=incident.instance_id,
                token=incident.token,
                title=incident.node or str(instance.workflow),
                workflow=str(instance.workflow),
                element=incident.node,
                reason=f"{why} {incident.message}",
                code=incident.code,
            )
        ]
    )
