"""A decision that has taken effect is taken back, while nothing has followed from it."""

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import User
from apps.accounts.permissions import Action, can
from apps.inbox.exceptions import words_of_decision
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, NotAllowedError
from apps.lib.json import JsonObject
from apps.queues import lifecycle as items
from apps.queues.lifecycle import Wait
from apps.queues.models import Attempt, Ended, Owned, Ready, Scheduled

from .answering import forget_answer
from .locks import lock_task
from .pending import undo_decision
from .recording import record_event

Kind, Status = UserTask.Kind, UserTask.Status

# kinds whose values are the item's own data
IN_ITEM = {Kind.DATA_PROBLEM, Kind.SYSTEM_PROBLEM}
WENT_ON = gettext_lazy("The workflow has gone on with this decision; it can't be recalled.")
# kinds whose decision can't be made unheard, or unseen, once it has taken effect
FOR_GOOD = {
    Kind.FORM: WENT_ON,
    Kind.INCIDENT: gettext_lazy(
        "The workflow has gone on with this decision; it can't be recalled."
    ),
    Kind.APPROVAL: gettext_lazy("The program that asked knows the decision; it can't be recalled."),
    Kind.SECOND_LOOK: gettext_lazy(
        "What AI read has been shown since; nobody could look blind again."
    ),
}


@transaction.atomic
def recall_decision(task: UserTask, *, by: Actor, reason: str = "") -> UserTask:
    """Open the task again and let its item wait as before; data that was corrected is put back.

    What its person had typed is their draft again. Before it takes effect this is an undo. Those
    who decided may, and those who may operate the folder. Raises ConflictError, saying who has it,
    once a bot has picked the item up, or somebody has changed it.
    """
    current = lock_task(task.pk)
    if current.is_open:
        return undo_decision(current.pk, by=by)
    _insist_that_it_can_be(current, by)
    version = _take_item_back(current, by, reason)
    forget_answer(current)
    UserTask.objects.filter(pk=current.pk).update(
        status=Status.OPEN,
        version=F("version") + 1,
        item_version=version,
        decision="",
        decided_at=None,
        decided_by=None,
        decided_by_name="",
        decision_values=None,
        decision_comment="",
        decision_reference="",
        correction_reasons={},
    )
    data: JsonObject = {
        "decision": current.decision,
        "title": words_of_decision(current),
        "from": current.decided_by_name,
        "reason": reason.strip()[:2000],
        "item": current.item_id,
    }
    record_event("user_task.recalled", current, by, data)
    again: UserTask = UserTask.objects.get(pk=current.pk)
    return again


def recallable_ids(tasks: Iterable[UserTask]) -> set[int]:
    """Return which of these can be recalled as far as one look tells; five queries for all."""
    closed = {
        task.pk: task
        for task in tasks
        if task.status == Status.COMPLETED and task.kind not in FOR_GOOD
    }
    ids = [task.item_id for task in closed.values() if task.item_id is not None]
    places = (Ready, Scheduled, Ended)
    rows = [
        place.objects.filter(item_id__in=ids).values_list("item_id", flat=True) for place in places
    ]
    waiting, ended = {*rows[0], *rows[1]}, set(rows[2])
    ended -= set(Owned.objects.filter(item_id__in=ended).values_list("item_id", flat=True))
    tried: dict[int | None, datetime] = {}
    for item_id, at in Attempt.objects.filter(item_id__in=ids).values_list("item_id", "ended_at"):
        tried[item_id] = max(at, tried.get(item_id, at))
    return {
        pk
        for pk, task in closed.items()
        if task.item_id in waiting | ended
        and task.decided_at is not None
        and tried.get(task.item_id, task.decided_at) <= task.decided_at
    }


def _insist_that_it_can_be(task: UserTask, by: Actor) -> None:
    if task.status != Status.COMPLETED:
        raise ConflictError(_("Nobody decided this: there is nothing to recall."))
    is_mine = by.user_id is not None and task.decided_by_id == by.user_id
    if not is_mine and not _may_operate(by, task):
        raise NotAllowedError(
            _("%(name)s decided this; only they or a supervisor can recall it.")
            % {"name": task.decided_by_name or _("The control room")}
        )
    if task.kind in FOR_GOOD:
        raise ConflictError(str(FOR_GOOD[Kind(task.kind)]))


def _may_operate(by: Actor, task: UserTask) -> bool:
    user = User.objects.filter(pk=by.user_id).first() if by.user_id else None
    return user is not None and can(user, Action.OPERATE, task.folder_id)


def _take_item_back(task: UserTask, by: Actor, reason: str) -> int:
    """Let the item wait for this task again; return the version of its data."""
    assert task.parked_at is not None
    assert task.decided_at is not None
    decided = task.decision_values if task.kind in IN_ITEM else None
    item = items.recall_item(
        task.item_number,
        Wait(
            since=task.parked_at,
            cause=str(task.facts.get("cause", "")),
            message=task.reason,
            code=task.code,
            effect=_effect_of(task),
        ),
        decided_at=task.decided_at,
        decided_by=task.decided_by_id,
        corrected=(task.values, decided) if isinstance(decided, dict) else None,
        by=by,
        reason=reason.strip(),
    )
    version: int = item.version
    return version


def _effect_of(task: UserTask) -> tuple[str, datetime] | None:
    """Return the act that the decision was about; leaving the item out says nothing of it."""
    asked = task.facts.get("effects") or []
    if task.kind != Kind.UNKNOWN_EFFECT or not asked or task.decision == "leave_out":
        return None
    return asked[0]["key"], datetime.fromisoformat(asked[0]["begun_at"])
