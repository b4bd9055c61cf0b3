"""What follows when a person has checked what AI read, or answered an automation.

A second look follows the item: its answer is kept with the task, and the item stays as it is.
Whoever learns from what people say hears `user_task.validated`, {"task"}, in the transaction of the
decision: of a validation and of a second look that gave values.
"""

from apps.events.bus import announce
from apps.inbox.decisions import Decision
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.json import JsonObject
from apps.queues import lifecycle as items
from apps.queues.lifecycle.answering import ACCEPTED, SENT_BACK

from .answers import Answer

Kind = UserTask.Kind

VALIDATED = "user_task.validated"
ANSWERED = frozenset({Kind.VALIDATION, Kind.QUESTION})
# what the generic verbs of items do, whatever the task is about
BY_VERBS = frozenset({"leave_out", "done_by_hand", "reject"})


def is_answer(task: UserTask, decision: Decision) -> bool:
    """Whether the decision says what was read, or answers what was asked."""
    if task.kind == Kind.VALIDATION:
        return decision.key not in BY_VERBS
    return task.kind == Kind.QUESTION


def answer_about_item(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> None:
    """Move the item on by what was said, in the transaction of the decision.

    Raises ConflictError when the item does not wait any more.
    """
    values: JsonObject = {}
    if decision.takes_values:
        values = task.values if answer.payload is None else answer.payload
    said = " ".join(text for text in (answer.reason.strip(), answer.comment.strip()) if text)
    if task.kind == Kind.VALIDATION and decision.takes_values:
        items.accept_output(
            task.item_number, output=values, by=by, decision=decision.key, comment=said
        )
        return
    items.answer_item(
        task.item_number, key_of(task), decision=decision.key, values=values, comment=said, by=by
    )


def tell_validated(task: UserTask, decision: Decision) -> None:
    """Say that a person gave the values that a model had read."""
    if decision.takes_values and task.predictions:
        announce(VALIDATED, {"task": task.pk})


def key_of(task: UserTask) -> str:
    """Return under which key the answer reaches the next try."""
    return str(task.facts.get("question") or SENT_BACK)


def forget_answer(task: UserTask) -> None:
    """Take back what was answered, when the decision is recalled before a bot has got it."""
    if task.kind in ANSWERED:
        for key in (key_of(task), ACCEPTED):
            items.forget_answer(task.item_number, key)
