"""The forecast of one queue: measured, simulated, and said in moments and chances."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal

from apps.lib.clock import database_now
from apps.queues.models import WorkQueue

from .accepting import Need
from .capacity import Capacity, capacity_of
from .measuring import Measures, measure
from .needing import slots_needed
from .simulating import Simulated, simulate
from .situations import Situation, Waiting

Basis = Literal["none", "few", "good"]

DAY, LONG = 86_400.0, 3 * 86_400.0
# More work than this, in seconds of all slots, is looked at three days ahead
LONG_FROM: Final = 0.75 * DAY
# Fewer hours than a day say little about what will come in
ENOUGH_HOURS: Final = 24
MAX_BOTS, MAX_MORE, MAX_SCALE = 500, 1_000_000, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """What would be if: so many slots, so many items more, other arrivals, one bot away."""

    bots: int | None = None
    more_items: int = 0
    arrivals: float = 1.0
    without: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What is foretold of a queue.

    `basis` none: nobody has worked an item yet, so nothing is foretold; few: bounds are wide.
    Cleared is when the queue is empty for the first time, nothing ready, in hand or waiting for a
    retry, by 10, 50 and 90 of 100 days; None: not within the horizon. `miss_chance` is the chance
    that an item which is due within the horizon, and not late yet, will be late; None: nothing is
    ever due. `held` by paused, stopped, no_bot or no_runs: nothing is worked, and what is foretold
    holds for when it goes on (not for the last two: without slots nothing is).
    """

    queue_id: int
    made_at: datetime
    horizon: float
    basis: Basis
    measures: Measures
    capacity: Capacity
    slots: int
    cleared: tuple[datetime | None, datetime | None, datetime | None] = (None, None, None)
    miss_chance: float | None = None
    n_late: float = 0.0
    need: Need | None = None
    simulated: Simulated | None = None
    situation: Situation | None = None

    @property
    def held(self) -> str:
        return self.capacity.held

    def is_asked(self, wish: WhatIf) -> bool:
        """Say whether the wish makes a difference to what is."""
        has_bots = wish.bots is not None and wish.bots != self.capacity.slots
        return has_bots or bool(wish.more_items) or wish.arrivals != 1 or bool(wish.without)

    @property
    def is_known(self) -> bool:
        return self.simulated is not None

    @property
    def is_empty_now(self) -> bool:
        line = self.measures.line
        return line.n_ready + line.n_in_hand == 0

    @property
    def ends_at(self) -> datetime:
        return self.made_at + timedelta(seconds=self.horizon)


def outlook(
    queue: WorkQueue,
    what_if: WhatIf | None = None,
    *,
    needs: bool = True,
    has_curve: bool = True,
) -> Outlook:
    """Return what will become of the queue. Reads, then simulates: some tenths of a second.

    `needs` false leaves out how many slots it takes, which is most of the work; `has_curve` false
    what a drawing needs.
    """
    wish = what_if or WhatIf()
    now = database_now()
    seen = measure(queue, now, LONG)
    mean = _mean(seen)
    capacity = capacity_of(
        queue, now, LONG, workers=seen.workers, mean_seconds=mean, without=wish.without
    )
    slots = capacity.slots if wish.bots is None else wish.bots
    horizon = LONG if _work(seen, mean, wish) > LONG_FROM * max(1, slots) else DAY
    if seen.handling is None:
        return Outlook(
            queue_id=queue.pk,
            made_at=now,
            horizon=horizon,
            basis="none",
            measures=seen,
            capacity=capacity,
            slots=slots,
        )
    situation = _situation(seen, capacity, slots, horizon, wish)
    (found,) = simulate(situation, has_curve=has_curve)
    return _said(queue, seen, capacity, situation, found, needs=needs)


def _said(  # noqa: PLR0913, PLR0917
    queue: WorkQueue,
    seen: Measures,
    capacity: Capacity,
    situation: Situation,
    found: Simulated,
    *,
    needs: bool,
) -> Outlook:
    low, middle, high = (_moment(seen.now, found.cleared_at(share)) for share in (0.1, 0.5, 0.9))
    has_dues = situation.due.is_set or any(
        0 <= each.due_at <= situation.horizon for each in situation.waiting
    )
    return Outlook(
        queue_id=queue.pk,
        made_at=seen.now,
        horizon=situation.horizon,
        basis="few" if _is_scarce(seen) else "good",
        measures=seen,
        capacity=capacity,
        slots=situation.slots,
        cleared=(low, middle, high),
        miss_chance=found.miss_chance if has_dues else None,
        n_late=float(found.n_late.mean()),
        need=slots_needed(situation, found) if needs and has_dues else None,
        simulated=found,
        situation=situation,
    )


def _situation(
    seen: Measures, capacity: Capacity, slots: int, horizon: float, wish: WhatIf
) -> Situation:
    assert seen.handling is not None
    waiting = [each for each in seen.line.waiting if each.ready_at <= horizon]
    if wish.more_items:
        waiting += _more(seen, wish.more_items)
    return Situation(
        horizon=horizon,
        slots=slots,
        handling=seen.handling,
        waiting=tuple(waiting),
        arrivals=seen.arrivals.until(horizon),
        arrivals_scale=wish.arrivals,
        due=seen.due,
        closings=capacity.closings,
    )


def _more(seen: Measures, n: int) -> list[Waiting]:
    """Return items that come in now, as what comes in is due; many stand for each other."""
    rule = seen.due
    dues = [rule.after] if rule.after is not None else []
    dues += rule.cut_offs[:1]
    if not dues and rule.leads and rule.share >= 0.5:
        dues = [sorted(rule.leads)[len(rule.leads) // 2]]
    parts = min(n, 200)
    return [Waiting(0.0, min(dues, default=float("inf")), n / parts)] * parts


def _mean(seen: Measures) -> float:
    seconds = seen.handling.seconds if seen.handling else ()
    return sum(seconds) / len(seconds) if seconds else 1.0


def _work(seen: Measures, mean: float, wish: WhatIf) -> float:
    return (seen.line.n_ready + seen.line.n_in_hand + wish.more_items) * mean


def _is_scarce(seen: Measures) -> bool:
    return (seen.handling is not None and seen.handling.is_scarce) or seen.n_hours < ENOUGH_HOURS


def _moment(now: datetime, seconds: float | None) -> datetime | None:
    return None if seconds is None else now + timedelta(seconds=seconds)
