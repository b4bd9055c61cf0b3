"""What becomes of a rule whose conditions hold, or do not. Pure: live rules and back-tests alike.

calm ──▶ pending ──▶ firing ⇄ clearing ──▶ calm
                        └──▶ dismissed ──▶ calm
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from .tree import Rule

CALM, PENDING, FIRING = "calm", "pending", "firing"
CLEARING, DISMISSED = "clearing", "dismissed"


class Act(Enum):
    NOTHING = 0
    FIRE = 1  # an alert begins
    RESOLVE = 2  # it is over


@dataclass(frozen=True, slots=True)
class Seen:
    """Where the conditions of a rule stand, and since when (see AlertRule.Phase)."""

    phase: str = CALM
    since: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it takes less to go on than to begin."""
        return self.phase in (FIRING, CLEARING, DISMISSED)


@dataclass(frozen=True, slots=True)
class Verdict:
    """`held_since`: of an alert that begins, since when its conditions hold."""

    seen: Seen
    act: Act = Act.NOTHING
    held_since: datetime | None = None


def decide(rule: Rule, before: Seen, holds: bool, now: datetime) -> Verdict:
    """Return where a rule stands at `now`, and what that comes to.

    `holds`: whether what begins an alert holds; while `before` is open, whether what keeps it does.
    """
    if before.phase in (CALM, PENDING):
        return _beginning(rule, before, holds, now)
    if before.phase == DISMISSED:
        return _dismissed(rule, before, holds, now)
    return _ending(rule, before, holds, now)


def _beginning(rule: Rule, before: Seen, holds: bool, now: datetime) -> Verdict:
    if not holds:
        return Verdict(before if before.phase == CALM else Seen())
    since = before.since if before.phase == PENDING and before.since else now
    if now - since < timedelta(seconds=rule.for_seconds):
        return Verdict(Seen(PENDING, since))
    return Verdict(Seen(FIRING, now), Act.FIRE, since)


def _ending(rule: Rule, before: Seen, holds: bool, now: datetime) -> Verdict:
    if holds:
        return Verdict(before if before.phase == FIRING else Seen(FIRING, now))
    since = before.since if before.phase == CLEARING and before.since else now
    if now - since < timedelta(seconds=rule.clear_seconds):
        return Verdict(Seen(CLEARING, since))
    return Verdict(Seen(), Act.RESOLVE)


def _dismissed(rule: Rule, before: Seen, holds: bool, now: datetime) -> Verdict:
    """A person said that it is over: silent until the conditions have ended by themselves."""
    if holds:
        return Verdict(replace(before, since=None))
    since = before.since or now
    if now - since < timedelta(seconds=rule.clear_seconds):
        return Verdict(replace(before, since=since))
    return Verdict(Seen())
