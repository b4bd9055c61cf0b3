"""How much will come in, from what came in. Pure.

The rate of an hour is that of the same hour of the week before, and of the same hour of other days
as far as weeks are few; a day on which the calendar is closed is like other closed days. Over that
lies a factor for the whole day, which today's arrivals so far tell something about, and noise from
hour to hour where arrivals come in heaps. All three are uncertain, and drawn for each path anew.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

# How much the same hour of other days counts beside the same hour of the week
OTHER_DAYS_WEIGHT: Final = 1.0
# What is believed of days before any is seen: the variance of their factor, as if seen so often
PRIOR_DAY_VARIANCE, PRIOR_DAYS = 0.5, 0.5
LEAST_DAY_VARIANCE: Final = 1e-4
MAX_DAY_VARIANCE, MAX_HOUR_VARIANCE = 4.0, 4.0


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour that was seen: how many items came in."""

    day: date
    hour: int
    is_open: bool
    n: int


@dataclass(frozen=True, slots=True)
class Slice:
    """An hour to come, or the part of it within the horizon; seconds from now."""

    start: float
    end: float
    day: date
    hour: int
    is_open: bool


@dataclass(frozen=True, slots=True)
class Rate:
    """How many items an hour brings: the mean of what we believe, and of how many hours it is."""

    mean: float
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrivals:
    """What we believe about the slices to come."""

    slices: tuple[Slice, ...] = ()
    rates: tuple[Rate, ...] = ()
    # by day, in the order of `days`: shape of the factor, and the rate that belongs to it
    days: tuple[date, ...] = ()
    factors: tuple[tuple[float, float], ...] = ()
    hour_variance: float = 0.0

    @property
    def expected(self) -> float:
        """How many items are to be expected in all slices together."""
        factor = {
            day: shape / rate for day, (shape, rate) in zip(self.days, self.factors, strict=True)
        }
        return sum(
            rate.mean * (each.end - each.start) / 3600 * factor[each.day]
            for each, rate in zip(self.slices, self.rates, strict=True)
        )

    def until(self, horizon: float) -> "Arrivals":
        """Return what comes before the horizon."""
        kept = [
            (replace(each, end=min(each.end, horizon)), rate)
            for each, rate in zip(self.slices, self.rates, strict=True)
            if each.start < horizon
        ]
        slices, rates = tuple(each for each, _ in kept), tuple(rate for _, rate in kept)
        return replace(self, slices=slices, rates=rates)

    def counts(self, rng: np.random.Generator, n_paths: int, scale: float = 1.0) -> Counts:
        """Return how many items come in each slice, as (slices, paths)."""
        if not self.slices:
            return np.zeros((0, n_paths), dtype=np.int64)
        means = np.asarray([rate.mean for rate in self.rates])
        weights = np.asarray([rate.weight for rate in self.rates])
        # what is believed of a rate: as if `mean * weight` items were seen in `weight` hours
        shape = np.maximum(means * weights, 1e-9)[:, None]
        drawn = rng.gamma(shape, 1.0, (len(means), n_paths)) / np.maximum(weights, 1e-9)[:, None]
        if self.hour_variance > 0:
            k = 1.0 / self.hour_variance
            drawn = drawn * rng.gamma(k, 1.0 / k, drawn.shape)
        place = {day: number for number, day in enumerate(self.days)}
        shapes = np.asarray([each[0] for each in self.factors])[:, None]
        scales = 1.0 / np.asarray([each[1] for each in self.factors])[:, None]
        factors = rng.gamma(shapes, scales, (len(self.days), n_paths))
        drawn = drawn * factors[[place[each.day] for each in self.slices]]
        lengths = np.asarray([(each.end - each.start) / 3600 for each in self.slices])[:, None]
        found: Counts = rng.poisson(np.minimum(drawn * lengths * scale, 1e9))
        return found


def believe(history: Sequence[Hour], coming: Sequence[Slice], *, today: date) -> Arrivals:
    """Return what the hours that were seen say about those to come. No history: nothing comes."""
    if not history:
        return Arrivals()
    rates = _Rates(history)
    variance, factors = _days(history, rates, today, {each.day for each in coming})
    days = tuple(sorted(factors))
    return Arrivals(
        slices=tuple(coming),
        rates=tuple(rates.of(each.day.weekday(), each.hour, each.is_open) for each in coming),
        days=days,
        factors=tuple(factors[day] for day in days),
        hour_variance=_hour_variance(history, rates, variance),
    )


class _Rates:
    """The rate of each hour of the week, from as many of them as there are."""

    def __init__(self, history: Sequence[Hour]) -> None:
        self._week: dict[tuple[int, int, bool], list[int]] = defaultdict(list)
        self._day: dict[tuple[int, bool], list[int]] = defaultdict(list)
        for each in history:
            self._week[each.day.weekday(), each.hour, each.is_open].append(each.n)
            self._day[each.hour, each.is_open].append(each.n)
        self._all = sum(each.n for each in history) / len(history)

    def of(self, weekday: int, hour: int, is_open: bool) -> Rate:
        same = self._week.get((weekday, hour, is_open), [])
        others = self._day.get((hour, is_open)) or self._day.get((hour, not is_open))
        other = sum(others) / len(others) if others else self._all
        weight = len(same) + OTHER_DAYS_WEIGHT
        mean = (sum(same) + OTHER_DAYS_WEIGHT * other) / weight
        # a rate of which nothing was ever seen may still be small, yet is hardly zero for sure
        known = weight if others else OTHER_DAYS_WEIGHT / 4
        return Rate(max(mean, 0.1 / (len(same) + len(others or []) + 1)), known)


def _days(
    history: Sequence[Hour], rates: _Rates, today: date, wanted: set[date]
) -> tuple[float, dict[date, tuple[float, float]]]:
    """Return how much days vary, and for each wanted one shape and rate of its factor.

    Gamma: with mean 1 for days to come, and for today what its hours so far make of it.
    """
    seen: Mapping[date, list[float]] = defaultdict(lambda: [0.0, 0.0])
    for each in history:
        sums = seen[each.day]
        sums[0] += each.n
        sums[1] += rates.of(each.day.weekday(), each.hour, each.is_open).mean
    whole = [sums for day, sums in seen.items() if day != today and sums[1] > 0]
    excess = [
        (n - expected) ** 2 / expected**2 - 1.0 / expected for n, expected in whole if expected >= 5
    ]
    measured = sum(excess) / len(excess) if excess else 0.0
    weight = len(excess)
    mixed = max(0.0, measured) * weight + PRIOR_DAY_VARIANCE * PRIOR_DAYS
    variance = min(MAX_DAY_VARIANCE, max(LEAST_DAY_VARIANCE, mixed / (weight + PRIOR_DAYS)))
    shape = 1.0 / variance
    n_today, expected_today = seen.get(today, [0.0, 0.0])
    factors = dict.fromkeys(wanted, (shape, shape))
    if today in wanted:
        factors[today] = (shape + n_today, shape + expected_today)
    return variance, factors


def _hour_variance(history: Sequence[Hour], rates: _Rates, day_variance: float) -> float:
    """Return how much hours vary beyond chance and beyond their days: more where heaps come."""
    excess = squares = 0.0
    for each in history:
        rate = rates.of(each.day.weekday(), each.hour, each.is_open)
        # the hour itself is part of its own mean, which hides some of its distance from it
        hidden = rate.weight / max(rate.weight - 1.0, 1.0)
        excess += (each.n - rate.mean) ** 2 * hidden - rate.mean
        squares += rate.mean**2
    if squares <= 0:
        return 0.0
    return min(MAX_HOUR_VARIANCE, max(0.0, excess / squares - day_variance))
