"""How long work takes and how often it has to be done again, as drawn from what was seen. Pure.

Times are drawn from those that were measured, not around their mean: the few long ones are what
makes queues late. Every path of a simulation gets a sample of its own, drawn from the sample; with
few measured times that makes paths differ as much as our knowledge does. Below ENOUGH of them, a
lognormal distribution stands in, whose centre and width are uncertain as well.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# From so many measured times on they speak for themselves
ENOUGH: Final = 30
# What is believed of the width before anything is seen: the log's standard deviation, as if seen
# in that many times
PRIOR_LOG_SD, PRIOR_WEIGHT = 0.7, 4.0
SHORTEST: Final = 1e-4
# Where few were seen: no single try is taken to last longer than this many times the longest
LONGEST_FACTOR: Final = 5.0
NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """What was seen of one queue. `seconds` of single tries; `longest`: where they are cut off."""

    seconds: tuple[float, ...]
    longest: float | None = None
    n_tries: int = 0
    n_again: int = 0  # tries after which the item was tried once more
    max_attempts: int = 1
    retry_delay: float = 30.0
    is_doubling: bool = False

    @property
    def is_scarce(self) -> bool:
        return len(self.seconds) < ENOUGH


class Draws:
    """Handling times and shares of failures for a number of paths."""

    def __init__(self, handling: Handling, rng: np.random.Generator, n_paths: int) -> None:
        self._handling, self._rng, self._n = handling, rng, n_paths
        seen = np.maximum(np.asarray(handling.seconds, dtype=np.float64), SHORTEST)
        self._limit = handling.longest or NEVER
        if handling.is_scarce:
            self._limit = min(self._limit, float(seen.max()) * LONGEST_FACTOR)
        self._seen = np.minimum(seen, self._limit)
        if handling.is_scarce:
            self._centre, self._width = self._believed()
            rows = self._lognormal(2 * ENOUGH)
        else:
            picks = rng.integers(0, len(seen), (len(seen), n_paths))
            self._sample = self._seen[picks]
            rows = self._sample
        self.mean: Floats = rows.mean(axis=0)
        self.deviation: Floats = rows.std(axis=0)
        again = handling.n_again + 0.5
        good = handling.n_tries - handling.n_again + 2.0
        self.share_again: Floats = (
            rng.beta(again, good, n_paths) if handling.max_attempts > 1 else np.zeros(n_paths)
        )

    def times(self, n: int) -> Floats:
        """Return n times for each path, as (n, paths)."""
        if self._handling.is_scarce:
            return self._lognormal(n)
        picks = self._rng.integers(0, len(self._sample), (n, self._n))
        return np.take_along_axis(self._sample, picks, axis=0)

    def sums(self, weights: Floats) -> Floats:
        """Return the time that so many items take together, retries included, for each path.

        Sums of many are near a normal distribution whatever the single ones are like.
        """
        tries = weights / (1.0 - np.minimum(self.share_again, 0.9))
        noise = self._rng.standard_normal(weights.shape) * np.sqrt(tries) * self.deviation
        return np.maximum(tries * self.mean + noise, tries * self.mean * 0.1)

    def delay(self, tries: NDArray[np.int64]) -> Floats:
        """Return how long items wait after that many failed tries."""
        doublings = np.minimum(tries - 1, 20) if self._handling.is_doubling else 0 * tries
        spread = 1.0 + 0.1 * self._rng.random(tries.shape)
        return self._handling.retry_delay * 2.0**doublings * spread

    def _believed(self) -> tuple[Floats, Floats]:
        """Return centre and width of the logs for each path."""
        logs = np.log(self._seen)
        n = len(logs)
        squares = float(((logs - logs.mean()) ** 2).sum()) + PRIOR_WEIGHT * PRIOR_LOG_SD**2
        width = np.sqrt(squares / self._rng.chisquare(max(1, n - 1) + PRIOR_WEIGHT, self._n))
        centre = logs.mean() + width / np.sqrt(n) * self._rng.standard_normal(self._n)
        return centre, width

    def _lognormal(self, n: int) -> Floats:
        logs = self._centre + self._width * self._rng.standard_normal((n, self._n))
        return np.clip(np.exp(np.minimum(logs, 50.0)), SHORTEST, self._limit)
