"""Decisions that take effect soon: until then their person can take them back.

Whoever has the row in PendingDecision has won; the task stays open until the decision takes
effect. All that is possible with it (decide, undo, take effect) holds the row of the task first,
so of an undo and an effect at the same moment one comes first, and the other hears of it.
"""

import logging
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.inbox.exceptions import TaskDecidedError, TooLateToUndoError, words_of_decision
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.actors import Actor
from apps.lib.clock import seconds_from_now
from apps.lib.errors import ConflictError, DomainError
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify

from .answers import Answer, answer_of, checked_decision
from .deciding import is_decided_with, rehearse, settle, telling_why
from .drafts import keep_draft
from .locks import lock_if_free, lock_task, pending_of
from .recording import record_event, topics_of
from .voting import withdraw_vote

logger = logging.getLogger(__name__)

APPLIED_AT_ONCE = 200


def decide_soon(
    task: UserTask,
    answer: Answer,
    *,
    by: Actor,
    typed: JsonObject | None = None,
    seconds: float | None = None,
    batch: UUID | None = None,
) -> UserTask:
    """Decide so that it can be taken back for `seconds` (None: as the settings say; 0: at once).

    Everything that `decide` would refuse is refused now. `typed` are the texts of the form, which
    come back when it is undone or recalled. A vote that decides nothing yet counts at once: it can
    be changed until the task is decided. Raises what `decide` raises.
    """
    wait = settings.INBOX_UNDO_SECONDS if seconds is None else seconds
    decision = checked_decision(task, answer)
    with telling_why(task), transaction.atomic():
        current = lock_task(task.pk)
        pending = pending_of(current) if current.is_open else None
        if pending is not None:
            return _insist_that_it_is_the_same(current, pending, answer, by)
        is_now = wait <= 0 or not current.is_open
        if by.user_id is None or is_now or not is_decided_with(current, decision, answer, by):
            return settle(current, decision, answer, by, typed=typed)
        rehearse(current, decision, answer, by)
        PendingDecision.objects.create(
            task=current,
            user_id=by.user_id,
            user_name=by.name[:150],
            decision=decision.key,
            answer=answer.stored(),
            typed=typed or {},
            batch=batch,
            takes_effect_at=seconds_from_now(wait),
        )
        UserTask.objects.filter(pk=current.pk).update(working_until=None)
        nudge(f"task:{current.pk}", *topics_of(current))
    return current


@transaction.atomic
def undo_decision(task_id: int, *, by: Actor) -> UserTask:
    """Take back a decision of `by` that has not taken effect; what they typed is their draft again.

    So is a vote on a task that is still open. Raises TooLateToUndoError when it has taken effect,
    TaskDecidedError when the decision is somebody else's.
    """
    task = lock_task(task_id)
    pending = pending_of(task)
    if pending is not None and pending.user_id != by.user_id:
        raise TaskDecidedError(task, pending)
    if not task.is_open:
        raise (
            TooLateToUndoError(task) if task.decided_by_id == by.user_id else TaskDecidedError(task)
        )
    if pending is not None:
        pending.delete()
        typed: JsonObject | None = pending.typed
    else:
        typed = withdraw_vote(task, by=by)
    if typed is None:
        raise ConflictError(_("There is no decision of yours to take back."))
    keep_draft(task, typed, by=by)
    said = pending.decision if pending is not None else ""
    record_event("user_task.undone", task, by, {"decision": said, "title": _title(task, said)})
    return task


def undo_batch(batch: UUID, *, by: Actor) -> list[int]:
    """Take back all decisions that were made together and can still be; return their tasks."""
    mine = PendingDecision.objects.filter(batch=batch, user=by.user_id)
    undone = []
    for pk in mine.order_by("pk").values_list("pk", flat=True):
        try:
            undone.append(undo_decision(pk, by=by).pk)
        except ConflictError:
            continue  # it has just taken effect
    return undone


def apply_due_decisions(limit: int = APPLIED_AT_ONCE) -> int:
    """Let decisions take effect whose time has come; return how many did.

    Each is a transaction of its own, which holds the task: any number of schedulers may do this.
    What can't be applied any more leaves the task open; its person is told, and finds what they
    had typed in the form.
    """
    due = PendingDecision.objects.filter(takes_effect_at__lte=Now()).order_by("takes_effect_at")
    return sum(_apply(pk) for pk in due.values_list("pk", flat=True)[:limit])


def _apply(pk: int) -> bool:
    try:
        with transaction.atomic():
            task = lock_if_free(pk)
            pending = _due(pk) if task is not None else None
            if task is None or pending is None:
                return False
            by = _actor(pending)
            _take_effect(task, pending, by)
        return True
    except (OperationalError, InterfaceError):
        logger.warning("The decision on task %d is tried again: the database is busy", pk)
    except DomainError as error:
        _give_back_safely(pk, error)
    except Exception:
        logger.exception("The decision on task %d can't take effect", pk)
        _give_back_safely(pk, ConflictError(_("Something went wrong in the control room.")))
    return False


def _give_back_safely(pk: int, why: DomainError) -> None:
    """One that can't even be given back must not keep the others from taking effect."""
    try:
        _give_back(pk, why)
    except Exception:
        logger.exception("The decision on task %d can't be given back; tried again", pk)


def _take_effect(task: UserTask, pending: PendingDecision, by: Actor) -> None:
    answer = answer_of(pending.answer)
    pending.delete()
    if not task.is_open:
        raise TaskDecidedError(task)
    decision = checked_decision(task, answer)
    settle(task, decision, answer, by, typed=pending.typed)


def _due(pk: int) -> PendingDecision | None:
    """Return the decision on a task that is locked, if its time has come."""
    return PendingDecision.objects.filter(pk=pk, takes_effect_at__lte=Now()).first()


def _give_back(pk: int, why: DomainError) -> None:
    """Leave the task open, and what was typed with its person, and tell them."""
    with transaction.atomic():
        task = lock_task(pk)
        pending = _due(pk)
        if pending is None:
            return  # another scheduler was here, or it was undone
        pending.delete()
        by = _actor(pending)
        keep_draft(task, pending.typed, by=by)
        title = _title(task, pending.decision)
        record_event("user_task.not_applied", task, by, {"title": title, "why": why.message[:1000]})
        notify(
            [pending.user_id],
            "decision_failed",
            title=_("“%(decision)s” could not take effect: %(task)s")
            % {"decision": title, "task": task.title},
            body=why.message,
            url=f"/inbox/{task.pk}/",
            folder_id=task.folder_id,
            subject=("task", task.pk),
        )
    _look_again(task)


def _look_again(task: UserTask) -> None:
    """What stood in the way (an edit, a move) should show, though its news has not come yet."""
    try:
        with telling_why(task):
            raise ConflictError
    except ConflictError:
        return


def _insist_that_it_is_the_same(
    task: UserTask, pending: PendingDecision, answer: Answer, by: Actor
) -> UserTask:
    """A double click is one decision; anything else was too late."""
    if pending.user_id == by.user_id and pending.answer == answer.stored():
        return task
    raise TaskDecidedError(task, pending)


def _actor(pending: PendingDecision) -> Actor:
    return Actor(pending.user_id, pending.user_name)


def _title(task: UserTask, key: str) -> str:
    return words_of_decision(task, key) if key else ""
