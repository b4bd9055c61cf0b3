"""What may become of a queue: many days drawn from what was seen of it. Pure, and fast.

All paths go through time in step, each to its own next start, so that a step costs the same for
hundreds of them. Who is first served is first in line, as the queue would lease it: what waits in
the order that the caller gives, then by the time it comes in; what failed before what is newer. Of
very much work several items are taken together; such a block holds one slot as long as its
items take, and counts as late when its middle is.

Seconds from now throughout. The same situation and seed give the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .arriving import Arrivals
from .handling import Draws, Handling
from .windows import Closing, closings_of_slots, shifted

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Truths = NDArray[np.bool_]

PATHS: Final = 200
# More items than this in a path are taken together in blocks
MAX_JOBS: Final = 600
# Of those that wait for another try at a time; what is beyond is tried again at once
MAX_PENDING: Final = 48
SEED: Final = 20_261_123
NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Waiting:
    """An item that is there already, or `n` like it: when it may start, and when it is due."""

    ready_at: float = 0.0
    due_at: float = NEVER
    n: float = 1.0
    # in hand for so long already
    elapsed: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """When what comes in is due. Nothing given: never."""

    after: float | None = None
    # moments at which everything that came in before is due, in order
    cut_offs: tuple[float, ...] = ()
    # of queues whose items say it themselves: how long before, drawn from what was seen
    leads: tuple[float, ...] = ()
    share: float = 0.0

    @property
    def is_set(self) -> bool:
        return self.after is not None or bool(self.cut_offs) or self.share > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """All that a forecast starts from. `waiting` in the order in which it will be leased."""

    horizon: float
    slots: int
    handling: Handling
    waiting: tuple[Waiting, ...] = ()
    arrivals: Arrivals = field(default_factory=Arrivals)
    arrivals_scale: float = 1.0
    due: Due = field(default_factory=Due)
    closings: tuple[Closing, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """What became of each path; `cleared` is inf where the queue was not empty in time.

    `n_late` counts items that were due within the horizon and not late yet.
    """

    slots: int
    horizon: float
    cleared: Floats
    n_late: Floats
    ready: Floats  # (starts, paths): when what was started became ready; inf where none was
    finish: Floats
    weights: Floats
    busy_share: float

    @property
    def miss_chance(self) -> float:
        return float((self.n_late > 0).mean())

    def cleared_at(self, share: float) -> float | None:
        """Return by when the queue is empty in that share of the paths; None: not in time."""
        found = float(np.quantile(self.cleared, share, method="higher"))
        return found if np.isfinite(found) else None

    def waiting_at(self, moments: Floats) -> Floats:
        """Return how many items wait or are in hand at each moment, as (moments, paths)."""
        n_paths = self.ready.shape[1]
        found = np.zeros((len(moments) + 1, n_paths))
        paths = np.broadcast_to(np.arange(n_paths), self.ready.shape).ravel()
        for times, sign in ((self.ready, 1.0), (self.finish, -1.0)):
            places = np.searchsorted(moments, times.ravel())
            flat = np.bincount(
                places * n_paths + paths,
                weights=sign * self.weights.ravel(),
                minlength=found.size,
            )
            found += flat[: found.size].reshape(found.shape)
        curve: Floats = np.maximum(0.0, found.cumsum(axis=0)[:-1])
        return curve


def simulate(
    situation: Situation,
    *,
    slots: Sequence[int] = (),
    n_paths: int = PATHS,
    max_jobs: int = MAX_JOBS,
    seed: int = SEED,
    has_curve: bool = True,
) -> list[Simulated]:
    """Simulate the situation once per number of slots (its own, if none are given).

    All numbers of slots meet the same arrivals and the same work. `has_curve` false leaves out
    what `waiting_at` needs.
    """
    rng = np.random.default_rng(seed)
    jobs = _Jobs(situation, rng, n_paths, max_jobs)
    wanted = slots or (situation.slots,)
    return [_Walk(situation, jobs, n, seed, has_curve=has_curve).run() for n in wanted]


class _Jobs:
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


class _Walk:
    """One walk of all paths through time with a number of slots."""

    def __init__(
        self, situation: Situation, jobs: _Jobs, slots: int, seed: int, *, has_curve: bool
    ) -> None:
        self.situation, self.jobs, self.slots = situation, jobs, slots
        self.rng = np.random.default_rng(seed + 1)
        n = jobs.n_paths
        self.rows = np.arange(n)
        self.free = np.zeros((n, max(1, slots)))
        self.first = self.rows * max(1, slots)
        self.closings = closings_of_slots(situation.closings, slots, situation.horizon)
        self.again_at = np.full((n, MAX_PENDING), NEVER)
        self.again_due = np.full((n, MAX_PENDING), NEVER)
        self.again_tries = np.zeros((n, MAX_PENDING), dtype=np.int64)
        self.n_again = self.n_cleared = 0
        self.nothing = (np.zeros(n, dtype=np.int64), np.full(n, NEVER))
        self.share, self.luck = jobs.draws.share_again, self.rng.random((997, n))
        self.last = np.zeros(n)
        self.cleared = np.full(n, NEVER)
        self.n_late, self.has_curve, self.worked = np.zeros(n), has_curve, 0.0
        self.seen: list[tuple[Floats, Floats, Floats]] = []

    def run(self) -> Simulated:
        jobs, n = self.jobs, self.jobs.n_paths
        if self.slots < 1:
            return self._nothing_moves()
        ready = np.append(jobs.ready, np.full(n, NEVER))
        due, weight = np.append(jobs.due, np.full(n, NEVER)), np.append(jobs.weight, np.ones(n))
        service, spare = np.append(jobs.service, np.zeros(n)), jobs.draws.times(64)
        # where each path is in the flat arrays: its next job that has not come yet
        at = self.rows.copy()
        for step in range(4 * len(jobs.ready) + 1000):
            comes = ready.take(at)
            place, back = self._next_again()
            slot = self.free.argmin(axis=1)
            freed = self.free.take(self.first + slot)
            is_again = (back <= freed) & (back < NEVER) | (back < comes)
            moment = np.where(is_again, back, comes)
            is_live = moment < NEVER
            self._note_empty(comes, back)
            if not is_live.any():
                break
            takes, weigh, until = service.take(at), weight.take(at), due.take(at)
            if self.n_again:
                takes = np.where(is_again, spare[step % 64], takes)
                weigh = np.where(is_again, 1.0, weigh)
                until = np.where(is_again, self.again_due[self.rows, place], until)
            start, finish = self._start(slot, freed, moment, takes)
            failed = self._fail(step, is_again, place, finish, until, weigh, is_live)
            self._count(start, finish, until, weigh, failed)
            if self.has_curve:
                self.seen.append((moment, finish, weigh))
            at += (is_live & ~is_again) * n
        return self._simulated()

    def _next_again(self) -> tuple[Places, Floats]:
        if not self.n_again:
            return self.nothing
        place = self.again_at.argmin(axis=1)
        return place, self.again_at[self.rows, place]

    def _note_empty(self, comes: Floats, back: Floats) -> None:
        """Where nothing is in hand before the next comes, and nothing is to be tried again."""
        if self.n_cleared == len(self.rows):
            return
        is_empty = (self.cleared == NEVER) & (comes > self.last) & (back == NEVER)
        if is_empty.any():
            self.cleared[is_empty] = self.last[is_empty]
            self.n_cleared = int((self.cleared < NEVER).sum())

    def _start(
        self, slot: Places, freed: Floats, moment: Floats, takes: Floats
    ) -> tuple[Floats, Floats]:
        """Put the next of each path on its slot; a path that has no more is at infinity."""
        start = np.maximum(freed, moment)
        if self.closings.is_any_within(start):
            offers = shifted(np.maximum(self.free, moment[:, None]), self.closings)
            slot = offers.argmin(axis=1)
            start = offers[self.rows, slot]
        finish = start + takes
        self.free.put(self.first + slot, finish)
        np.maximum(self.last, finish, out=self.last, where=finish < NEVER)
        return start, finish

    def _fail(  # noqa: PLR0913, PLR0917 one try of each path
        self,
        step: int,
        is_again: Truths,
        place: Places,
        finish: Floats,
        due: Floats,
        weigh: Floats,
        is_live: Truths,
    ) -> Truths:
        """Draw which tries failed, and put those in line that will be tried again."""
        failed: Truths = is_live & (self.luck[step % len(self.luck)] < self.share) & (weigh <= 1.0)
        if not self.n_again and not failed.any():
            return failed
        which = np.flatnonzero(failed)
        tries = np.where(is_again, self.again_tries[self.rows, place], 0) + 1
        done = np.flatnonzero(is_again)
        self.again_at[done, place[done]] = NEVER
        self.n_again -= len(done)
        which = which[tries[which] < self.situation.handling.max_attempts]
        spot = self.again_at[which].argmax(axis=1)
        is_room = self.again_at[which, spot] == NEVER
        which, spot = which[is_room], spot[is_room]
        self.again_at[which, spot] = finish[which] + self.jobs.draws.delay(tries[which])
        self.again_due[which, spot] = due[which]
        self.again_tries[which, spot] = tries[which]
        self.n_again += len(which)
        failed[:] = False
        failed[which] = True
        return failed

    def _count(
        self, start: Floats, finish: Floats, until: Floats, weigh: Floats, failed: Truths
    ) -> None:
        """Note what is late; of a block, what its middle is. A path that is over never is."""
        ended = (start + finish) / 2 if self.jobs.is_blocks else finish
        if self.jobs.is_blocks:
            ended = np.where(weigh > 1.0, ended, finish)
        is_late = (ended > until) & ~failed
        if is_late.any():
            self.n_late += np.where(is_late, weigh, 0.0)
        horizon = self.situation.horizon
        self.worked += float((np.minimum(finish, horizon) - np.minimum(start, horizon)).sum())

    def _nothing_moves(self) -> Simulated:
        """Without a slot everything stays where it is, and what is due becomes late."""
        jobs, horizon = self.jobs, self.situation.horizon
        is_late = (jobs.due < NEVER) & (jobs.ready < NEVER)
        is_empty = ~np.isfinite(jobs.ready).any(axis=0)
        return Simulated(
            slots=0,
            horizon=horizon,
            cleared=np.where(is_empty, 0.0, NEVER),
            n_late=np.where(is_late, jobs.weight, 0.0).sum(axis=0),
            ready=jobs.ready,
            finish=np.full(jobs.ready.shape, NEVER),
            weights=jobs.weight,
            busy_share=0.0,
        )

    def _simulated(self) -> Simulated:
        horizon, n = self.situation.horizon, self.jobs.n_paths
        empty = np.zeros((0, n))
        ready, finish, weights = (
            (np.array(each) for each in zip(*self.seen, strict=True))
            if self.seen
            else (empty, empty, empty)
        )
        return Simulated(
            slots=self.slots,
            horizon=horizon,
            cleared=np.where(self.cleared <= horizon, self.cleared, NEVER),
            n_late=self.n_late,
            ready=ready,
            finish=finish,
            weights=weights,
            busy_share=self.worked / (n * self.slots * horizon),
        )


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
