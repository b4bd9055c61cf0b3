"""Measures the forecast against days whose laws are known, and prints the tables.

    .venv/bin/python benchmarks/forecast.py [--days 1000] [--scarce]

Needs no servers. Each day is a world of its own (see tests/forecast/truth.py): arrivals by a
Poisson process that changes by the hour, lognormal work, one to six servers, retries, deferred
items. The forecast sees four weeks of counts and a thousand tries of it, not its laws; then the day
is lived through once, event by event, by other code.

- clearance: how far the middle of the forecast is from when the queue really was empty that day,
  and how often that lay between its tenth and ninetieth percentile (80 of 100 would be right); how
  far it is from the middle of many lives of the same day, which leaves out what is mere chance.
- calibration: days by their foretold chance to miss, against how often something really was late.
- needed: the number of slots that is said to be enough, against how often it really was.
- cost: what a forecast takes, by the size of the queue.
"""

import argparse
import random
import statistics
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.forecast.needing import slots_needed  # noqa: E402
from apps.forecast.simulating import Simulated, simulate  # noqa: E402
from tests.forecast.truth import World, live_through, situation_of, worlds  # noqa: E402

BINS = ((0.0, 0.02), (0.02, 0.2), (0.2, 0.4), (0.4, 0.6), (0.6, 0.8), (0.8, 0.98), (0.98, 1.01))
LIVES, NEVER = 15, float("inf")
SIZES = (10, 100, 1_000, 10_000, 100_000)


@dataclass(frozen=True)
class Day:
    foretold: Simulated
    cleared: float
    is_late: bool
    usual: float  # the middle of many lives of the same day


def main() -> None:
    options = parse()
    learnt: dict[str, object] = {"weeks": 1, "n": 8} if options.scarce else {}
    usual = [lived(n, World(), learnt) for n in range(options.days // 4)]
    days = [lived(n, world, learnt) for n, world in enumerate(worlds(options.days))]
    print("Clearance\n")
    print("| days | n | off that day | off the middle | within p10 to p90 | not empty in time |")
    print("|---|---|---|---|---|---|")
    clearance("one sort of day", usual)
    clearance("days of all sorts", days)
    calibration(days)
    needed(worlds(options.days)[: max(1, options.days // 10)], learnt)
    cost()


def lived(number: int, world: World, learnt: dict[str, object]) -> Day:
    rng = random.Random(number)
    (foretold,) = simulate(situation_of(world, rng, **learnt), seed=number, has_curve=False)
    day = live_through(world, rng)
    usual = statistics.median(live_through(world, rng).cleared for _ in range(LIVES))
    return Day(foretold, day.cleared, day.n_late > 0, usual)


def clearance(title: str, days: list[Day]) -> None:
    """One row: all days on which both the forecast and the day have an end."""
    errors, apart, within, n_unsaid = [], [], [], 0
    for day in days:
        middle = day.foretold.cleared_at(0.5)
        if middle is None or day.cleared == NEVER or day.usual == NEVER:
            n_unsaid += 1
            continue
        low, high = day.foretold.cleared_at(0.1), day.foretold.cleared_at(0.9)
        errors.append(abs(middle - day.cleared) / max(day.cleared, 60.0))
        apart.append(abs(middle - day.usual) / max(day.usual, 60.0))
        within.append((low or 0.0) <= day.cleared <= (high or NEVER))
    print(
        f"| {title} | {len(errors)} | {statistics.median(errors):.1%} "
        f"| {statistics.median(apart):.1%} | {statistics.mean(within):.0%} | {n_unsaid} |"
    )


def calibration(days: list[Day]) -> None:
    print("\nChance to miss\n\n| foretold | days | mean foretold | missed | apart |")
    print("|---|---|---|---|---|")
    for low, high in BINS:
        found = [
            (day.foretold.miss_chance, day.is_late)
            for day in days
            if low <= day.foretold.miss_chance < high
        ]
        if found:
            said = statistics.mean(chance for chance, _late in found)
            seen = statistics.mean(late for _chance, late in found)
            print(
                f"| {low:.0%} to {min(high, 1):.0%} | {len(found)} | {said:.1%} | {seen:.1%} "
                f"| {abs(said - seen) * 100:.1f} points |"
            )
    print()


def needed(found: list[World], learnt: dict[str, object], *, lives: int = 20) -> None:
    missed, n, fewer = [], 0, []
    for number, world in enumerate(found):
        rng = random.Random(number)
        situation = situation_of(world, rng, **learnt)
        need = slots_needed(situation, simulate(situation)[0])
        if need is None or need.slots is None:
            continue
        n += 1
        missed.append(chance(replace(world, slots=need.slots), world, rng, lives))
        if need.slots > 1:
            fewer.append(chance(replace(world, slots=need.slots - 1), world, rng, lives))
    print("Slots needed (asked for: at most 5 %)\n\n| days | missed with them | with one less |")
    print(
        f"|---|---|---|\n| {n} | {statistics.mean(missed):.1%} | {statistics.mean(fewer):.1%} |\n"
    )


def chance(tried: World, _world: World, rng: random.Random, lives: int) -> float:
    return statistics.mean(live_through(tried, rng).n_late > 0 for _ in range(lives))


def cost() -> None:
    print("Cost (processor time)\n\n| items waiting | forecast | with the slots needed |")
    print("|---|---|---|")
    for size in SIZES:
        world = World(n_waiting=size, median=180.0 * 100 / max(100, size), sla=4 * 3600.0)
        situation = situation_of(world, random.Random(1))
        began = time.process_time()
        (foretold,) = simulate(situation)
        first = time.process_time() - began
        slots_needed(situation, foretold)
        print(f"| {size:,} | {first * 1e3:.0f} ms | {(time.process_time() - began) * 1e3:.0f} ms |")


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--days", type=int, default=1_000)
    parser.add_argument("--scarce", action="store_true", help="one week of counts, eight tries")
    return parser.parse_args()


if __name__ == "__main__":
    main()
