"""What becomes of a state trigger whose conditions hold, or do not. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from apps.lib.json import JsonObject
from apps.triggers.conditions import StateRule
from apps.triggers.models import Firing

from .stored import as_text, moment_in

Reason = Firing.Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class StateSeen:
    """What a state trigger saw last.

    `is_done`: nothing more is to be started until its conditions hold anew. `started_at`, `day`:
    of its last start, the day by the clock of its zone. `refused`: why it did not start though its
    conditions hold, which is told once.
    """

    holds: bool
    since: datetime
    is_done: bool = False
    started_at: datetime | None = None
    day: str = ""
    refused: str = ""

    @classmethod
    def stored(cls, seen: JsonObject) -> "StateSeen | None":
        """Return what is stored; None: it has not looked yet."""
        since = moment_in(seen.get("since"))
        if since is None:
            return None
        return cls(
            holds=bool(seen.get("holds")),
            since=since,
            is_done=bool(seen.get("is_done")),
            started_at=moment_in(seen.get("started_at")),
            day=str(seen.get("day") or ""),
            refused=str(seen.get("refused") or ""),
        )

    def as_json(self) -> JsonObject:
        return {
            "holds": self.holds,
            "since": as_text(self.since),
            "is_done": self.is_done,
            "started_at": as_text(self.started_at),
            "day": self.day,
            "refused": self.refused,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class StateVerdict:
    """`seen`: what it has seen by now. `occasion`: what it is to start something for, "" for
    nothing. `refused`: why it does not, where that is to be recorded; `held_seconds`: for how long
    its conditions held that do not any more."""

    seen: StateSeen
    occasion: str = ""
    refused: str = ""
    held_seconds: float = 0.0

    @property
    def is_telling(self) -> bool:
        """Whether anything but what it has seen is to be written."""
        return bool(self.occasion or self.refused)

    def changes(self, before: StateSeen | None) -> bool:
        return self.seen != before or self.is_telling


def decide_state(
    rule: StateRule,
    before: StateSeen | None,
    holds: bool,
    now: datetime,  # noqa: FBT001
) -> StateVerdict:
    """Return what becomes of it at `now`.

    What holds already at the first look is no beginning: times that passed before a trigger was
    switched on are not made up for either.
    """
    if before is None:
        is_old = holds and rule.mode == "edge"
        before = StateSeen(holds=holds, since=now, is_done=is_old)
        return _while_it_holds(rule, before, now) if holds else StateVerdict(seen=before)
    if holds and not before.holds:
        begun = replace(before, holds=True, since=now, is_done=False, refused="")
        return _while_it_holds(rule, begun, now)
    if before.holds and not holds:
        return _fallen(before, now)
    return _while_it_holds(rule, before, now) if holds else StateVerdict(seen=before)


def started(verdict: StateVerdict, rule: StateRule, now: datetime) -> StateSeen:
    """Return what it has seen once it has started something for the verdict's occasion."""
    return replace(verdict.seen, started_at=now, day=_day(rule, now), refused="")


def held_back(verdict: StateVerdict, rule: StateRule, reason: str) -> StateVerdict:
    """Return the verdict where something else keeps the trigger from starting.

    A beginning is left out, as a time would be; what goes by a level looks again. Told once.
    """
    is_told = verdict.seen.refused == reason
    seen = replace(verdict.seen, refused=reason, is_done=rule.mode == "edge")
    return StateVerdict(seen=seen, refused="" if is_told else reason)


def _fallen(before: StateSeen, now: datetime) -> StateVerdict:
    fallen = replace(before, holds=False, since=now, is_done=False, refused="")
    held = (now - before.since).total_seconds()
    return StateVerdict(seen=fallen, refused=Reason.CONDITION, held_seconds=held)


def _while_it_holds(rule: StateRule, seen: StateSeen, now: datetime) -> StateVerdict:
    if seen.is_done or now - seen.since < timedelta(seconds=rule.for_seconds):
        return StateVerdict(seen=seen)
    is_edge = rule.mode == "edge"
    cool = timedelta(seconds=rule.cool_down_seconds)
    if seen.started_at is not None and now - seen.started_at < cool:
        # an edge waits for the end of the cool-down; for a level it is the rhythm, and no news
        return _refused(seen, Reason.COOL_DOWN) if is_edge else StateVerdict(seen=seen)
    if rule.once_per and seen.day == _day(rule, now):
        return _refused(replace(seen, is_done=is_edge), Reason.ONCE_PER_DATE)
    return StateVerdict(seen=replace(seen, is_done=is_edge), occasion=_occasion(rule, seen, now))


def _refused(seen: StateSeen, reason: str) -> StateVerdict:
    is_told = seen.refused == reason
    return StateVerdict(seen=replace(seen, refused=reason), refused="" if is_told else reason)


def _occasion(rule: StateRule, seen: StateSeen, now: datetime) -> str:
    if rule.once_per:
        return f"date {_day(rule, now)}"
    if rule.mode == "edge":
        return f"since {seen.since.isoformat()}"
    return f"at {now.isoformat()}"


def _day(rule: StateRule, now: datetime) -> str:
    return now.astimezone(rule.zone).date().isoformat()
