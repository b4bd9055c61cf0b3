"""The forecast against days whose laws are known (benchmarks/forecast.py has more of them)."""

import math
import random
import statistics
from dataclasses import replace

import pytest

from apps.forecast.arriving import Arrivals
from apps.forecast.handling import Handling
from apps.forecast.needing import ACCEPTED, slots_needed
from apps.forecast.simulating import Simulated, simulate
from apps.forecast.situations import Due, Situation, Waiting

from .truth import World, live_through, situation_of, worlds

N_DAYS = 160
BINS = ((0.0, 0.05), (0.05, 0.5), (0.5, 1.01))


@pytest.fixture(scope="module")
def days() -> list[tuple[Simulated, float, bool, World]]:
    """Days of all sorts: what was foretold, when the queue was empty, whether anything was late."""
    found = []
    for number, world in enumerate(worlds(N_DAYS, seed=5)):
        rng = random.Random(number)
        (foretold,) = simulate(
            situation_of(world, rng), seed=number, n_paths=100, max_jobs=250, has_curve=False
        )
        day = live_through(world, rng)
        found.append((foretold, day.cleared, day.n_late > 0, world))
    return found


def test_a_day_is_empty_when_the_forecast_says_within_fifteen_percent():
    """At the median over forty days of one sort; what is mere chance is in that figure."""
    errors, naive = [], []
    for number in range(40):
        rng = random.Random(1000 + number)
        situation = situation_of(World(), rng)
        middle = simulate(situation, seed=number)[0].cleared_at(0.5)
        cleared = live_through(World(), rng).cleared
        assert middle is not None
        errors.append(abs(middle - cleared) / cleared)
        naive.append(abs(_by_division(situation) - cleared) / cleared)

    assert statistics.median(errors) <= 0.15
    # what a division of items by speed says would not do
    assert statistics.median(naive) > 0.25


def test_days_lie_between_the_bounds_as_often_as_they_say(days):
    """Eight of ten days; with so many days five standard errors are a sixth."""
    within = [
        (foretold.cleared_at(0.1) or math.inf) <= cleared <= (foretold.cleared_at(0.9) or math.inf)
        for foretold, cleared, _late, _world in days
    ]

    assert 0.7 <= statistics.mean(within) <= 0.95


@pytest.mark.parametrize(("low", "high"), BINS)
def test_the_chance_to_miss_is_what_happens(days, low, high):
    """Within ten points and what chance allows to so few days (two standard errors)."""
    found = [
        (foretold.miss_chance, late)
        for foretold, _cleared, late, _world in days
        if low <= foretold.miss_chance < high
    ]
    said = statistics.mean(chance for chance, _late in found)
    seen = statistics.mean(late for _chance, late in found)

    assert len(found) >= 15
    error = math.sqrt(max(said * (1 - said), 0.01) / len(found))
    assert abs(said - seen) <= 0.10 + 2 * error


def test_the_chance_tells_days_apart(days):
    """Brier's score: a forecast that knew only how many days miss would be far worse."""
    outcomes = [float(late) for _foretold, _cleared, late, _world in days]
    base = statistics.mean(outcomes)
    score = statistics.mean(
        (foretold.miss_chance - late) ** 2
        for (foretold, _cleared, _late, _world), late in zip(days, outcomes, strict=True)
    )

    assert score < 0.6 * statistics.mean((base - late) ** 2 for late in outcomes)


def test_the_slots_needed_are_enough_and_one_less_is_not():
    rng = random.Random(3)
    world = World(slots=1, n_waiting=60, per_hour=12.0, sla=3 * 3600.0)
    situation = situation_of(world, rng)
    need = slots_needed(situation, simulate(situation)[0])

    def missed(slots: int) -> float:
        tried = replace(world, slots=slots)
        return statistics.mean(live_through(tried, rng).n_late > 0 for _ in range(60))

    assert need is not None
    assert need.slots is not None
    assert need.miss_chance <= ACCEPTED
    assert missed(need.slots) <= 0.12
    assert missed(need.slots - 1) > 0.12


def test_what_takes_longer_than_it_may_needs_more_slots_than_there_can_be():
    hopeless = Situation(
        horizon=8 * 3600.0,
        slots=1,
        handling=Handling(seconds=(600.0,) * 40),
        waiting=(Waiting(due_at=60.0),),
    )

    need = slots_needed(hopeless, simulate(hopeless)[0])

    assert need is not None
    assert need.slots is None


def test_without_any_time_to_keep_no_number_of_slots_is_needed():
    free = Situation(
        horizon=3600.0, slots=1, handling=Handling(seconds=(60.0,) * 40), waiting=(Waiting(),)
    )

    assert slots_needed(free, simulate(free)[0]) is None
    timed = replace(free, due=Due(after=60.0), arrivals=Arrivals())
    assert slots_needed(timed, simulate(timed)[0]) is not None


def _by_division(situation: Situation) -> float:
    """Items times the usual time, by slots: no arrivals, no retries, no long ones."""
    usual = statistics.median(situation.handling.seconds)
    return len(situation.waiting) * usual / situation.slots
