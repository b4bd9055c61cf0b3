"""What a person may decide about an item that needs a person, and what each decision asks for.

Pure: titles are untranslated texts (`title_of` translates them), kept with the task so that a
task offers what it offered when it was made.
"""

from collections.abc import Iterable
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
    style: str = ""

    @property
    def asks(self) -> bool:
        return self.needs_reason or self.needs_reference


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

OFFERED: dict[str, tuple[Decision, ...]] = {
    "data_problem": (CORRECT, LEAVE_OUT, DONE_BY_HAND, REJECT),
    "system_problem": (TRY_AGAIN, LEAVE_OUT, DONE_BY_HAND, REJECT),
    "unknown_effect": (HAPPENED, NOT_HAPPENED, LEAVE_OUT),
}


def offered_for(kind: str) -> list[dict[str, Any]]:
    """Return the decisions of a kind of task, as a task stores them."""
    return [asdict(decision) for decision in OFFERED[kind]]


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


def check_answers(decision: Decision, *, reason: str, reference: str) -> None:
    """Raise InvalidError when the decision asks for what was not said, or too much was said."""
    problems = []
    if decision.needs_reason and not reason.strip():
        problems.append(FieldProblem("reason", _("Say why: whoever reads the history needs it.")))
    if decision.needs_reference and not reference.strip():
        problems.append(
            FieldProblem("reference", _("Give the number or name it has in the other system."))
        )
    for name, text, limit in (
        ("reason", reason, MAX_REASON),
        ("reference", reference, MAX_REFERENCE),
    ):
        if len(text) > limit:
            problems.append(FieldProblem(name, _("Use at most %(n)d characters.") % {"n": limit}))
        if "\x00" in text:
            problems.append(FieldProblem(name, _("This holds characters that can't be stored.")))
    if problems:
        message = " ".join(problem.message for problem in problems)
        raise InvalidError(message, fields=problems)
