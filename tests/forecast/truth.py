"""A day whose laws are known: what the forecast is measured against. It shares no code with it.

Arrivals come by a Poisson process whose rate changes by the hour, work takes lognormal times, a
number of servers take item by item in the order of their coming, some tries fail and are made again
after a delay, some items are deferred. `day_sd` lets whole days be busier or calmer than usual.
"""

import heapq
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from apps.forecast.arriving import Hour, Slice, believe
from apps.forecast.handling import Handling
from apps.forecast.situations import Due, Situation, Waiting

TODAY = date(2026, 11, 23)
HOURS_AHEAD = 16
# how busy the hours from 06:00 on are
PROFILE = (0.3, 0.7, 1.3, 1.7, 1.6, 1.4, 1.0, 1.3, 1.4, 1.2, 0.9, 0.6, 0.4, 0.3, 0.2, 0.1)


@dataclass(frozen=True, kw_only=True)
class World:
    """The laws. `per_hour` is the mean over the profile; times in seconds."""

    slots: int = 3
    per_hour: float = 25.0
    median: float = 180.0
    sigma: float = 0.7
    fails: float = 0.06
    retry_delay: float = 300.0
    max_attempts: int = 3
    n_waiting: int = 120
    n_deferred: int = 20
    sla: float | None = 2 * 3600.0
    day_sd: float = 0.0

    @property
    def mean(self) -> float:
        return self.median * math.exp(self.sigma**2 / 2)


def history_of(world: World, rng: random.Random, *, weeks: int = 4) -> list[Hour]:
    """What the minutes' counts would tell: all days of some weeks, hour by hour."""
    found = []
    for back in range(1, 7 * weeks + 1):
        factor = _day_factor(world, rng)
        found += [
            Hour(
                TODAY - timedelta(days=back),
                6 + number,
                True,
                poisson(rng, world.per_hour * share * factor),
            )
            for number, share in enumerate(PROFILE)
        ]
    return found


def handling_of(world: World, rng: random.Random, *, n: int = 1000) -> Handling:
    """What the last tries would tell."""
    seconds = tuple(rng.lognormvariate(math.log(world.median), world.sigma) for _ in range(n))
    return Handling(
        seconds=seconds,
        n_tries=n,
        n_again=sum(rng.random() < world.fails for _ in range(n)),
        max_attempts=world.max_attempts,
        retry_delay=world.retry_delay,
        longest=3600.0 * 4,
    )


def situation_of(world: World, rng: random.Random, **learnt: object) -> Situation:
    """Return what a forecast at 06:00 knows of this world: measures, not laws."""
    slices = [Slice(h * 3600.0, (h + 1) * 3600.0, TODAY, 6 + h, True) for h in range(HOURS_AHEAD)]
    history = history_of(world, rng, **{k: v for k, v in learnt.items() if k == "weeks"})  # type: ignore[arg-type]
    handling = handling_of(world, rng, **{k: v for k, v in learnt.items() if k == "n"})  # type: ignore[arg-type]
    return Situation(
        horizon=HOURS_AHEAD * 3600.0,
        slots=world.slots,
        handling=handling,
        waiting=tuple(Waiting(ready_at, due_at) for ready_at, due_at in _there(world)),
        arrivals=believe(history, slices, today=TODAY),
        due=Due(after=world.sla),
    )


def dues_of(world: World) -> list[float]:
    """The first came in just before others; all are due within the service level."""
    if world.sla is None:
        return [math.inf] * world.n_waiting
    return [world.sla * (0.5 + 0.5 * n / max(1, world.n_waiting)) for n in range(world.n_waiting)]


def deferred_of(world: World) -> list[float]:
    return [1800.0 + 5400.0 * n / max(1, world.n_deferred) for n in range(world.n_deferred)]


@dataclass(frozen=True)
class Outcome:
    cleared: float
    n_late: int


def live_through(world: World, rng: random.Random) -> Outcome:
    """Live through one day, event by event; inf: not empty within it."""
    horizon = HOURS_AHEAD * 3600.0
    coming = sorted(_arrivals(world, rng) + _there(world), key=lambda each: each[0])[::-1]
    free, last, cleared, late = [0.0] * world.slots, 0.0, math.inf, 0
    again: list[tuple[float, float, int]] = []  # back at, due, tries
    while coming or again:
        comes = coming[-1][0] if coming else math.inf
        back = again[0][0] if again else math.inf
        if cleared == math.inf and not again and comes > last:
            cleared = last
        slot = heapq.heappop(free)
        if back <= slot or back < comes:
            moment, due, tries = heapq.heappop(again)
        else:
            (moment, due), tries = coming.pop(), 0
        work = min(3600.0 * 4, rng.lognormvariate(math.log(world.median), world.sigma))
        finish = max(slot, moment) + work
        heapq.heappush(free, finish)
        last = max(last, finish)
        if rng.random() < world.fails and tries + 1 < world.max_attempts:
            wait = world.retry_delay * (1 + 0.1 * rng.random())
            heapq.heappush(again, (finish + wait, due, tries + 1))
        else:
            late += due <= horizon and finish > due
    cleared = min(cleared, last)
    return Outcome(cleared if cleared <= horizon else math.inf, late)


def _there(world: World) -> list[tuple[float, float]]:
    """What waits already, in its order, and what is deferred."""
    waiting = [(0.0, due) for due in dues_of(world)]
    return waiting + [(at, at + (world.sla or math.inf)) for at in deferred_of(world)]


def poisson(rng: random.Random, mean: float) -> int:
    """Count how many exponential waits fit into one unit of time."""
    n, at = -1, 0.0
    while at <= 1.0:
        n, at = n + 1, at + rng.expovariate(mean) if mean > 0 else 2.0
    return n


def _arrivals(world: World, rng: random.Random) -> list[tuple[float, float]]:
    found: list[tuple[float, float]] = []
    factor = _day_factor(world, rng)
    for number, share in enumerate(PROFILE):
        n = poisson(rng, world.per_hour * share * factor)
        times = [(number + rng.random()) * 3600.0 for _ in range(n)]
        found += [(at, at + (world.sla or math.inf)) for at in times]
    return found


def _day_factor(world: World, rng: random.Random) -> float:
    if not world.day_sd:
        return 1.0
    shape = 1 / world.day_sd**2
    return rng.gammavariate(shape, 1 / shape)


def worlds(n: int, seed: int = 1) -> Sequence[World]:
    """Return worlds of all sorts: calm and overloaded ones, short and long work, steady or not."""
    rng = random.Random(seed)
    found = []
    for _number in range(n):
        slots, median, sigma = (
            rng.choice([1, 2, 3, 4, 6]),
            rng.uniform(60, 400),
            rng.uniform(0.3, 1),
        )
        mean = median * math.exp(sigma**2 / 2)
        load = rng.uniform(0.45, 0.85)
        backlog_hours = rng.uniform(0.5, 2.5)
        found.append(
            World(
                slots=slots,
                median=median,
                sigma=sigma,
                per_hour=load * slots * 3600 / mean,
                n_waiting=max(3, int(backlog_hours * slots * 3600 / mean)),
                n_deferred=rng.choice([0, 10, 30]),
                fails=rng.choice([0.0, 0.03, 0.1]),
                retry_delay=rng.choice([30.0, 300.0, 900.0]),
                sla=backlog_hours * 3600 * rng.uniform(1.0, 3.0),
                day_sd=rng.choice([0.0, 0.15]),
            )
        )
    return found
