"""Tasks that several people must decide the same way.

A vote counts for the version of the task that it was given on. Everybody has one, and may change
it until the task is decided. Votes are the same when they say the same decision about the same
values; what was said beside it may differ.
"""

from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.inbox.changes import same_json
from apps.inbox.decisions import Decision
from apps.inbox.models import UserTask, Vote
from apps.lib.actors import SYSTEM, Actor
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify

from .answers import Answer, answer_of
from .recording import record_event


def is_enough(task: UserTask, decision: Decision, answer: Answer, by: Actor) -> bool:
    """Whether the task, which is locked, is decided once `by` says this too.

    What runs by itself (the last rung of a ladder) decides alone.
    """
    if task.votes_needed <= 1 or by.user_id is None:
        return True
    others = Vote.objects.filter(task=task, version=task.version).exclude(user=by.user_id)
    same = sum(_say_the_same(task, decision, answer, answer_of(vote.answer)) for vote in others)
    return same + 1 >= task.votes_needed


def cast_vote(
    task: UserTask,
    decision: Decision,
    answer: Answer,
    *,
    by: Actor,
    typed: JsonObject | None = None,
) -> None:
    """Keep what `by` decided, in place of what they decided before. The task is locked."""
    if task.votes_needed <= 1 or by.user_id is None:
        return
    said = {**answer.stored(), "typed": typed or {}}
    before = Vote.objects.filter(task=task, user=by.user_id).first()
    if before is not None and before.version == task.version and before.answer == said:
        return
    Vote.objects.update_or_create(
        task=task,
        user_id=by.user_id,
        defaults={
            "user_name": by.name[:150],
            "decision": decision.key,
            "version": task.version,
            "answer": said,
            "made_at": Now(),
        },
    )
    has_changed = before is not None and before.version == task.version
    data: JsonObject = {
        "decision": decision.key,
        "title": decision.title,
        "needed": task.votes_needed,
        "before": before.decision if before is not None and has_changed else "",
    }
    record_event("user_task.voted", task, by, data)


def withdraw_vote(task: UserTask, *, by: Actor) -> JsonObject | None:
    """Drop the vote of `by` on the task, which is locked; return what they had typed.

    None if they have no vote.
    """
    mine = Vote.objects.filter(task=task, user=by.user_id).first()
    if mine is None:
        return None
    mine.delete()
    typed = mine.answer.get("typed")
    return typed if isinstance(typed, dict) else {}


def ask_again(task: UserTask) -> None:
    """Tell those who voted on what the task was before that it has changed. It has its new version.

    Their votes stay to be seen; they don't count any more.
    """
    void = list(Vote.objects.filter(task=task, version__lt=task.version))
    if not void:
        return
    names = [vote.user_name for vote in void]
    record_event("user_task.asked_again", task, SYSTEM, {"people": ", ".join(names)[:500]})
    notify(
        [vote.user_id for vote in void],
        "task_reminder",
        title=_("Please decide again: %(task)s") % {"task": task.title},
        body=_("The data changed after your decision, so it does not count any more."),
        url=f"/inbox/{task.pk}/",
        folder_id=task.folder_id,
        subject=("task", task.pk),
        key=f"ask-again:{task.pk}:{task.version}",
    )


def _say_the_same(task: UserTask, decision: Decision, one: Answer, other: Answer) -> bool:
    """Whether both want the same; where a decision takes values, the same values."""
    if one.decision != other.decision or one.reference.strip() != other.reference.strip():
        return False
    if decision.needs_result and not same_json(one.result, other.result):
        return False
    return not decision.takes_values or same_json(_values(task, one), _values(task, other))


def _values(task: UserTask, answer: Answer) -> JsonObject:
    return task.values if answer.payload is None else answer.payload
