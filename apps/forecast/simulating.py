"""What may become of a queue: many days drawn from what was seen of it. Pure, and fast.

All paths go through time in step, each to its own next start, so that a step costs the same for
hundreds of them. Who is first served is first in line, as the queue would lease it: what waits in
the order that the caller gives, then by the time it comes in; what failed before what is newer. Of
very much work several items are taken together; such a block holds one slot as long as its
items take, and counts as late when its middle is.

Seconds from now throughout. The same situation and seed give the same answer.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .jobs import Jobs
from .situations import NEVER, Situation
from .windows import closings_of_slots, shifted

Floats = NDArray[np.float64]
Places = NDArray[np.int64]
Truths = NDArray[np.bool_]

PATHS: Final = 200
# More items than this in a path are taken together in blocks
MAX_JOBS: Final = 600
# Of those that wait for another try at a time; what is beyond is tried again at once
MAX_PENDING: Final = 48
SEED: Final = 20_261_123


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
    jobs = Jobs(situation, rng, n_paths, max_jobs)
    wanted = slots or (situation.slots,)
    return [_Walk(situation, jobs, n, seed, has_curve=has_curve).run() for n in wanted]


class _Walk:
    """One walk of all paths through time with a number of slots."""

    def __init__(
        self, situation: Situation, jobs: Jobs, slots: int, seed: int, *, has_curve: bool
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
