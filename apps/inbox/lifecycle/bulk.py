"""One decision about many tasks that are alike; each is decided by itself, in its own transaction.

What people say for all of them is the decision, its reason or reference, a comment, and values:
those that are named replace each task's own, all others stay as they are.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from apps.inbox.changes import changes_between
from apps.inbox.decisions import decisions_of, title_of
from apps.inbox.exceptions import TaskDecidedError
from apps.inbox.handling import handling_of
from apps.inbox.models import UserTask
from apps.inbox.predicted import predicted_of
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, DomainError, FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .answers import Answer, checked_decision, laid_over
from .deciding import decide, insist_undecided, is_decided_with, rehearse
from .locks import lock_task
from .pending import decide_soon

MAX_TASKS = 200

Outcome = Literal["would", "decided", "voted", "lost", "refused"]


@dataclass(frozen=True, kw_only=True)
class ForAll:
    """What is said about all of them; `values` by name, only what shall be the same."""

    decision: str
    values: JsonObject = field(default_factory=dict)
    reason: str = ""
    reference: str = ""
    comment: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskResult:
    """What became of one task, or would: `message` says why not, `changes` what differs."""

    task_id: int
    title: str
    outcome: Outcome
    message: str = ""
    changes: Sequence[JsonObject] = ()
    version: int = 0

    @property
    def is_fine(self) -> bool:
        return self.outcome in ("would", "decided", "voted")


def decide_many(
    tasks: Sequence[UserTask],
    said: ForAll,
    *,
    by: Actor,
    versions: Mapping[int, int] | None = None,
    batch: UUID | None = None,
    is_preview: bool = False,
    is_soon: bool = False,
) -> list[TaskResult]:
    """Decide these open tasks alike; return what became of each, in their order.

    `versions` are those that the person saw ({id: version}; missing: as it is now). With `batch`
    and `is_soon` they take effect after the moment in which they can be undone together. A preview
    changes nothing. Raises InvalidError when they are too many, not alike, or one of them must be
    decided by itself, and when the decision is not offered or asks for what was not said.
    """
    insist_on_likeness(tasks)
    checked_decision(tasks[0], _answer(tasks[0], said, 0))
    seen = versions or {}
    return [
        _one(
            task,
            _answer(task, said, seen.get(task.pk, task.version)),
            by=by,
            batch=batch,
            is_preview=is_preview,
            is_soon=is_soon,
        )
        for task in tasks
    ]


def insist_on_likeness(tasks: Sequence[UserTask]) -> None:
    """Raise InvalidError unless these may be decided together."""
    problem = _why_not_together(tasks)
    if problem:
        raise InvalidError(problem, fields=[FieldProblem("tasks", problem)])


def _why_not_together(tasks: Sequence[UserTask]) -> str:
    if not tasks:
        return _("Choose some tasks first.")
    if len(tasks) > MAX_TASKS:
        return _("Choose at most %(n)d tasks; these are %(has)d.") % {
            "n": MAX_TASKS,
            "has": len(tasks),
        }
    single = next((task for task in tasks if must_be_alone(task)), None)
    if single is not None:
        return _("“%(task)s” must be decided by itself.") % {"task": single.title}
    first = tasks[0]
    if any(not are_alike(first, task) for task in tasks[1:]):
        return _("These tasks are not alike: they ask for different decisions or other values.")
    return ""


def must_be_alone(task: UserTask) -> bool:
    """Whether the task may not be decided with others: its rule says so, or AI was not sure."""
    predicted = predicted_of(task.predictions)
    return (
        not handling_of(task.handling).may_bulk
        or bool(predicted and (predicted.doubtful or predicted.is_blind))
        or (isinstance(task.form, dict) and task.form.get("x-bulk") is False)
    )


def are_alike(one: UserTask, other: UserTask) -> bool:
    """Whether both ask the same: one sort of task, the same decisions about the same form."""
    return (one.folder_id, one.kind) == (other.folder_id, other.kind) and (
        bool(one.alike and one.alike == other.alike)
        or (one.form == other.form and one.decisions == other.decisions)
    )


def common_decisions(tasks: Iterable[UserTask]) -> list[JsonObject]:
    """Return the decisions that all of them offer, as a task stores them."""
    listed = list(tasks)
    if not listed:
        return []
    keys = set.intersection(*({each["key"] for each in task.decisions} for task in listed))
    return [each for each in listed[0].decisions if each["key"] in keys]


def _answer(task: UserTask, said: ForAll, version: int) -> Answer:
    takes_values = any(
        each.takes_values for each in decisions_of(task.decisions) if each.key == said.decision
    )
    payload = laid_over(task, said.values) if takes_values and said.values else None
    return Answer(
        decision=said.decision,
        version=version,
        payload=payload,
        reason=said.reason,
        reference=said.reference,
        comment=said.comment,
    )


def _one(  # noqa: PLR0913 - one for each way of doing it
    task: UserTask,
    answer: Answer,
    *,
    by: Actor,
    batch: UUID | None,
    is_preview: bool,
    is_soon: bool,
) -> TaskResult:
    try:
        if is_preview:
            return _previewed(task, answer, by)
        if is_soon:
            done = decide_soon(task, answer, by=by, batch=batch)
        else:
            done = decide(task, answer, by=by)
    except TaskDecidedError as error:
        return _result(task, "lost", error.message)
    except DomainError as error:
        return _result(task, "refused", _in_short(error))
    return _result(task, "voted" if _is_vote(done) else "decided", "", _changes(task, answer))


def _previewed(task: UserTask, answer: Answer, by: Actor) -> TaskResult:
    decision = checked_decision(task, answer)
    with transaction.atomic():
        current = lock_task(task.pk)
        if not current.is_open:
            raise TaskDecidedError(current)
        insist_undecided(current)
        is_decided_with(current, decision, answer, by)
        rehearse(current, decision, answer, by)
    return _result(task, "would", title_of(decision), _changes(task, answer))


def _is_vote(task: UserTask) -> bool:
    """Whether it still waits for others, rather than for its moment."""
    return (
        task.is_open
        and not UserTask.objects.filter(pk=task.pk, pending_decision__isnull=False).exists()
    )


def _changes(task: UserTask, answer: Answer) -> list[JsonObject]:
    if answer.payload is None:
        return []
    return changes_between(task.values, answer.payload, task.form)


def _in_short(error: DomainError) -> str:
    if isinstance(error, ConflictError) or not error.fields:
        return error.message
    return "; ".join(f"{each.path}: {each.message}" for each in error.fields[:3])


def _result(
    task: UserTask, outcome: Outcome, message: str, changes: Sequence[JsonObject] = ()
) -> TaskResult:
    return TaskResult(
        task_id=task.pk,
        title=task.title,
        outcome=outcome,
        message=message,
        changes=changes,
        version=task.version,
    )
