"""What a person decided, as a value that can be kept until it takes effect."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.inbox.changes import same_json
from apps.inbox.decisions import Decision, check_answers, pick
from apps.inbox.models import UserTask
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject
from apps.lib.schema import check_schema, unmask

from .talking import check_comment

MAX_CONFIRMED, MAX_CODE = 2_000, 60


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What a person decided, and what they said with it.

    `confirmed`: dotted paths of doubtful fields that were looked at and left as they were;
    `correction_reasons`: why fields were changed, {dotted path: code of a reason}.
    """

    decision: str
    version: int
    payload: JsonObject | None = None  # None: the values as they are
    result: JsonObject | None = None  # of a step, where the decision asks for it
    reason: str = ""
    reference: str = ""
    comment: str = ""
    confirmed: frozenset[str] = frozenset()
    correction_reasons: Mapping[str, str] = field(default_factory=dict)

    def stored(self) -> JsonObject:
        """Return it as a decision that waits keeps it; see `answer_of`."""
        said = asdict(self)
        return {**said, "confirmed": sorted(self.confirmed)}


def answer_of(stored: Any) -> Answer:
    """Read what `Answer.stored` gave; names of a later or earlier release are ignored."""
    known = Answer.__dataclass_fields__.keys()
    said = {name: value for name, value in dict(stored).items() if name in known}
    return Answer(**{**said, "confirmed": frozenset(said.get("confirmed") or ())})


def checked_decision(task: UserTask, answer: Answer) -> Decision:
    """Return the decision that `answer` names; raise when it is not offered or says too little.

    Raises InvalidError by field, TooLargeError for a comment that is too long.
    """
    decision = pick(task.decisions, answer.decision)
    check_comment(answer.comment)
    check_answers(
        decision,
        reason=answer.reason,
        reference=answer.reference,
        has_result=answer.result is not None,
    )
    _check_codes(answer)
    return decision


def laid_over(task: UserTask, values: JsonObject) -> JsonObject:
    """Return the task's values with these in place of its own; a mask stands for what was.

    Raises InvalidError naming each that the form shows and lets nobody change.
    """
    known = values if check_schema(task.form) else unmask(values, task.values, task.form)
    said = {**task.values, **known}
    problems = [
        FieldProblem(f"values.{path}", _("is only shown here, and can't be changed"))
        for path in _fixed_changed(task.form, task.values, said)
    ]
    if problems:
        raise InvalidError(f"{problems[0].path} {problems[0].message}.", fields=problems)
    return said


def _fixed_changed(schema: Any, before: Any, after: Any, path: str = "") -> Iterator[str]:
    """Yield where a value differs that is `readOnly`; the parts of lists may move."""
    if not isinstance(schema, dict):
        return
    if schema.get("readOnly") is True and path:
        if not same_json(before, after):
            yield path
        return
    named = schema.get("properties")
    if isinstance(named, dict) and isinstance(before, dict) and isinstance(after, dict):
        for name, inner in named.items():
            at = f"{path}.{name}" if path else name
            yield from _fixed_changed(inner, before.get(name), after.get(name), at)


def _check_codes(answer: Answer) -> None:
    said = [*answer.confirmed, *answer.correction_reasons, *answer.correction_reasons.values()]
    too_long = any(len(code) > MAX_CODE for code in answer.correction_reasons.values())
    if too_long or len(said) > MAX_CONFIRMED or any("\x00" in text for text in said):
        problem = FieldProblem("correction_reasons", "is too long or can't be stored")
        raise InvalidError("The reasons of corrections can't be kept.", fields=[problem])
