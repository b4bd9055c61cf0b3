"""What instances hear from bots and people, in the order in which it was told."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.events.bus import publish
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.workflows.engine.events import ItemEnded, TaskDecided
from apps.workflows.models import Incident, WorkflowInstance

from .happenings import Happening
from .incidents import reopen_task
from .passes import Pass, record_passes
from .people import cancel_instance
from .repairing import repair
from .stepping import let_happen, step

MAX_NAME = 150
# What a person may decide about an incident, and how that repairs it
REPAIRS: Mapping[str, Any] = {
    "retry": "retry",
    "edit_and_retry": "retry",
    "set_result": "go_on",
    "throw": "throw",
}
CANCEL = "cancel"


def items_ended(items: Iterable[Mapping[str, Any]]) -> None:
    """Let steps go on whose work has ended; keep the results of fan-outs."""
    now = database_now()
    single: list[Happening] = []
    passes: list[Pass] = []
    for item in items:
        if item["index"] is None:
            single.append(Happening(item["owner"], _item_ended(item, now)))
        else:
            passes.append(_pass(item))
    let_happen(single)
    record_passes(passes)  # whoever holds fan-outs needs no instance any more


def task_decided(told: Mapping[str, Any]) -> None:
    """A person decided a user task, or what is to become of an incident."""
    by = Actor(**told["by"])
    if told["kind"] == "incident":
        _incident_decided(told, by)
    else:
        event = TaskDecided(
            at=database_now(),
            token=told["token"],
            decision=told["decision"],
            values=told["values"] or {},
            by=by.name[:MAX_NAME],
        )
        if not step([Happening(told["instance"], event)], by=by):
            _came_too_late(told, by)


def _incident_decided(told: Mapping[str, Any], by: Actor) -> None:
    """What can't be done is asked again; of what is no longer to be done, history has it."""
    reason = told.get("reason") or told.get("comment") or ""
    if told["decision"] == CANCEL:
        instance = WorkflowInstance.objects.get(pk=told["instance"])
        if not instance.is_over:
            cancel_instance(instance, by=by, reason=reason or "cancel")
        return
    incident = Incident.objects.filter(
        instance_id=told["instance"], token=told["token"], resolved_at__isnull=True
    ).first()
    if incident is None:
        _came_too_late(told, by)
        return
    try:
        repair(
            incident,
            how=REPAIRS[told["decision"]],
            variables=told["values"] or {},
            code=told.get("code") or "",
            by=by,
            reason=reason,
        )
    except DomainError as error:
        incident.refresh_from_db()
        if incident.is_open:
            reopen_task(incident, error.message)
        else:
            _came_too_late(told, by)


def _came_too_late(told: Mapping[str, Any], by: Actor) -> None:
    """The step had gone on without the decision; whoever looks at the task learns it."""
    instance = WorkflowInstance.objects.filter(pk=told["instance"]).first()
    publish(
        "user_task.unheard",
        subject=("task", told["task"]),
        folder_id=instance.folder_id if instance else None,
        by=SYSTEM,
        data={"decision": told["decision"], "by": by.name, "instance": told["instance"]},
        topics=(f"instance:{told['instance']}",),
    )


def _item_ended(item: Mapping[str, Any], now: Any) -> ItemEnded:
    return ItemEnded(
        at=now,
        token=item["token"],
        status=item["status"],
        output=item["output"],
        error=item["error"] or "",
        code=item["code"] or "",
        message=item["message"] or "",
        by=(item["by"] or "")[:MAX_NAME],
    )


def _pass(item: Mapping[str, Any]) -> Pass:
    return Pass(
        instance_id=item["owner"],
        token=item["token"],
        index=item["index"],
        status=item["status"],
        output=item["output"],
        code=(item["code"] or "")[:200],
        message=item["message"] or "",
    )
