"""The work of all simulated paths in the order of its coming. Pure."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .handling import Draws
from .situations import NEVER, Situation, Waiting

Floats = NDArray[np.float64]
Places = NDArray[np.int64]


class Jobs:
    """The work of all paths in the order of its coming, as (jobs, paths); inf: no such job."""

    def __init__(
        self, situation: Situation, rng: np.random.Generator, n_paths: int, max_jobs: int
    ) -> None:
        self.n_paths = n_paths
        self.draws = Draws(situation.handling, rng, n_paths)
        there = _joined(situation.waiting, max_jobs)
        counts = situation.arrivals.counts(rng, n_paths, situation.arrivals_scale)
        expected = float(counts.sum(axis=0).mean()) if len(counts) else 0.0
        self.block = max(1.0, np.ceil(expected / max(1, max_jobs)))
        coming = _times(situation, counts, self.block, rng)
        known = np.repeat(np.array([each.ready_at for each in there])[:, None], n_paths, axis=1)
        self.ready = np.concatenate([known, coming])
        due = self._due(situation, there, coming, rng)
        # what is late already, or due after the horizon, can't be late within it
        self.due = np.where((due >= 0) & (due <= situation.horizon), due, NEVER)
        weights = [each.n for each in there] + [self.block] * len(coming)
        self.weight = np.asarray(weights, dtype=np.float64)
        self.service = self._service(there)
        self._sort()
        self.is_blocks = bool((self.weight > 1.0).any())

    def _due(
        self,
        situation: Situation,
        there: Sequence[Waiting],
        coming: Floats,
        rng: np.random.Generator,
    ) -> Floats:
        rule, found = situation.due, np.full(coming.shape, NEVER)
        if rule.after is not None:
            found = np.minimum(found, coming + rule.after)
        if rule.cut_offs:
            ends = np.asarray([*rule.cut_offs, NEVER])
            places = np.searchsorted(ends[:-1], np.minimum(coming, 1e18), side="right")
            found = np.minimum(found, ends[places])
        if rule.leads and rule.share > 0:
            leads = rng.choice(np.asarray(rule.leads), coming.shape)
            leads[rng.random(coming.shape) >= rule.share] = NEVER
            found = np.minimum(found, coming + leads)
        known = np.repeat(np.array([each.due_at for each in there])[:, None], self.n_paths, axis=1)
        return np.concatenate([known, found])

    def _service(self, there: Sequence[Waiting]) -> Floats:
        found = self.draws.times(len(self.weight))
        heaps = np.flatnonzero(self.weight > 1.0)
        if len(heaps):
            weights = np.repeat(self.weight[heaps][:, None], self.n_paths, axis=1)
            found[heaps] = self.draws.sums(weights)
        for row, each in enumerate(there):
            if each.elapsed > 0:
                # what is left; of one that takes longer already than drawn, half as much again
                left = found[row] - each.elapsed
                found[row] = np.where(left > 0, left, found[row] * 0.5)
        return found

    def _sort(self) -> None:
        """Order each path by when its work comes; what came first keeps its place."""
        order = np.argsort(self.ready, axis=0, kind="stable")
        self.ready = np.take_along_axis(self.ready, order, axis=0)
        self.due = np.take_along_axis(self.due, order, axis=0)
        self.service = np.take_along_axis(self.service, order, axis=0)
        self.weight = self.weight[order]


def _joined(waiting: Sequence[Waiting], max_jobs: int) -> list[Waiting]:
    """Take neighbours together until there are no more than `max_jobs`."""
    size = -(-len(waiting) // max(1, max_jobs))
    if size <= 1:
        return list(waiting)
    found = []
    for first in range(0, len(waiting), size):
        part = waiting[first : first + size]
        middle = part[len(part) // 2]
        n = sum(each.n for each in part)
        found.append(Waiting(middle.ready_at, middle.due_at, n))
    return found


def _times(situation: Situation, counts: Places, block: float, rng: np.random.Generator) -> Floats:
    """Return when each arrival comes, as (arrivals, paths), in no order; inf: none."""
    n_paths = counts.shape[1]
    blocks = np.floor(counts / block + rng.random(counts.shape)).astype(np.int64)
    most = int(blocks.sum(axis=0).max()) if len(blocks) else 0
    found = np.full((most, n_paths), NEVER)
    filled = np.zeros(n_paths, dtype=np.int64)
    for row, each in zip(blocks, situation.arrivals.slices, strict=True):
        n = int(row.max()) if len(row) else 0
        if n == 0:
            continue
        number = np.arange(n)[:, None]
        times = each.start + (each.end - each.start) * rng.random((n, n_paths))
        is_one = np.broadcast_to(number < row, times.shape)
        places = np.broadcast_to(filled + number, times.shape)
        paths = np.broadcast_to(np.arange(n_paths), times.shape)
        found[places[is_one], paths[is_one]] = times[is_one]
        filled += row
    return found
