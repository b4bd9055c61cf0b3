"""A decision: exactly one wins, and what was decided about goes on; see carrying.py."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.events.live import nudge
from apps.inbox.candidates import why_not
from apps.inbox.changes import changes_between
from apps.inbox.decisions import Decision
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, NotAllowedError
from apps.lib.json import JsonObject
from apps.queues.models import WorkItem

from .answering import ANSWERED
from .answers import Answer, checked_decision
from .assigning import due_moved
from .carrying import carry_out
from .drafts import drop_draft, keep_draft
from .locks import lock_task, pending_of
from .looking import insist_on_looking
from .opening import reconcile_tasks
from .recording import record_event
from .talking import add_comment
from .voting import ask_again, cast_vote, is_enough

Status = UserTask.Status

EARLIER_KEPT = 3


def decide(task: UserTask, answer: Answer, *, by: Actor) -> UserTask:
    """Take the decision at once, move on what it is about, and record both.

    The same decision sent twice by the same person, with all that was said with it, is taken once
    and answered the same. Raises TaskDecidedError when somebody was first, be it that their
    decision takes effect only soon; TaskChangedError when `answer.version` is not what the task is
    now, or the item is not what the task shows; InvalidError for values or answers that will not
    do; and what the item's verb raises. Nothing is changed then.
    """
    decision = checked_decision(task, answer)
    with telling_why(task), transaction.atomic():
        current = lock_task(task.pk)
        insist_undecided(current)
        return settle(current, decision, answer, by)


@contextmanager
def telling_why(task: UserTask) -> Iterator[None]:
    """Say what is really in the way when an item can't be moved: it went on, or was changed."""
    try:
        yield
    except TaskChangedError:
        refresh_values(task)
        raise
    except TaskDecidedError:
        raise
    except ConflictError:
        _raise_if_moved_on(task)
        if refresh_values(task):
            raise TaskChangedError(task) from None
        raise


def insist_undecided(task: UserTask) -> None:
    """Raise TaskDecidedError when a decision on the task, which is locked, takes effect soon."""
    pending = pending_of(task) if task.is_open else None
    if pending is not None:
        raise TaskDecidedError(task, pending)


def is_decided_with(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> bool:
    """Whether the open task, which is locked, is decided with this, rather than one vote richer.

    Raises what stands in the way: NotAllowedError for people who may not decide it,
    TaskChangedError, InvalidError for doubtful fields that nobody looked at.
    """
    insist_on_right(task, by)
    if task.version != answer.version:
        raise TaskChangedError(task)
    insist_on_looking(task, decision, answer)
    return is_enough(task, decision, answer, by)


def settle(
    task: UserTask,
    decision: Decision,
    answer: Answer,
    by: Actor,
    *,
    typed: JsonObject | None = None,
) -> UserTask:
    """Decide the task, which is locked; where several must agree, count the vote of `by`.

    Returns the task, open if others must still decide. `typed` is kept for a recall.
    """
    if not task.is_open:
        return _already_closed(task, decision, answer, by)
    if not is_decided_with(task, decision, answer, by):
        rehearse(task, decision, answer, by)
        cast_vote(task, decision, answer, by=by, typed=typed)
        drop_draft(task, by=by)
        return task
    cast_vote(task, decision, answer, by=by, typed=typed)
    done = _take(task, decision, answer, by)
    if typed:
        keep_draft(task, typed, by=by)
    return done


class _RehearsedError(Exception):
    """All went well, and must not stay."""


def rehearse(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> None:
    """Take the decision and take it back, to learn whether it could be taken; raises what does."""
    with suppress(_RehearsedError), transaction.atomic():
        _take(task, decision, answer, by)
        raise _RehearsedError


def insist_on_right(task: UserTask, by: Actor) -> None:
    """Raise NotAllowedError, saying why, for people who may not decide the task."""
    if by.user_id is None:
        return  # a rung of the ladder, a rule
    user = User.objects.filter(pk=by.user_id, is_active=True).first()
    reason = why_not(task, user) if user else _("This account is not in use any more.")
    if reason:
        raise NotAllowedError(reason)


def _take(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> UserTask:
    """Close the task with this decision, and carry that out."""
    if not _close(task, decision, answer, by):
        return _already_closed(task, decision, answer, by)
    current: UserTask = UserTask.objects.select_related("queue", "item").get(pk=task.pk)
    changes = carry_out(current, decision, answer, by)
    if answer.comment.strip():
        add_comment(current, answer.comment, by=by)
    drop_draft(current, by=by)
    record_event(
        "user_task.completed",
        current,
        by,
        {
            "decision": decision.key,
            "title": decision.title,
            "item": current.item_id,
            "reason": answer.reason.strip(),
            "reference": answer.reference.strip(),
            "changes": list(changes),
            "corrections": dict(answer.correction_reasons),
        },
    )
    return current


def _raise_if_moved_on(task: UserTask) -> None:
    """The item is not where it was: say who moved it, though the news has not come yet."""
    if task.item_id is not None:
        reconcile_tasks([task.item_id])
        current = UserTask.objects.get(pk=task.pk)
        if not current.is_open:
            raise TaskDecidedError(current) from None


def _close(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> bool:
    """Win or lose: the row changes for one decision only, whoever else tries."""
    still_so = UserTask.objects.filter(pk=task.pk, status=Status.OPEN, version=answer.version)
    return bool(
        still_so.update(
            status=Status.COMPLETED,
            version=F("version") + 1,
            decision=decision.key,
            decided_at=Now(),
            decided_by=by.user_id,
            decided_by_name=by.name[:150],
            decision_comment=answer.reason.strip(),
            decision_reference=answer.reference.strip(),
            correction_reasons=dict(answer.correction_reasons),
            working_until=None,
        )
    )


def _already_closed(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> UserTask:
    """Return the task when this very decision has been taken before; say who was first if not."""
    current = UserTask.objects.get(pk=task.pk)
    if current.is_open:
        raise TaskChangedError(current)
    is_mine = by.user_id is not None and current.decided_by_id == by.user_id
    if is_mine and _says_the_same(current, decision, answer, by):
        return current
    raise TaskDecidedError(current)


def _says_the_same(closed: UserTask, decision: Decision, answer: Answer, by: Actor) -> bool:
    """Whether `answer` is what the task was closed with: nothing that it says would be lost."""
    said = (decision.key, answer.version + 1, answer.reason.strip(), answer.reference.strip())
    kept = (closed.decision, closed.version, closed.decision_comment, closed.decision_reference)
    comment = answer.comment.strip()
    return (
        said == kept
        and (not decision.takes_values or not _changes_what_was_decided(closed, answer))
        and (not decision.needs_result or closed.facts.get("result") == answer.result)
        and (not comment or closed.comments.filter(author=by.user_id, text=comment).exists())
    )


def _changes_what_was_decided(closed: UserTask, answer: Answer) -> bool:
    payload = closed.values if answer.payload is None else answer.payload
    return bool(changes_between(closed.decision_values or {}, payload, closed.form))


@transaction.atomic
def refresh_values(task: UserTask) -> bool:
    """Bring an open task up to date after its item was edited; True if anything changed.

    Steps of workflows have no item: their values are those the task was opened with.

    The values before are kept for whoever has them on the screen.
    """
    open_ones = UserTask.objects.open().select_for_update(of=("self",), no_key=True)
    current: UserTask | None = open_ones.filter(pk=task.pk).first()
    item = WorkItem.objects.filter(pk=task.item_id).first() if task.item_id else None
    if current is None or item is None or item.version == current.item_version:
        return False
    earlier = {**current.earlier_values, str(current.version): current.values}
    kept = sorted(earlier, key=int)[-EARLIER_KEPT:]
    UserTask.objects.filter(pk=current.pk).update(
        # what was read, and what was asked, is not the item's data
        values=current.values if current.predictions or current.kind in ANSWERED else item.payload,
        item_version=item.version,
        earlier_values={version: earlier[version] for version in kept},
        version=F("version") + 1,
        **({} if current.has_own_due else due_moved(current, item.due_at)),
    )
    ask_again(UserTask.objects.get(pk=current.pk))
    nudge(f"task:{current.pk}", f"inbox:{current.folder_id}")
    return True
