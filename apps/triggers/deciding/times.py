"""What becomes of the times of a trigger that are due. Pure: policies and ticks in, plans out."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from typing import Final

from apps.lib.json import JsonObject
from apps.triggers.models import Firing, Trigger
from apps.triggers.times import Tick, ticks_after
from apps.triggers.timing import TimeRule

Outcome, Reason, Origin = Firing.Outcome, Firing.Reason, Firing.Origin
Missed = Trigger.Missed

# Later than this, nobody was there when the time came: the policy for missed times holds
MISSED_AFTER_SECONDS: Final = 60
# Of more missed times than these, the older ones share one row
MAX_ROWS: Final = 1_000
# More times than these are not counted one by one, which would hold up the others
MAX_COUNTED: Final = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """The times that have come since a trigger was last looked at.

    `n_before` more lie before `ticks`, from `first` on; a number that is only about right when
    `is_estimate`. `following` is the next one, None when there is none.
    """

    ticks: list[Tick]
    following: Tick | None
    first: Tick
    n_before: int = 0
    is_estimate: bool = False

    @property
    def n(self) -> int:
        return self.n_before + len(self.ticks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What becomes of one time, or of `count` from that time on. FIRED: it is to be started."""

    tick: Tick
    outcome: str = Outcome.FIRED
    reason: str = ""
    origin: str = Origin.SCHEDULE
    count: int = 1
    is_estimate: bool = False
    message: str = ""
    # what the start is told
    event: JsonObject = field(default_factory=dict)


def look(rule: TimeRule, first: Tick, is_due: Callable[[Tick], bool], now: datetime) -> Seen:
    """Return the times from `first` on that are due at `now`; at least `first` itself is."""
    ticks: deque[Tick] = deque(maxlen=MAX_ROWS)
    n = 0
    for tick in chain([first], ticks_after(rule, first.at)):
        if n and not is_due(tick):
            return Seen(ticks=list(ticks), following=tick, first=first, n_before=n - len(ticks))
        n += 1
        ticks.append(tick)
        if n > MAX_COUNTED:
            return _jump(rule, first, tick, is_due, n, now)
    return Seen(ticks=list(ticks), following=None, first=first, n_before=n - len(ticks))


def _jump(  # noqa: PLR0913  the state of the loop that it ends
    rule: TimeRule,
    first: Tick,
    last: Tick,
    is_due: Callable[[Tick], bool],
    n: int,
    now: datetime,
) -> Seen:
    """Go on near `now`; how many lie between is reckoned from how many there were so far."""
    seconds_each = max((last.at - first.at).total_seconds() / n, 1.0)
    near = max(last.at, now - timedelta(seconds=seconds_each * MAX_ROWS / 2))
    ticks: deque[Tick] = deque(maxlen=MAX_ROWS)
    following = None
    for tick in ticks_after(rule, near):
        if not is_due(tick):
            following = tick
            break
        ticks.append(tick)
    between = round((near - last.at).total_seconds() / seconds_each)
    return Seen(
        ticks=list(ticks), following=following, first=first, n_before=n + between, is_estimate=True
    )


def decide(
    seen: Seen, trigger: Trigger, now: datetime, due: Callable[[Tick], datetime]
) -> list[Plan]:
    """Return a plan for each time that was seen, by what the trigger says about missed times."""
    limit = now - timedelta(seconds=MISSED_AFTER_SECONDS)
    late = [tick for tick in seen.ticks if due(tick) < limit]
    current = [Plan(tick=tick) for tick in seen.ticks[len(late) :]]
    plans = [*_late_plans(seen, late, trigger, current), *current]
    return [_leave_out_if_closed(plan) for plan in plans]


def leave_out(seen: Seen, outcome: str, reason: str) -> list[Plan]:
    """Return one plan for all that was seen, none of which is started."""
    plan = Plan(
        tick=seen.first,
        outcome=outcome,
        reason=reason,
        count=seen.n,
        is_estimate=seen.is_estimate,
    )
    return [plan]


def _late_plans(
    seen: Seen, late: list[Tick], trigger: Trigger, current: Iterable[Plan]
) -> list[Plan]:
    reason, n_started = _policy(trigger, any(not plan.tick.is_closed for plan in current))
    open_days = [tick for tick in late if not tick.is_closed]
    started = set(open_days[len(open_days) - n_started :] if n_started else [])
    plans = [
        Plan(tick=tick, origin=Origin.CATCH_UP)
        if tick in started
        else Plan(tick=tick, outcome=Outcome.MISSED, reason=reason)
        for tick in late
    ]
    if seen.n_before:
        earlier = Plan(
            tick=seen.first,
            outcome=Outcome.MISSED,
            reason=reason,
            count=seen.n_before,
            is_estimate=seen.is_estimate,
        )
        plans.insert(0, earlier)
    return plans


def _policy(trigger: Trigger, starts_now: bool) -> tuple[str, int]:
    """Return why missed times are left out, and how many of the newest are started after all."""
    if trigger.missed == Missed.RUN_ALL:
        return Reason.LIMIT, trigger.max_catch_up
    if trigger.missed == Missed.RUN_ONCE:
        # what starts now anyway makes up for them
        return Reason.CAUGHT_UP, 0 if starts_now else 1
    return Reason.DROPPED, 0


def _leave_out_if_closed(plan: Plan) -> Plan:
    if not plan.tick.is_closed or plan.count > 1:
        return plan
    return Plan(tick=plan.tick, outcome=Outcome.SKIPPED, reason=Reason.CALENDAR)
