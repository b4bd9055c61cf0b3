"""What people do with items.

Each verb is one transaction: take the item out of its place, change it, put it into the next, and
record one Event. While it is out nobody can lease it, and a lease that began before sees a row
that is gone; so no bot ever gets what was true before an acknowledged edit.
"""

from collections.abc import Mapping
from datetime import datetime
from types import EllipsisType
from typing import Any

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.queues.models import Attempt, Effect, Lease, Parked, WorkItem

from .changes import changes_between
from .checking import payload_problems, priority_problems, time_problems
from .places import (
    ENDED,
    PARKED,
    UNFINISHED,
    WAITING,
    Taken,
    act_in_doubt,
    as_it_stands,
    changed_meanwhile,
    end,
    insist_on_known_effects,
    make_ready,
    park,
    put_back,
    record,
    refusal,
    take,
)

Status = WorkItem.Status
MAX_REFERENCE = 300


@transaction.atomic
def edit_item(  # noqa: PLR0913 - one for each field that people edit
    item_id: int,
    *,
    version: int,
    by: Actor,
    payload: JsonObject | None = None,
    priority: int | None = None,
    due_at: datetime | None | EllipsisType = ...,
    expires_at: datetime | None | EllipsisType = ...,
    available_at: datetime | None | EllipsisType = ...,
    reason: str = "",
) -> WorkItem:
    """Change what is given of an item that waits or is parked; `version` is what the person saw.

    Raises ConflictError if it was changed meanwhile or is being worked, InvalidError by field.
    """
    given = {
        "payload": payload,
        "priority": priority,
        "due_at": due_at,
        "expires_at": expires_at,
        "available_at": available_at,
    }
    keep = {"payload": None, "priority": None}
    wanted = {name: value for name, value in given.items() if value is not keep.get(name, ...)}
    taken = take(item_id, UNFINISHED)
    changes = _change(taken, wanted, version=version)
    if "available_at" in changes and taken.place in WAITING:
        make_ready(taken)
        to: str = Status.NEW
    else:
        put_back(taken)
        to = taken.status
    if not changes:
        return as_it_stands(item_id)
    return record("work_item.edited", taken, to=to, by=by, reason=reason, changes=changes)


@transaction.atomic
def hold_item(item_id: int, *, by: Actor, reason: str) -> WorkItem:
    """Keep a waiting item from being worked, until somebody resumes it."""
    taken = take(item_id, WAITING)
    park(taken, status=Status.ON_HOLD, cause=Parked.Cause.HELD, message=reason, by=by)
    return record("work_item.held", taken, to=Status.ON_HOLD, by=by, reason=reason)


@transaction.atomic
def resume_item(item_id: int, *, by: Actor, reason: str = "") -> WorkItem:
    """Let an item that was on hold wait for its turn again."""
    taken = take(item_id, {Status.ON_HOLD})
    make_ready(taken)
    return record("work_item.resumed", taken, to=Status.NEW, by=by, reason=reason)


def skip_item(item_id: int, *, by: Actor, reason: str) -> WorkItem:
    """Leave the item out."""
    return _end(item_id, "work_item.skipped", Status.SKIPPED, by=by, reason=reason)


def cancel_item(item_id: int, *, by: Actor, reason: str) -> WorkItem:
    """Withdraw the item: it should not have been there."""
    return _end(item_id, "work_item.cancelled", Status.CANCELLED, by=by, reason=reason)


def reject_item(item_id: int, *, by: Actor, reason: str) -> WorkItem:
    """End the item as failed. Its owner, if it has one, hears what the bot said last, too."""
    return _end(item_id, "work_item.rejected", Status.FAILED, by=by, reason=reason)


@transaction.atomic
def complete_by_hand(item_id: int, *, by: Actor, reference: str, reason: str = "") -> WorkItem:
    """End the item as successful: a person did the work, known outside by `reference`."""
    reference = reference.strip()
    if not 0 < len(reference) <= MAX_REFERENCE:
        message = _("must be 1 to %(n)d characters") % {"n": MAX_REFERENCE}
        problem = FieldProblem("reference", message)
        raise InvalidError(
            _("Say by what reference the finished work can be found."), fields=[problem]
        )
    taken = take(item_id, UNFINISHED | {Status.FAILED})
    note = f"{reference} – {reason}" if reason else reference
    end(taken, status=Status.SUCCESSFUL, by=by, note=note)
    return record(
        "work_item.completed_by_hand",
        taken,
        to=Status.SUCCESSFUL,
        by=by,
        reason=reason,
        reference=reference,
    )


@transaction.atomic
def retry_item(
    item_id: int,
    *,
    by: Actor,
    payload: JsonObject | None = None,
    reason: str = "",
    version: int | None = None,
) -> WorkItem:
    """Work a parked item, or one that waits for its time, now and with fresh tries.

    With `payload` its data is corrected first; give the `version` that the person saw.
    """
    taken = take(item_id, PARKED | {"scheduled"})
    insist_on_known_effects(item_id)
    wanted: dict[str, Any] = {"available_at": None}
    if payload is not None:
        wanted["payload"] = payload
    changes = _change(taken, wanted, version=version)
    make_ready(taken.fresh())
    return record("work_item.retried", taken, to=Status.NEW, by=by, reason=reason, changes=changes)


@transaction.atomic
def reopen_item(item_id: int, *, by: Actor, reason: str) -> WorkItem:
    """Let an item that had ended be worked again, with fresh tries. Past times are dropped.

    If nobody knows whether an act of it happened, a person is asked first. Raises OwnedItemError
    for an item of an instance: that goes back only as a whole.
    """
    _insist_on_reason(reason)
    return _reopen(take(item_id, ENDED), {}, by=by, reason=reason)


def reopen_for_owner(item_id: int, payload: JsonObject, *, by: Actor, reason: str) -> WorkItem:
    """The same, with new data, for the instance that the item belongs to."""
    taken = take(item_id, ENDED, for_owner=True)
    return _reopen(taken, {"payload": payload}, by=by, reason=reason)


def _reopen(taken: Taken, wanted: Mapping[str, Any], *, by: Actor, reason: str) -> WorkItem:
    past = WorkItem.objects.filter(pk=taken.item_id, expires_at__lte=Now()).exists()
    wanted = {**wanted, "available_at": None, **({"expires_at": None} if past else {})}
    changes = _change(taken, wanted, version=None)
    to = _go_on(taken.fresh(), by=by)
    return record("work_item.reopened", taken, to=to, by=by, reason=reason, changes=changes)


@transaction.atomic
def settle_effect(item_id: int, key: str, *, happened: bool, reference: str, by: Actor) -> WorkItem:
    """Record what a person found out about an act of which nobody knew whether it happened.

    If it happened, the next try skips it and gets `reference`; else it may begin it again. Raises
    ConflictError while a bot works on the item, or if the effect is not open.
    """
    effect = Effect.objects.select_for_update().filter(item_id=item_id, key=key).first()
    if effect is None or effect.state != Effect.State.BEGUN:
        message = _("Whether “%(key)s” happened is not in question for item %(id)d.")
        raise ConflictError(message % {"key": key, "id": item_id})
    if Lease.objects.filter(item_id=item_id).exists():
        raise refusal(item_id)
    if happened:
        effect.state, effect.reference = Effect.State.FINISHED, reference.strip()[:MAX_REFERENCE]
        effect.settled_by, effect.finished_at = by.name[:150], Now()
        effect.save(update_fields=["state", "reference", "settled_by", "finished_at"])
    else:
        effect.delete()
    item = as_it_stands(item_id)
    publish(
        "work_item.effect_settled",
        subject=("item", item_id),
        folder_id=item.queue.folder_id,
        by=by,
        data={"key": key, "happened": happened, "reference": reference, "queue_id": item.queue_id},
        topics=[f"queue:{item.queue_id}"],
    )
    return item


@transaction.atomic
def _end(item_id: int, kind: str, status: Status, *, by: Actor, reason: str) -> WorkItem:
    _insist_on_reason(reason)
    taken = take(item_id, UNFINISHED)
    error, code = _last_failure(item_id) if status == Status.FAILED else ("", "")
    end(taken, status=status, by=by, note=reason, error=error, code=code)
    return record(kind, taken, to=status, by=by, reason=reason)


def _last_failure(item_id: int) -> tuple[str, str]:
    """Return kind and code of what the last try ended with; empty if it was no exception."""
    tries = Attempt.objects.filter(item_id=item_id).exclude(outcome=Attempt.Outcome.RELEASED)
    last = tries.order_by("-number", "-ended_at").first()
    kinds = {
        Attempt.Outcome.BUSINESS_EXCEPTION: "business",
        Attempt.Outcome.APPLICATION_EXCEPTION: "application",
        Attempt.Outcome.LOST: "lost",
    }
    kind = kinds.get(Attempt.Outcome(last.outcome), "") if last else ""
    return kind, last.code if last and kind else ""


def _change(
    taken: Taken, wanted: Mapping[str, Any], *, version: int | None
) -> dict[str, JsonObject]:
    """Write what differs of `wanted` into the item, and return the differences for its history."""
    item = WorkItem.objects.select_related("queue").get(pk=taken.item_id)
    if version is not None and item.version != version:
        raise changed_meanwhile(item)
    differing = {name: value for name, value in wanted.items() if getattr(item, name) != value}
    _check(item, differing)
    changes = changes_between(item, differing)
    if differing:
        WorkItem.objects.filter(pk=item.pk).update(version=F("version") + 1, **differing)
    return changes


def _check(item: WorkItem, wanted: Mapping[str, Any]) -> None:
    problems: list[FieldProblem] = []
    if "payload" in wanted:
        problems += payload_problems(item.queue, wanted["payload"])
    if "priority" in wanted:
        problems += priority_problems(wanted["priority"])
    times = {name: wanted.get(name) for name in ("available_at", "due_at", "expires_at")}
    problems += time_problems(**times)
    if problems:
        first = problems[0]
        raise InvalidError(f"{first.path}: {first.message}.", fields=problems)


def _insist_on_reason(reason: str) -> None:
    if not reason.strip():
        problem = FieldProblem("reason", _("say why; it stays in the history"))
        raise InvalidError(_("This needs a reason."), fields=[problem])


def _go_on(taken: Taken, *, by: Actor) -> Status:
    """Let the item wait for its turn, or for the answer whether an act of it happened."""
    key = act_in_doubt(taken.item_id)
    if key is None:
        make_ready(taken)
        return Status.NEW
    message = _("Nobody knows whether “%(key)s” happened.") % {"key": key}
    cause = Parked.Cause.EFFECT_UNKNOWN
    park(taken, status=Status.NEEDS_DECISION, cause=cause, message=message, by=by)
    return Status.NEEDS_DECISION
