"""Days on which a calendar is closed: left out, or moved to a working day.

A day counts as the rule's zone counts it, and is closed when the calendar has no hours on it.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from zoneinfo import ZoneInfo

from apps.calendars.hours import Hours

from .clocks import planned_on_the_clock, wall_of
from .planned import Mark, Planned

# No office is closed for longer; a start is not moved further.
MAX_DAYS = 31
INSTANT = timedelta(microseconds=1)

Starts = Callable[[datetime], Iterator[Planned]]


class OnClosed(StrEnum):
    IGNORE = "ignore"
    SKIP = "skip"
    NEXT = "next"
    PREVIOUS = "previous"


def by_calendar(
    starts: Starts, moment: datetime, *, zone: ZoneInfo, hours: Hours, on_closed: OnClosed
) -> Iterator[Planned]:
    """Yield `starts(moment)` as the calendar has them, in order; perhaps some before `moment`."""

    @cache
    def is_open(day: date) -> bool:
        return bool(hours.spans_on(day))

    if on_closed == OnClosed.IGNORE or hours.always:
        return starts(moment)
    if on_closed == OnClosed.SKIP:
        return _marked(starts(moment), is_open)
    step = timedelta(days=1 if on_closed == OnClosed.NEXT else -1)
    return _moved(starts, wall_of(moment, zone).date(), zone, is_open, step)


def _marked(starts: Iterator[Planned], is_open: Callable[[date], bool]) -> Iterator[Planned]:
    for planned in starts:
        closed = not is_open(planned.nominal.date())
        yield replace(planned, mark=Mark.CLOSED) if closed else planned


def _moved(
    starts: Starts,
    today: date,
    zone: ZoneInfo,
    is_open: Callable[[date], bool],
    step: timedelta,
) -> Iterator[Planned]:
    """Yield what starts today or later, day by day, each with what was moved there.

    Days are moved in one direction, so that all that comes to a working day stands together.
    """
    first = today
    if step.days > 0:  # today has what is moved from the closed days before it
        open_before = _open_day(today - step, is_open, -step)
        first = open_before + step if open_before else today - MAX_DAYS * step
    midnight = planned_on_the_clock(datetime.combine(first, time()), zone).at
    together: list[Planned] = []
    target: date | None = None
    for planned in starts(midnight - INSTANT):
        own = planned.nominal.date()
        day = _open_day(own, is_open, step)
        if (day or own) != target:
            yield from _in_order(together)
            together, target = [], day or own
        together.append(_on_day(planned, day, zone))
    yield from _in_order(together)


def _open_day(day: date, is_open: Callable[[date], bool], step: timedelta) -> date | None:
    """Return the first working day from `day` on, in that direction; None: none is near."""
    for n in range(MAX_DAYS + 1):
        if is_open(day + n * step):
            return day + n * step
    return None


def _on_day(planned: Planned, day: date | None, zone: ZoneInfo) -> Planned:
    nominal = planned.nominal
    if day is None:
        return replace(planned, mark=Mark.CLOSED)
    if day == nominal.date():
        return planned
    wall = datetime.combine(day, nominal.time())
    return Planned(planned_on_the_clock(wall, zone).at, nominal, Mark.MOVED)


def _in_order(together: list[Planned]) -> list[Planned]:
    """A day's own start goes before one that was moved to the same moment."""
    return sorted(together, key=lambda planned: (planned.at, planned.mark == Mark.MOVED))
