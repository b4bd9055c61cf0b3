"""How sure a model says it is against how often it is right: pure.

A *look* is one value that a person looked at. What a gate stopped is all looked at; of what it let
through only a sample is, so that each look of a sample stands for `weight` values (1 / share).
Shares are weighted by that; how far they can be trusted goes by the number of looks that weigh as
much (Kish: (Σw)² / Σw²), never by the number of values they stand for.

Intervals are Wilson's: right for shares near 0 and 1, and for few looks.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")

CONFIDENCE = 0.95  # of intervals, two-sided
MIN_BINS, MAX_BINS = 5, 10
LOOKS_IN_A_BIN = 1_000  # more bins only where each has so many
# a bin whose interval is this narrow, to each side, is precise
PRECISE = 0.02
# a change smaller than this is no drift, however sure it is
DRIFT_THAT_MATTERS = 0.01
MIN_LOOKS_FOR_DRIFT = 30

_NORMAL = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A person looked at one value: how sure the model had been, and whether it was right."""

    confidence: float
    is_right: bool
    weight: float = 1.0
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A share as measured, the interval it lies in, and the looks that this rests on.

    `effective`: how many looks of equal weight would tell as much.
    """

    value: float
    low: float
    high: float
    looks: int
    effective: float

    @property
    def is_precise(self) -> bool:
        return (self.high - self.low) / 2 <= PRECISE


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Looks at values of about the same confidence: from `low` to `high`, both included."""

    low: float
    high: float
    stated: float  # the mean confidence
    accuracy: Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well the model knows what it knows.

    `brier`: mean squared distance of confidence and truth, 0 is best. `gap`: by how much stated
    confidence and measured accuracy differ, on average over the bins (expected calibration error).
    """

    bins: tuple[Bin, ...]
    accuracy: Share | None
    stated: float
    brier: float
    gap: float


def calibrate(looks: Sequence[Look]) -> Calibration:
    """Return stated confidence against measured accuracy; empty of nothing."""
    if not looks:
        return Calibration(bins=(), accuracy=None, stated=0.0, brier=0.0, gap=0.0)
    bins = tuple(_bin(chosen) for chosen in _binned(looks))
    whole = math.fsum(each.weight for each in looks)
    weights = [math.fsum(each.weight for each in chosen) for chosen in _binned(looks)]
    return Calibration(
        bins=bins,
        accuracy=share_of(looks, lambda look: look.is_right),
        stated=_mean(looks, lambda look: look.confidence),
        brier=_mean(looks, lambda look: (look.confidence - look.is_right) ** 2),
        gap=math.fsum(
            weight / whole * abs(each.accuracy.value - each.stated)
            for each, weight in zip(bins, weights, strict=True)
        ),
    )


def share_of(looks: Sequence[Look], is_so: Callable[[Look], bool]) -> Share:
    """Return the weighted share of looks for which `is_so`; of nothing, 0 to 1."""
    effective = effective_number(each.weight for each in looks)
    value = _mean(looks, lambda look: float(is_so(look))) if looks else 0.0
    low, high = wilson(value, effective, z_of((1 + CONFIDENCE) / 2))
    return Share(value=value, low=low, high=high, looks=len(looks), effective=effective)


def wilson(share: float, n: float, z: float) -> tuple[float, float]:
    """Return Wilson's interval for a share measured with `n` looks; 0 to 1 when there are none."""
    if n <= 0:
        return 0.0, 1.0
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # exactly at the ends where all or none are so, whatever rounding says
    low = 0.0 if share <= 0 else max(0.0, middle - half)
    high = 1.0 if share >= 1 else min(1.0, middle + half)
    return low, high


def z_of(confidence: float) -> float:
    """Return how many standard deviations cover `confidence`, one-sided."""
    return _NORMAL.inv_cdf(confidence)


def effective_number(weights: Iterable[float]) -> float:
    """Return how many looks of equal weight tell as much as looks of these weights (Kish)."""
    given = list(weights)
    squares = math.fsum(weight * weight for weight in given)
    return math.fsum(given) ** 2 / squares if squares else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Accuracy before and after; `change` lies between `low` and `high`."""

    before: Share
    after: Share
    change: float
    low: float
    high: float

    @property
    def is_worse(self) -> bool:
        """Whether it surely became worse, and by so much that it matters."""
        return self.high < 0 and self.change <= -DRIFT_THAT_MATTERS

    @property
    def is_better(self) -> bool:
        return self.low > 0 and self.change >= DRIFT_THAT_MATTERS


def drift_between(before: Sequence[Look], after: Sequence[Look]) -> Drift | None:
    """Compare how often the model was right (Newcombe's interval); None where looks are too few.

    Both are compared at the same mix of confidences: documents that became harder, and of which
    the model knows it, are no drift. Where one side has no looks near a confidence, that is left
    out.
    """
    edges = _edges([*before, *after])
    pairs = [
        (left, right)
        for left, right in zip(_split(before, edges), _split(after, edges), strict=True)
        if left and right
    ]
    old = [look for left, _right in pairs for look in left]
    new = [
        Look(confidence=look.confidence, is_right=look.is_right, weight=look.weight * factor)
        for left, right in pairs
        for factor in [_weight(left) / _weight(right)]
        for look in right
    ]
    if min(len(old), len(new)) < MIN_LOOKS_FOR_DRIFT:
        return None
    was, now = share_of(old, _is_right), share_of(new, _is_right)
    change = now.value - was.value
    return Drift(
        before=was,
        after=now,
        change=change,
        low=change - math.hypot(now.value - now.low, was.high - was.value),
        high=change + math.hypot(now.high - now.value, was.value - was.low),
    )


def halves(looks: Sequence[Look]) -> tuple[list[Look], list[Look]]:
    """Return the earlier and the later half of looks, by their time."""
    dated = [look for look in looks if look.at is not None]
    dated.sort(key=lambda look: look.at.timestamp() if look.at else 0.0)
    middle = len(dated) // 2
    return dated[:middle], dated[middle:]


def _binned(looks: Sequence[Look]) -> list[list[Look]]:
    return [chosen for chosen in _split(looks, _edges(looks)) if chosen]


def _edges(looks: Sequence[Look]) -> list[float]:
    """Return confidences that cut the looks into bins of about equal numbers.

    They depend on what the model said alone, never on what was right: bins chosen by outcome
    would flatter it.
    """
    said = sorted(look.confidence for look in looks)
    n_bins = max(MIN_BINS, min(MAX_BINS, len(said) // LOOKS_IN_A_BIN))
    cuts = {said[len(said) * k // n_bins] for k in range(1, n_bins)} if said else set()
    return sorted(cuts - {said[0]} if said else cuts)


def _split(looks: Sequence[Look], edges: Sequence[float]) -> list[list[Look]]:
    bounds = [-math.inf, *edges, math.inf]
    ordered = sorted(looks, key=lambda look: look.confidence)
    return [
        [look for look in ordered if low <= look.confidence < high]
        for low, high in pairwise(bounds)
    ]


def _bin(looks: Sequence[Look]) -> Bin:
    return Bin(
        low=looks[0].confidence,
        high=looks[-1].confidence,
        stated=_mean(looks, lambda look: look.confidence),
        accuracy=share_of(looks, _is_right),
    )


def _is_right(look: Look) -> bool:
    return look.is_right


def _weight(looks: Sequence[Look]) -> float:
    return math.fsum(look.weight for look in looks)


def _mean(looks: Sequence[Look], of: Callable[[Look], float]) -> float:
    return math.fsum(look.weight * of(look) for look in looks) / _weight(looks)
