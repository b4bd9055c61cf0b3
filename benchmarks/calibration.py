"""Measures the measuring: verdicts of known error rates, many seeds, one table.

    python benchmarks/calibration.py [--seeds 100] [--verdicts 5000]

Needs no servers. For each sort of model, and for gates that see everything or only a sample of what
they let through: how many bins are precise (an interval of at most 2 points to each side), how many
of those are within 2 points of the truth, how often a proposed threshold keeps the wanted error
rate on fresh data, and how many more values it sends to people than the best threshold would that
knows the truth. A precise bin lies farther off than its interval in 5 of 100 cases: that is
what 95 % means.
"""

import argparse
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from apps.learning.calibration import calibrate  # noqa: E402
from apps.learning.thresholds import CANDIDATES, propose_threshold  # noqa: E402
from tests.learning.synthetic import MODELS, World, confidences  # noqa: E402

WANTED = (0.005, 0.01, 0.02, 0.05)
FRESH = 40_000


def main() -> None:
    options = parse()
    fresh = sorted(confidences(random.Random(0), FRESH))
    rows = [measured(name, share, options, fresh) for name, share in cases()]
    print(f"{options.verdicts} verdicts, {options.seeds} seeds\n")
    print("| model | looked at of what passes | bins | precise | precise ones within 2 points |")
    print("|---|---|---|---|---|")
    for bins, _proposals in rows:
        print(bins)
    print("\n| model | looked at | wanted | proposals | kept on fresh data | sent | at best |")
    print("|---|---|---|---|---|---|---|")
    for _bins, proposals in rows:
        print("\n".join(proposals))


def measured(
    name: str, share: float, options: argparse.Namespace, fresh: list[float]
) -> tuple[str, list[str]]:
    """Return the rows of both tables for one sort of model and one share of second looks."""
    world, total, precise, near = World(MODELS[name], share=share), 0, 0, 0
    found: dict[float, list[float]] = {wanted: [] for wanted in WANTED}
    for seed in range(options.seeds):
        looks = world.looks(random.Random(seed), options.verdicts)
        for each in calibrate(looks).bins:
            total += 1
            if each.accuracy.is_precise:
                precise += 1
                truth = world.true_accuracy(each.low, each.high, fresh)
                near += abs(each.accuracy.value - truth) <= 0.02
        for wanted, thresholds in found.items():
            threshold = propose_threshold(looks, wanted).threshold
            thresholds += [] if threshold is None else [threshold]
    within = f"{near / precise:.1%}" if precise else "–"
    bins = f"| {name} | {share:.0%} | {total} | {precise / total:.0%} | {within} |"
    rows = [row(name, world, wanted, found[wanted], options.seeds, fresh) for wanted in WANTED]
    return bins, rows


def row(  # noqa: PLR0913 one row of a table
    name: str, world: World, wanted: float, found: list[float], seeds: int, fresh: list[float]
) -> str:
    kept, sent = "–", "–"
    if found:
        kept = f"{sum(world.true_error(each, fresh) <= wanted for each in found) / len(found):.1%}"
        sent = f"{sum(sent_share(fresh, each) for each in found) / len(found):.1%}"
    enough = (each for each in CANDIDATES if world.true_error(each, fresh) <= wanted)
    best = f"{sent_share(fresh, min(enough, default=1)):.1%}"
    said = (
        name,
        f"{world.share:.0%}",
        f"{wanted:.1%}",
        f"{len(found)} of {seeds}",
        kept,
        sent,
        best,
    )
    return f"| {' | '.join(said)} |"


def cases() -> list[tuple[str, float]]:
    return [(name, share) for name in MODELS for share in (1.0, 0.1)]


def sent_share(fresh: list[float], threshold: float) -> float:
    return sum(each < threshold for each in fresh) / len(fresh)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--verdicts", type=int, default=5_000)
    return parser.parse_args()


if __name__ == "__main__":
    main()
