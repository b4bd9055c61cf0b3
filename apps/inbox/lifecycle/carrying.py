"""What follows from a decision: the item moves on, or the instance hears of it.

An item moves in the transaction of the decision. An instance hears of the decision on its step as
news that the same transaction writes; see stepping.py.
"""

from django.utils.translation import gettext as _

from apps.inbox.changes import changes_between
from apps.inbox.decisions import Decision
from apps.inbox.exceptions import TaskChangedError
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import check_payload
from apps.lib.schema_forms.showing import schema_for
from apps.queues import lifecycle as items
from apps.queues.models import Effect, Parked, WorkItem

from .answering import answer_about_item, is_answer, tell_validated
from .answers import Answer
from .opening import reconcile_tasks
from .stepping import announce_decision, check_said, values_said


def carry_out(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> list[JsonObject]:
    """Do what was decided, in the caller's transaction; return what changed in the data.

    Raises InvalidError for values that will not do, TaskChangedError and what the item's verbs
    raise when the item is not what the task shows.
    """
    if task.is_of_workflow:
        return _tell_instance(task, decision, answer, by)
    elif task.kind in UserTask.BESIDE_THE_WORK:
        changes = keep_values(task, decision, answer)
        tell_validated(task, decision)
        return changes
    _insist_that_item_waits(task)
    if is_answer(task, decision):
        changes = keep_values(task, decision, answer)
        answer_about_item(task, decision, answer, by)
        tell_validated(task, decision)
        return changes
    return _apply(task, decision, answer, by)


def keep_values(task: UserTask, decision: Decision, answer: Answer) -> list[JsonObject]:
    """Keep with the task what was decided; nothing else waits for it."""
    if not decision.takes_values:
        return []
    payload = task.values if answer.payload is None else answer.payload
    check_said(payload, "values")
    check_values(task, payload)
    UserTask.objects.filter(pk=task.pk).update(decision_values=payload)
    return changes_between(task.values, payload, task.form)


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
    if not task.form:
        return
    problems = check_payload(schema_for(task.form, payload), payload, at="values")
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
