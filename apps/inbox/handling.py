"""How a task is handed out and what happens as time goes by: pure values, kept with the task.

A ladder is climbed rung by rung; each is taken once, shown in the task's history, and never ends
the work by itself: the last may take a decision for people, it routes.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from apps.lib.json import JsonObject

RungKind = Literal["remind", "reassign", "manager", "decide"]
AssignmentKind = Literal["pool", "round_robin", "least_loaded"]


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
    at_risk_share: float = 0.75
    ladder: tuple[Rung, ...] = ()
    like_step: str = ""  # whoever did that step
    not_like_steps: tuple[str, ...] = ()  # nobody who did one of these: four eyes
    may_bulk: bool = True  # whether it may be decided together with others

    def stored(self) -> JsonObject:
        """Return it as the task keeps it."""
        return asdict(self)


def handling_of(stored: Any) -> Handling:
    """Read what a task keeps; names of a later or earlier release are ignored."""
    known = Handling.__dataclass_fields__.keys()
    given = {name: value for name, value in dict(stored or {}).items() if name in known}
    given["ladder"] = rungs_of(given.get("ladder") or ())
    given["not_like_steps"] = tuple(given.get("not_like_steps") or ())
    return Handling(**given)


def rungs_of(stored: Sequence[Any]) -> tuple[Rung, ...]:
    known = Rung.__dataclass_fields__.keys()
    return tuple(
        Rung(**{name: value for name, value in rung.items() if name in known}) for rung in stored
    )
