"""A decision: exactly one wins, and what was decided about goes on.

An item moves in the same transaction. An instance hears of the decision on its step as news that
the same transaction writes; see stepping.py.
"""

from dataclasses import dataclass

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.events.live import nudge
from apps.inbox.changes import changes_between
from apps.inbox.decisions import Decision, check_answers, pick
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import check_payload
from apps.queues import lifecycle as items
from apps.queues.models import Effect, Parked, WorkItem

from .drafts import drop_draft
from .handling import add_comment, check_comment
from .opening import reconcile_tasks
from .stepping import announce_decision, check_said, values_said

Status = UserTask.Status

EARLIER_KEPT = 3


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person decided, and what they said with it."""

    decision: str
    version: int
    payload: JsonObject | None = None  # None: the values as they are
    result: JsonObject | None = None  # of a step, where the decision asks for it
    reason: str = ""
    reference: str = ""
    comment: str = ""


def decide(task: UserTask, answer: Answer, *, by: Actor) -> UserTask:
    """Take the decision, move the item on, and record both.

    The same decision sent twice by the same person, with all that was said with it, is taken once
    and answered the same. Raises TaskDecidedError when somebody was first, TaskChangedError when
    `answer.version` is not what the task is now, or the item is not what the task shows,
    InvalidError for values or answers that will not do, and what the item's verb raises. Nothing
    is changed then.
    """
    decision = pick(task.decisions, answer.decision)
    check_comment(answer.comment)
    check_answers(
        decision,
        reason=answer.reason,
        reference=answer.reference,
        has_result=answer.result is not None,
    )
    try:
        with transaction.atomic():
            return _decide(task, decision, answer, by)
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


def _decide(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> UserTask:
    if not _close(task, decision, answer, by):
        return _already_closed(task, decision, answer, by)
    current: UserTask = UserTask.objects.select_related("queue", "item").get(pk=task.pk)
    if current.is_of_workflow:
        changes = _tell_instance(current, decision, answer, by)
    else:
        _insist_that_item_waits(current)
        changes = _apply(current, decision, answer, by)
    if answer.comment.strip():
        add_comment(current, answer.comment, by=by)
    drop_draft(current, by=by)
    publish(
        "user_task.completed",
        subject=("task", current.pk),
        folder_id=current.folder_id,
        by=by,
        data={
            "decision": decision.key,
            "title": decision.title,
            "item": current.item_id,
            "reason": answer.reason.strip(),
            "reference": answer.reference.strip(),
            "changes": list(changes),
        },
        topics=_topics(current),
    )
    return current


def _topics(task: UserTask) -> list[str]:
    of_instance = [f"instance:{task.instance_id}"] if task.instance_id else []
    return [f"inbox:{task.folder_id}", *of_instance]


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
            working_until=None,
        )
    )


def _insist_that_item_waits(task: UserTask) -> None:
    """Hold the item where it waits for this very decision, as the person saw it.

    Raises ConflictError if it went on, TaskChangedError if it was edited. Edits take the place
    that is held here, so what is seen now stays.
    """
    waiting = Parked.objects.select_for_update(no_key=True).filter(item_id=task.item_number).first()
    if waiting is None or waiting.since != task.parked_at:
        raise ConflictError(_("The item has gone on; this decision is no longer needed."))
    if not WorkItem.objects.filter(pk=task.item_number, version=task.item_version).exists():
        raise TaskChangedError(task)


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


def _apply(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> list[JsonObject]:
    """Move the item on; return what changed in its data."""
    item_id, reason, reference = task.item_number, answer.reason.strip(), answer.reference.strip()
    if decision.takes_values:
        return _continue(task, answer, by)
    elif decision.key == "leave_out":
        items.skip_item(item_id, by=by, reason=reason)
    elif decision.key == "done_by_hand":
        items.complete_by_hand(item_id, by=by, reference=reference, reason=reason)
    elif decision.key == "reject":
        items.reject_item(item_id, by=by, reason=reason)
    else:
        _settle(task, answer, by, happened=decision.key == "happened")
    return []


def _tell_instance(
    task: UserTask, decision: Decision, answer: Answer, by: Actor
) -> list[JsonObject]:
    """Tell the instance what was decided about its step; return what changed in the data."""
    values: JsonObject = {}
    changes: list[JsonObject] = []
    if decision.takes_values:
        payload = task.values if answer.payload is None else answer.payload
        check_said(payload, "values")
        check_values(task, payload)
        changes = changes_between(task.values, payload, task.form)
        values = values_said(task, payload)
        UserTask.objects.filter(pk=task.pk).update(decision_values=payload)
    elif decision.needs_result and answer.result is not None:
        values = check_said(answer.result, "result")
        changes = changes_between({}, values, {})
        UserTask.objects.filter(pk=task.pk).update(facts={**task.facts, "result": values})
    announce_decision(
        task,
        decision,
        values,
        code=answer.reference.strip(),
        said=answer.comment.strip(),
        by=by,
    )
    return changes


def _continue(task: UserTask, answer: Answer, by: Actor) -> list[JsonObject]:
    payload = task.values if answer.payload is None else answer.payload
    check_values(task, payload)
    changes = changes_between(task.values, payload, task.form)
    items.retry_item(
        task.item_number,
        by=by,
        payload=payload if changes else None,
        reason=answer.reason.strip(),
        version=task.item_version,
    )
    UserTask.objects.filter(pk=task.pk).update(decision_values=payload)
    return changes


def check_values(task: UserTask, payload: JsonObject) -> None:
    """Raise InvalidError naming each field that does not fit the form."""
    problems = check_payload(task.form, payload, at="values") if task.form else []
    if problems:
        said = "; ".join(f"{problem.path} {problem.message}" for problem in problems[:5])
        raise InvalidError(
            _("Some values are not right: %(said)s") % {"said": said}, fields=problems
        )


def _settle(task: UserTask, answer: Answer, by: Actor, *, happened: bool) -> None:
    """Say of the act in question whether it happened; when all is known, the next try may go on."""
    item_id, asked = task.item_number, task.facts["effects"][0]["key"]
    items.settle_effect(
        item_id, asked, happened=happened, reference=answer.reference.strip(), by=by
    )
    if Effect.objects.filter(item_id=item_id, state=Effect.State.BEGUN).exists():
        reconcile_tasks([item_id])  # there is another act to ask about
    else:
        items.retry_item(item_id, by=by, reason=answer.reason.strip())


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
        values=item.payload,
        item_version=item.version,
        earlier_values={version: earlier[version] for version in kept},
        due_at=item.due_at or current.due_at,
        version=F("version") + 1,
    )
    nudge(f"task:{current.pk}", f"inbox:{current.folder_id}")
    return True
