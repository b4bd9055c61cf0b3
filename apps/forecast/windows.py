"""Times in which slots take no work. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEVER: Final = float("inf")


@dataclass(frozen=True, slots=True)
class Closing:
    """From `start` to `end` so many slots start nothing; None: all of them. What runs goes on."""

    start: float
    end: float
    slots: int | None = None


@dataclass(frozen=True, slots=True)
class SlotClosings:
    """For each of a number of slots, when it is closed; as (slots, times), inf: no more times."""

    starts: Floats
    ends: Floats
    over: float  # when the last of them is over

    def is_any_within(self, moments: Floats) -> bool:
        """Say whether any of the moments may lie in a closed time of some slot."""
        if not self.starts.size or (first := moments.min()) >= self.over:
            return False
        last = moments[moments < NEVER].max(initial=0.0)
        return bool(((self.starts <= last) & (self.ends > first)).any())


def closings_of_slots(closings: Sequence[Closing], slots: int, horizon: float) -> SlotClosings:
    """Say which of the slots are closed when: those with the highest numbers go first."""
    times: list[list[tuple[float, float]]] = [[] for _slot in range(max(1, slots))]
    marks = sorted({0.0, *(each for one in closings for each in (one.start, one.end))})
    for start, end in zip(marks, marks[1:], strict=False):
        open_ = [each for each in closings if each.start <= start and each.end >= end]
        gone = sum(slots if each.slots is None else each.slots for each in open_)
        for slot in range(max(0, slots - gone), slots):
            if times[slot] and times[slot][-1][1] == start:
                times[slot][-1] = (times[slot][-1][0], end)
            elif start <= horizon:
                times[slot].append((start, end))
    most = max(len(each) for each in times)
    starts, ends = np.full((len(times), most), NEVER), np.full((len(times), most), NEVER)
    for slot, found in enumerate(times):
        for number, (start, end) in enumerate(found):
            starts[slot, number], ends[slot, number] = start, end
    return SlotClosings(starts, ends, float(ends[ends < NEVER].max(initial=0.0)))


def shifted(moments: Floats, closings: SlotClosings) -> Floats:
    """Return `moments` (paths, slots), each moved to the end of the closed time it lies in."""
    found = moments
    for number in range(closings.starts.shape[1]):
        start, end = closings.starts[:, number], closings.ends[:, number]
        is_closed = (found >= start) & (found < end)
        found = np.where(is_closed, end, found)
    return found


def slots_at(closings: Sequence[Closing], slots: int, moment: float) -> int:
    """Return how many of the slots take work at that moment."""
    gone = 0
    for each in closings:
        if each.start <= moment < each.end:
            gone += slots if each.slots is None else each.slots
    return max(0, slots - gone)
