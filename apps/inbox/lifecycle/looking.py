"""What AI was not sure of must be looked at before the task can be decided."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.inbox.changes import same_json
from apps.inbox.decisions import Decision
from apps.inbox.models import UserTask
from apps.inbox.predicted import predicted_of
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import Json, JsonObject

from .answers import Answer


def insist_on_looking(task: UserTask, decision: Decision, answer: Answer) -> None:
    """Raise InvalidError naming each doubtful field that was neither confirmed nor changed.

    Only decisions that take the values ask for it: who rejects an item need not read it all.
    """
    if not decision.takes_values:
        return
    problems = [
        FieldProblem(f"values.{path}", _("AI was not sure of this. Confirm it, or put it right."))
        for path in _not_looked_at(task, answer)
    ]
    if problems:
        names = ", ".join(problem.path.removeprefix("values.") for problem in problems[:5])
        message = _("Look at these values first: %(names)s.") % {"names": names}
        raise InvalidError(message, fields=problems)


def _not_looked_at(task: UserTask, answer: Answer) -> Iterator[str]:
    predicted = predicted_of(task.predictions)
    doubtful = predicted.doubtful if predicted and not predicted.is_blind else []
    for path in doubtful:
        if path not in answer.confirmed and not _is_changed(task.values, answer.payload, path):
            yield path


def _is_changed(before: JsonObject, after: JsonObject | None, path: str) -> bool:
    return after is not None and not same_json(_at(before, path), _at(after, path))


def _at(value: Json, path: str) -> Json:
    """Return what stands at a dotted path; None where there is nothing."""
    for part in path.split("."):
        if isinstance(value, dict):
            value = value.get(part)
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
