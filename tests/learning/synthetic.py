"""Verdicts of which the truth is known: models that are honest, boastful, modest, or in steps."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from apps.learning.calibration import Look


def honest(confidence: float) -> float:
    return confidence


def boastful(confidence: float) -> float:
    """Says 90 % and is right in 81 %."""
    return confidence**2


def modest(confidence: float) -> float:
    """Says 70 % and is right in 91 %."""
    return 1 - (1 - confidence) ** 2


def stepped(confidence: float) -> float:
    """Known rates: wrong in 25, 12, 6, 2 and 0.4 % of five ranges."""
    ranges = ((0.6, 0.75), (0.8, 0.88), (0.9, 0.94), (0.97, 0.98))
    return next((right for below, right in ranges if confidence < below), 0.996)


MODELS: dict[str, Callable[[float], float]] = {
    "honest": honest,
    "boastful": boastful,
    "modest": modest,
    "stepped": stepped,
}


def confidences(rng: random.Random, n: int) -> list[float]:
    """Most values are read surely, some are not, as models of documents say it."""
    return [
        round(1 - rng.betavariate(1.0, 24) if rng.random() < 0.8 else rng.betavariate(4, 2), 4)
        for _ in range(n)
    ]


@dataclass(frozen=True)
class World:
    """A model and a gate: what is below `threshold` is all looked at, of the rest a share."""

    truth: Callable[[float], float]
    threshold: float = 0.8
    share: float = 1.0

    def looks(self, rng: random.Random, n: int) -> list[Look]:
        """Return `n` verdicts, of as many more values as it takes to come by them."""
        found: list[Look] = []
        while len(found) < n:
            for confidence in confidences(rng, n):
                passes = confidence >= self.threshold
                if passes and rng.random() >= self.share:
                    continue
                is_right = rng.random() < self.truth(confidence)
                weight = 1 / self.share if passes else 1.0
                found.append(Look(confidence=confidence, is_right=is_right, weight=weight))
        return found[:n]

    def true_accuracy(self, low: float, high: float, population: Sequence[float]) -> float:
        """Return how often values of that confidence are right, of all there are."""
        chosen = [each for each in population if low <= each <= high]
        return sum(map(self.truth, chosen)) / len(chosen)

    def true_error(self, threshold: float, fresh: Sequence[float]) -> float:
        """Return how often what passes is wrong, on fresh data."""
        passing = [each for each in fresh if each >= threshold]
        return 1 - sum(map(self.truth, passing)) / len(passing) if passing else 0.0
