"""How much a queue trigger starts, given what waits and what is under way. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from math import ceil
from typing import Final

from apps.lib.json import JsonObject
from apps.triggers.conditions import QueueRule
from apps.triggers.models import Firing

from .stored import as_text, moment_in

Reason = Firing.Reason

# Starts that take no item are repeated ever more slowly
FIRST_PAUSE_SECONDS: Final = 1.0
LONGEST_PAUSE_SECONDS: Final = 300.0
MAX_ROUNDS: Final = 20

Subject = tuple[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backlog:
    """What waits in a queue. `n` may be cut at what makes a difference to the rule.

    `first` names the try of the item that is leased next: it changes as soon as one is taken.
    `oldest_seconds`, `due_in_seconds`, `miss_chance`: None where nobody asked, or nobody knows.
    """

    n: int = 0
    first: str = ""
    oldest_seconds: float | None = None
    due_in_seconds: float | None = None
    miss_chance: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSeen:
    """What a queue trigger has under way, and how its last starts went.

    `n_tried` starts were made, and `rounds` more after a pause, while the item `first` was next.
    """

    active: tuple[Subject, ...] = ()
    first: str = ""
    n_tried: int = 0
    rounds: int = 0
    started_at: datetime | None = None
    refused: str = ""

    @classmethod
    def stored(cls, seen: JsonObject) -> "QueueSeen":
        active, tried, rounds = seen.get("active"), seen.get("n_tried"), seen.get("rounds")
        rows = active if isinstance(active, list) else []
        return cls(
            active=tuple((str(row[0]), int(str(row[1]))) for row in rows if isinstance(row, list)),
            first=str(seen.get("first") or ""),
            n_tried=tried if isinstance(tried, int) else 0,
            rounds=rounds if isinstance(rounds, int) else 0,
            started_at=moment_in(seen.get("started_at")),
            refused=str(seen.get("refused") or ""),
        )

    def as_json(self) -> JsonObject:
        return {
            "active": [[kind, pk] for kind, pk in self.active],
            "first": self.first,
            "n_tried": self.n_tried,
            "rounds": self.rounds,
            "started_at": as_text(self.started_at),
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueVerdict:
    """`n` starts to be made; `n_wanted` in all. `refused`: why no more, where that is to be
    recorded. `seen` once these are made, `active` apart."""

    n: int
    n_wanted: int
    seen: QueueSeen
    refused: str = ""


def n_wanted(rule: QueueRule, backlog: Backlog) -> int:
    """Return how many starts the backlog is worth, whatever is allowed."""
    if backlog.n >= rule.min_items:
        return ceil(backlog.n / rule.items_per_start)
    return 1 if backlog.n and _is_urgent(rule, backlog) else 0


def decide_queue(
    rule: QueueRule, backlog: Backlog, before: QueueSeen, now: datetime
) -> QueueVerdict:
    """Return how many starts to make at `now`; `before.active` is what is still under way.

    As many as are wanted, less what is under way. Where so many have been made for the very same
    first item already, nobody takes it: one more after a pause that doubles.
    """
    wanted = n_wanted(rule, backlog)
    useful = min(wanted, rule.max_active)
    seen = before
    if backlog.first != before.first:
        seen = replace(before, first=backlog.first, n_tried=0, rounds=0)
    lacking = max(0, useful - len(before.active))
    n = min(lacking, max(0, useful - seen.n_tried))
    if lacking and not n:
        return _after_a_pause(wanted, seen, now)
    refused = Reason.ACTIVE_LIMIT if wanted > useful and not lacking else ""
    if n:
        seen = replace(seen, n_tried=seen.n_tried + n, started_at=now)
    return _verdict(n, wanted, seen, refused)


def _after_a_pause(wanted: int, seen: QueueSeen, now: datetime) -> QueueVerdict:
    seconds = min(FIRST_PAUSE_SECONDS * 2.0**seen.rounds, LONGEST_PAUSE_SECONDS)
    if seen.started_at is not None and now - seen.started_at < timedelta(seconds=seconds):
        return _verdict(0, wanted, seen, Reason.COOL_DOWN)
    again = replace(seen, rounds=min(seen.rounds + 1, MAX_ROUNDS), started_at=now)
    return QueueVerdict(n=1, n_wanted=wanted, seen=again)


def _verdict(n: int, wanted: int, seen: QueueSeen, refused: str) -> QueueVerdict:
    """What is refused is told when it begins, and again when something else is."""
    is_told = not refused or seen.refused == refused
    return QueueVerdict(
        n=n,
        n_wanted=wanted,
        seen=replace(seen, refused=refused),
        refused="" if is_told else refused,
    )


def _is_urgent(rule: QueueRule, backlog: Backlog) -> bool:
    oldest, due = backlog.oldest_seconds, backlog.due_in_seconds
    if rule.oldest_seconds is not None and oldest is not None and oldest >= rule.oldest_seconds:
        return True
    chance = backlog.miss_chance
    if rule.miss_chance is not None and chance is not None and chance >= rule.miss_chance:
        return True
    within = rule.due_within_seconds
    return within is not None and due is not None and due <= within
