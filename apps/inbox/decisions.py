"""What a person may decide about an item or a step, and what each decision asks for.

Pure: titles are untranslated texts (`title_of` translates them), kept with the task so that a
task offers what it offered when it was made.
"""

import string
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from apps.lib.errors import FieldProblem, InvalidError

MAX_REASON = 2_000
MAX_REFERENCE = 300


@dataclass(frozen=True, kw_only=True)
class Decision:
    """One way out. `shortcut` is the letter that chooses it."""

    key: str
    title: str
    shortcut: str
    effect: str  # what will happen, for the person who is about to choose it
    takes_values: bool = False
    needs_reason: bool = False
    needs_reference: bool = False
    reference_label: str = ""  # "": the reference in another system
    needs_result: bool = False  # an object, as JSON
    style: str = ""

    @property
    def asks(self) -> bool:
        return self.needs_reason or self.needs_reference or self.needs_result


CORRECT = Decision(
    key="correct",
    title=gettext_noop("Correct and continue"),
    shortcut="a",
    effect=gettext_noop("The item goes back to the bots with these values."),
    takes_values=True,
    style="primary",
)
TRY_AGAIN = Decision(
    key="correct",
    title=gettext_noop("Try again"),
    shortcut="a",
    effect=gettext_noop("The item goes back to the bots with these values."),
    takes_values=True,
    style="primary",
)
LEAVE_OUT = Decision(
    key="leave_out",
    title=gettext_noop("Leave out"),
    shortcut="s",
    effect=gettext_noop("No bot works it any more; it counts as left out."),
    needs_reason=True,
)
DONE_BY_HAND = Decision(
    key="done_by_hand",
    title=gettext_noop("Already done by hand"),
    shortcut="d",
    effect=gettext_noop("The item ends as done, with your reference as the proof."),
    needs_reference=True,
)
REJECT = Decision(
    key="reject",
    title=gettext_noop("Reject"),
    shortcut="r",
    effect=gettext_noop("The item ends as failed."),
    needs_reason=True,
    style="danger",
)
HAPPENED = Decision(
    key="happened",
    title=gettext_noop("It happened"),
    shortcut="y",
    effect=gettext_noop("The next try leaves this step out and goes on after it."),
    needs_reference=True,
    style="primary",
)
NOT_HAPPENED = Decision(
    key="not_happened",
    title=gettext_noop("It did not happen"),
    shortcut="t",
    effect=gettext_noop("The next try does this step again."),
)

COMPLETE = Decision(
    key="complete",
    title=gettext_noop("Complete"),
    shortcut="a",
    effect=gettext_noop("The workflow goes on with these values."),
    takes_values=True,
    style="primary",
)

ACCEPT = Decision(
    key="accept",
    title=gettext_noop("Confirm"),
    shortcut="a",
    effect=gettext_noop("The item is done, with these values as its result."),
    takes_values=True,
    style="primary",
)
READ_AGAIN = Decision(
    key="again",
    title=gettext_noop("Back to the bots"),
    shortcut="t",
    effect=gettext_noop("The item is worked again; the bot gets your reason."),
    needs_reason=True,
)
RECORD = Decision(
    key="record",
    title=gettext_noop("Record what I read"),
    shortcut="a",
    effect=gettext_noop("It is compared with what AI read; the item has gone on already."),
    takes_values=True,
    style="primary",
)
CANNOT_TELL = Decision(
    key="cannot_tell",
    title=gettext_noop("Can’t tell"),
    shortcut="t",
    effect=gettext_noop("Nothing is recorded about what AI read."),
)
ANSWER = Decision(
    key="answer",
    title=gettext_noop("Answer"),
    shortcut="a",
    effect=gettext_noop("The bot goes on with this answer."),
    takes_values=True,
    style="primary",
)

RETRY = Decision(
    key="retry",
    title=gettext_noop("Retry"),
    shortcut="a",
    effect=gettext_noop("The step is tried again as it was."),
    style="primary",
)
EDIT_AND_RETRY = Decision(
    key="edit_and_retry",
    title=gettext_noop("Save variables and retry"),
    shortcut="e",
    effect=gettext_noop("The variables that you changed are set, then the step is tried again."),
    takes_values=True,
)
SET_RESULT = Decision(
    key="set_result",
    title=gettext_noop("Set the result"),
    shortcut="s",
    effect=gettext_noop("The step counts as done with this result; the workflow goes on after it."),
    needs_result=True,
)
THROW = Decision(
    key="throw",
    title=gettext_noop("Raise an error"),
    shortcut="t",
    effect=gettext_noop("The workflow goes on where it catches an error with this code."),
    needs_reference=True,
    reference_label=gettext_noop("Code of the error"),
)
CANCEL = Decision(
    key="cancel",
    title=gettext_noop("Cancel the instance"),
    shortcut="r",
    effect=gettext_noop("The whole instance ends, with everything in it."),
    needs_reason=True,
    style="danger",
)

OFFERED: dict[str, tuple[Decision, ...]] = {
    "data_problem": (CORRECT, LEAVE_OUT, DONE_BY_HAND, REJECT),
    "system_problem": (TRY_AGAIN, LEAVE_OUT, DONE_BY_HAND, REJECT),
    "unknown_effect": (HAPPENED, NOT_HAPPENED, LEAVE_OUT),
    "form": (COMPLETE,),
    "validation": (ACCEPT, READ_AGAIN, LEAVE_OUT, DONE_BY_HAND, REJECT),
    "second_look": (RECORD, CANNOT_TELL),
    "question": (ANSWER,),
    "incident": (RETRY, EDIT_AND_RETRY, SET_RESULT, THROW, CANCEL),
}

# Letters that mean something on every page of the inbox
TAKEN_LETTERS = frozenset("acgjkmx")


def offered_for(kind: str) -> list[dict[str, Any]]:
    """Return the decisions of a kind of task, as a task stores them."""
    return [asdict(decision) for decision in OFFERED[kind]]


def offered_by_question(declared: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the decisions that an automation offers with its question; none: answer."""
    offered = offered_by_step(declared, usual=ANSWER)
    return [{**each, "effect": each["effect"] or ANSWER.effect} for each in offered]


def offered_by_step(
    declared: Iterable[Mapping[str, Any]], *, usual: Decision = COMPLETE
) -> list[dict[str, Any]]:
    """Return the decisions that a diagram declares, as a task stores them; none: `usual`.

    Each has `key` and `title`; it may say more in the words of Decision. All take the values of
    the form unless they say `takes_values: false`. The first stands out, and has the letter “a”.
    """
    known = Decision.__dataclass_fields__.keys()
    offered: list[dict[str, Any]] = []
    used = set(TAKEN_LETTERS)
    for said in declared:
        title = str(said.get("title") or said["key"])
        letter = _letter_for(title, used) if offered else "a"
        used.add(letter)
        given = {name: value for name, value in said.items() if name in known}
        plain = {"shortcut": letter, "effect": "", "takes_values": True}
        style = {} if offered else {"effect": usual.effect, "style": "primary"}
        offered.append(asdict(Decision(**{**plain, **style, **given, "title": title})))
    return offered or [asdict(usual)]


def _letter_for(title: str, used: Set[str]) -> str:
    """Return a letter of the title that is free, "" if there is none: digits always work."""
    letters = [letter for letter in title.lower() if letter in string.ascii_lowercase]
    return next((letter for letter in letters if letter not in used), "")


def decisions_of(stored: Iterable[dict[str, Any]]) -> list[Decision]:
    """Read what a task stores; names of a later or earlier release are ignored."""
    known = Decision.__dataclass_fields__.keys()
    return [
        Decision(**{name: value for name, value in one.items() if name in known}) for one in stored
    ]


def title_of(decision: Decision) -> str:
    return _(decision.title) if decision.title else decision.key


def pick(stored: Iterable[dict[str, Any]], key: str) -> Decision:
    """Return the decision called `key`. Raises InvalidError when the task does not offer it."""
    offered = decisions_of(stored)
    for decision in offered:
        if decision.key == key:
            return decision
    raise InvalidError(
        _("This task does not offer the decision “%(key)s”. It offers: %(offered)s.")
        % {"key": key[:80], "offered": ", ".join(decision.key for decision in offered)},
        fields=[FieldProblem("decision", _("is not offered"))],
    )


def check_answers(
    decision: Decision, *, reason: str, reference: str, has_result: bool = False
) -> None:
    """Raise InvalidError when the decision asks for what was not said, or too much was said."""
    problems = [
        *_missing(decision, reason=reason, reference=reference, has_result=has_result),
        *_unfit("reason", reason, MAX_REASON),
        *_unfit("reference", reference, MAX_REFERENCE),
    ]
    if problems:
        message = " ".join(problem.message for problem in problems)
        raise InvalidError(message, fields=problems)


def _missing(
    decision: Decision, *, reason: str, reference: str, has_result: bool
) -> Iterator[FieldProblem]:
    if decision.needs_reason and not reason.strip():
        yield FieldProblem("reason", _("Say why: whoever reads the history needs it."))
    if decision.needs_reference and not reference.strip():
        needed = _("Give the number or name it has in the other system.")
        if decision.reference_label:
            needed = _("Give this: %(what)s.") % {"what": _(decision.reference_label)}
        yield FieldProblem("reference", needed)
    if decision.needs_result and not has_result:
        yield FieldProblem("result", _("Give the result as a JSON object."))


def _unfit(name: str, text: str, limit: int) -> Iterator[FieldProblem]:
    if len(text) > limit:
        yield FieldProblem(name, _("Use at most %(n)d characters.") % {"n": limit})
    if "\x00" in text:
        yield FieldProblem(name, _("This holds characters that can't be stored."))
