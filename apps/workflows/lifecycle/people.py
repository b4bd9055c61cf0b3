"""What people do with instances: pause, resume, cancel, change variables. Each verb reaches the
called instances, and leaves one Event with the reason."""

from collections.abc import Iterable, Sequence

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import announce, publish
from apps.inbox.lifecycle.clock import start_clock, stop_clock
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject
from apps.workflows.engine.events import Cancelled, Triggered, VariablesSet
from apps.workflows.graph import TimerEvent
from apps.workflows.models import PendingEvent, Subscription, WorkflowInstance
from apps.workflows.statements import FAMILY, HOLD_TIMERS, LET_TIMERS_GO

from .definitions import graph_of
from .happenings import Happening, read_event
from .incidents import take_up_again
from .loading import lock
from .messages import LISTENING
from .new_walks import insist_on_size
from .running import dumped, run
from .stepping import let_happen, step_locked

Status = WorkflowInstance.Status
MAX_REASON = 500


@transaction.atomic
def pause_instance(instance: WorkflowInstance, *, by: Actor, reason: str) -> WorkflowInstance:
    """Let nothing happen to the instance, nor to those it called, until it is resumed.

    Bots and people finish what they have in hand; what they answer is kept. Timers and the clock
    of tasks stand still.
    """
    reason = _insist_on_reason(reason)
    _insist(instance, [Status.RUNNING], _("only a running instance can be paused"))
    ids = _lock_family(instance.pk, Status.RUNNING)
    if instance.pk not in ids:
        raise _changed(instance)
    _set_status(ids, Status.PAUSED, by=by, reason=reason)
    run(HOLD_TIMERS, {"ids": ids})
    stop_clock(ids)
    return _record("instance.paused", instance, ids, by=by, reason=reason)


@transaction.atomic
def resume_instance(instance: WorkflowInstance, *, by: Actor, reason: str) -> WorkflowInstance:
    """Let the instance go on, and those it called: what was kept happens now, in order.

    Durations have stood still meanwhile; dates and cycles have not.
    """
    reason = _insist_on_reason(reason)
    _insist(instance, [Status.PAUSED], _("only a paused instance can be resumed"))
    ids = _lock_family(instance.pk, Status.PAUSED)
    if instance.pk not in ids:
        raise _changed(instance)
    let_timers_go(ids)
    start_clock(ids)
    _set_status(ids, Status.RUNNING, by=by, reason=reason)
    take_up_again(ids, by)
    let_happen(take_pending(ids))  # before anything that comes after it
    return _record("instance.resumed", instance, ids, by=by, reason=reason)


@transaction.atomic
def let_clocks_stand(task_ids: Iterable[int]) -> int:
    """Stop the clock of new tasks whose instance is paused; return how many stand still now.

    Bots finish what they have in hand, and may need a person for it.
    """
    tasks = UserTask.objects.open().filter(pk__in=list(task_ids), stopped_at=None)
    owners = tasks.filter(instance_id__isnull=False).values_list("instance_id", flat=True)
    paused = WorkflowInstance.objects.filter(pk__in=list(owners), status=Status.PAUSED)
    ids = list(paused.values_list("pk", flat=True))
    return stop_clock([facts.id for facts in lock(ids) if facts.status == Status.PAUSED])


@transaction.atomic
def cancel_instance(instance: WorkflowInstance, *, by: Actor, reason: str) -> WorkflowInstance:
    """End the instance now, with all that hangs on it; those it called end in the next moment."""
    reason = _insist_on_reason(reason)
    alive = [Status.RUNNING, Status.PAUSED]
    _insist(instance, alive, _("it is over already"))
    found = lock([instance.pk])
    event = Cancelled(at=database_now(), reason=reason, by=by.name)
    if not step_locked(found, [Happening(instance.pk, event)], by=by):
        raise _changed(instance)
    WorkflowInstance.objects.filter(pk=instance.pk).update(reason=reason)
    return _record("instance.cancelled", instance, [instance.pk], by=by, reason=reason)


@transaction.atomic
def set_variables(
    instance: WorkflowInstance,
    values: JsonObject,
    *,
    by: Actor,
    reason: str,
    scope: int | None = None,
) -> WorkflowInstance:
    """Change variables of a scope (None: of the instance); conditions are looked at again."""
    reason = _insist_on_reason(reason)
    insist_on_size(values)
    alive = [Status.RUNNING, Status.PAUSED]
    _insist(instance, alive, _("an instance that is over keeps its variables"))
    event = VariablesSet(at=database_now(), variables=values, scope=scope, by=by.name)
    if not step_locked(lock([instance.pk]), [Happening(instance.pk, event)], by=by):
        raise ConflictError(_("That part of the instance is over, so nothing was changed."))
    return _record(
        "instance.variables_set", instance, [instance.pk], by=by, reason=reason, values=values
    )


def take_pending(ids: Sequence[int]) -> list[Happening]:
    """Take out what was kept for these instances, in the order in which it happened.

    Messages that had to wait for that are looked for after the commit.
    """
    pending = PendingEvent.objects.filter(instance_id__in=ids).order_by("id")
    found = [Happening(row.instance_id, read_event(row.event)) for row in pending]
    pending.delete()
    heard = {each.instance_id for each in found if isinstance(each.event, Triggered)}
    hearing: list[Json] = sorted(heard)  # type: ignore[assignment]
    if hearing:
        announce(LISTENING, {"instances": hearing})
    return found


def _lock_family(instance_id: int, status: str) -> list[int]:
    """Lock the instance and all that it called, directly or through others; return those of
    this status. What was called while we waited for a lock is found by looking again."""
    held: dict[int, str] = {}
    while ids := [row[0] for row in run(FAMILY, {"id": instance_id}) if row[0] not in held]:
        held |= {facts.id: facts.status for facts in lock(ids)}
    return [number for number, found in held.items() if found == status]


def _set_status(ids: Sequence[int], status: str, *, by: Actor, reason: str) -> None:
    is_paused = status == Status.PAUSED
    WorkflowInstance.objects.filter(pk__in=ids).update(
        status=status,
        paused_at=Now() if is_paused else None,
        paused_by=by.name[:150] if is_paused else "",
        reason=reason if is_paused else "",
    )


def let_timers_go(ids: Sequence[int]) -> None:
    """Put the due times of these instances back; durations go on where they stood still."""
    held = Subscription.objects.filter(instance_id__in=ids, held_until__isnull=False)
    rows = [
        {"instance_id": instance_id, "number": number, "moves": _is_duration(version_id, node)}
        for instance_id, number, node, version_id in held.values_list(
            "instance_id", "number", "node", "instance__version_id"
        )
    ]
    if rows:
        run(LET_TIMERS_GO, {"timers": dumped(rows)})


def _is_duration(version_id: int, node: str) -> bool:
    found = graph_of(version_id).nodes.get(node)
    return bool(found and isinstance(found.event, TimerEvent) and found.event.how == "duration")


def _record(
    kind: str,
    instance: WorkflowInstance,
    ids: Sequence[int],
    *,
    by: Actor,
    reason: str,
    values: JsonObject | None = None,
) -> WorkflowInstance:
    data: JsonObject = {"reason": reason, "workflow_id": instance.workflow_id}
    if values is not None:
        data["variables"] = sorted(values)  # type: ignore[assignment]
    if len(ids) > 1:
        data["called"] = len(ids) - 1
    publish(
        kind,
        subject=("instance", instance.pk),
        folder_id=instance.folder_id,
        by=by,
        data=data,
        topics=(
            "overview",
            "workflows",
            f"workflow:{instance.workflow_id}",
            *(f"instance:{each}" for each in ids[:50] if each != instance.pk),
        ),
    )
    instance.refresh_from_db()
    return instance


def _insist(instance: WorkflowInstance, statuses: Sequence[str], why: str) -> None:
    instance.refresh_from_db(fields=["status"])
    if instance.status not in statuses:
        label = Status(instance.status).label
        message = _("%(instance)s is “%(status)s”: %(why)s.")
        raise ConflictError(message % {"instance": instance, "status": label, "why": why})


def _changed(instance: WorkflowInstance) -> ConflictError:
    instance.refresh_from_db(fields=["status"])
    message = _("%(instance)s has moved on meanwhile: it is “%(status)s” now.")
    words = {"instance": instance, "status": Status(instance.status).label}
    return ConflictError(message % words)


def _insist_on_reason(reason: str) -> str:
    if not reason.strip():
        problem = FieldProblem("reason", _("say why; it stays in the history"))
        raise InvalidError(_("This needs a reason."), fields=[problem])
    return reason.strip()[:MAX_REASON]
