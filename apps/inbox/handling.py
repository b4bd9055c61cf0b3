"""How a task is handed out and what happens as time goes by: pure values, kept with the task.

A ladder is climbed rung by rung; each is taken once, shown in the task's history, and never ends
the work by itself: the last may take a decision for people, it routes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from apps.lib.json import JsonObject

RungKind = Literal["remind", "reassign", "manager", "decide"]
AssignmentKind = str  # a value of HandlingRule.Assignment

# of the time until a task is due
AT_RISK_SHARE = 0.75


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """One thing that happens when a task has waited too long.

    When: `at_share` of the time until it is due (0.5 is half-way, 1 is when it is due, 1.5 is half
    as long again after that), or, where nothing is due, `after_seconds` of working time after it
    was opened. One of the two is given.
    What: `remind` whoever has it (or may have it); `reassign` it to `team` (a key; "" gives it
    back to everybody it is offered to); hand it to the `manager` of its team; or `decide` with
    `decision`, a key that the task offers (its comment says that nobody decided in time).
    """

    do: RungKind
    at_share: float | None = None
    after_seconds: int | None = None
    team: str = ""
    decision: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What holds for one task. `like_step` and `not_like_steps` name earlier steps by id."""

    rule_id: int | None = None
    rule_title: str = ""
    assignment: AssignmentKind = "pool"
    calendar_id: int | None = None
    at_risk_share: float = AT_RISK_SHARE
    ladder: tuple[Rung, ...] = ()
    like_step: str = ""  # whoever did that step
    not_like_steps: tuple[str, ...] = ()  # nobody who did one of these: four eyes
    may_bulk: bool = True  # whether it may be decided together with others
    # when its own clock says it is due; None: it is due when its item or its step says so
    due_seconds: int | None = None
    # when each rung is due, as RFC 3339: moved on while the clock stands still
    moments: tuple[str, ...] = ()

    def stored(self) -> JsonObject:
        """Return it as the task keeps it."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a diagram, or who opens a task, says; None: nothing, so the rule of the folder holds.

    `team` and `calendar` are keys.
    """

    team: str | None = None
    assignment: AssignmentKind | None = None
    votes: int | None = None
    like_step: str | None = None
    not_like_steps: tuple[str, ...] | None = None
    due_seconds: int | None = None
    calendar: str | None = None
    at_risk_share: float | None = None
    ladder: tuple[Rung, ...] | None = None
    may_bulk: bool | None = None

    def stored(self) -> JsonObject:
        return {name: value for name, value in asdict(self).items() if value is not None}


def handling_of(stored: Any) -> Handling:
    """Read what a task keeps; names of a later or earlier release are ignored."""
    given = _known(stored, Handling.__dataclass_fields__)
    given["ladder"] = rungs_of(given.get("ladder") or ())
    for name in ("not_like_steps", "moments"):
        given[name] = tuple(given.get(name) or ())
    return Handling(**given)


def said_of(stored: Any) -> Said:
    """Read what a diagram said about a task."""
    given = _known(stored, Said.__dataclass_fields__)
    if given.get("ladder") is not None:
        given["ladder"] = rungs_of(given["ladder"])
    if given.get("not_like_steps") is not None:
        given["not_like_steps"] = tuple(given["not_like_steps"])
    return Said(**given)


def _known(stored: Any, fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in dict(stored or {}).items() if name in fields}


def rungs_of(stored: Sequence[Any]) -> tuple[Rung, ...]:
    known = Rung.__dataclass_fields__.keys()
    return tuple(
        Rung(**{name: value for name, value in rung.items() if name in known}) for rung in stored
    )
