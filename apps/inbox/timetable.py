"""When a task is due, at risk, and climbs its ladder: pure, in working hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from apps.calendars.hours import Hours

from .handling import Handling, Rung

# What was late before anybody was asked still leaves people some time.
LEAST_SECONDS = 3_600

Standing = Literal["", "on_time", "at_risk", "overdue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    due_at: datetime | None
    at_risk_at: datetime | None
    moments: tuple[datetime, ...]  # of the rungs, in their order


def timetable(
    handling: Handling, hours: Hours, *, opened: datetime, due: datetime | None
) -> Timetable:
    """Return when all of it happens for a task opened then.

    What the handling says about the due time counts before `due`, which is that of the item or the
    step. Shares are of the working time until it is due. A rung never comes before the one above.
    """
    due_at = hours.add(opened, handling.due_seconds) if handling.due_seconds else due
    total = None if due_at is None else _seconds(handling, hours, opened, due_at)
    at_risk = None if total is None else hours.add(opened, total * handling.at_risk_share)
    return Timetable(
        due_at=due_at,
        at_risk_at=at_risk,
        moments=_moments(handling.ladder, hours, opened, total),
    )


def standing(
    *, due_at: datetime | None, at_risk_at: datetime | None, now: datetime, is_stopped: bool = False
) -> Standing:
    """Return how an open task stands; "" for one that nobody has to hurry with.

    While the clock stands still, nothing gets late.
    """
    if due_at is None or is_stopped:
        return ""
    if now >= due_at:
        return "overdue"
    return "at_risk" if at_risk_at is not None and now >= at_risk_at else "on_time"


def moved(at: datetime, hours: Hours, *, stopped: datetime, now: datetime) -> datetime:
    """Return `at` after the clock stood still: as much working time is left as there was then."""
    return at if at <= stopped else hours.add(now, hours.between(stopped, at))


def _seconds(handling: Handling, hours: Hours, opened: datetime, due: datetime) -> float:
    if handling.due_seconds:
        return float(handling.due_seconds)
    return max(hours.between(opened, due), float(LEAST_SECONDS))


def _moments(
    ladder: Sequence[Rung], hours: Hours, opened: datetime, total: float | None
) -> tuple[datetime, ...]:
    """The rungs that have a time: without a due time, and no seconds of its own, a rung has none,
    nor have those that come after it."""
    found: list[datetime] = []
    for rung in ladder:
        seconds = _seconds_of(rung, total)
        if seconds is None:
            break
        at = hours.add(opened, seconds)
        found.append(max(at, found[-1]) if found else at)
    return tuple(found)


def _seconds_of(rung: Rung, total: float | None) -> float | None:
    if rung.at_share is not None:
        return None if total is None else total * rung.at_share
    return float(rung.after_seconds or 0)
