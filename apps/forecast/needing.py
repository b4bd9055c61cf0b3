"""How many slots it takes so that hardly anything is late. Pure."""

from collections.abc import Callable
from itertools import count
from typing import Final

from .accepting import ACCEPTED, Need
from .simulating import Simulated, simulate
from .situations import Situation

# Looked at roughly at first, then one by one around the first that will do
CANDIDATES: Final = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128)
ROUGH_PATHS, ROUGH_JOBS = 40, 160
CLOSE_PATHS, CLOSE_JOBS = 150, 300
ROUGHLY_ACCEPTED: Final = 0.15
MAX_LOOKS: Final = 4


def slots_needed(situation: Situation, known: Simulated) -> Need | None:
    """Return how many slots it takes; `known` is what the situation's own number leads to.

    None when nothing that is there or comes in has a time by which it is due.
    """
    if not _has_dues(situation):
        return None
    seen = {known.slots: known.miss_chance}

    def miss(slots: int) -> float:
        if slots not in seen:
            seen[slots] = _look(situation, slots, CLOSE_PATHS, CLOSE_JOBS)
        return seen[slots]

    first = _roughly(situation)
    if first is None:
        return Need(None, miss(CANDIDATES[-1]))
    return _closely(first, miss)


def _roughly(situation: Situation) -> int | None:
    """Halve the candidates until the first is found that may do; more slots never make it worse."""
    low, high = 0, len(CANDIDATES)
    while low < high:
        middle = (low + high) // 2
        if _look(situation, CANDIDATES[middle], ROUGH_PATHS, ROUGH_JOBS) <= ROUGHLY_ACCEPTED:
            high = middle
        else:
            low = middle + 1
    return CANDIDATES[low] if low < len(CANDIDATES) else None


def _closely(first: int, miss: Callable[[int], float]) -> Need:
    """Go down while fewer will do, or up until enough are found; a few looks are enough."""
    if miss(first) <= ACCEPTED:
        best = first
        for slots in range(first - 1, max(0, first - 1 - MAX_LOOKS), -1):
            if miss(slots) > ACCEPTED:
                break
            best = slots
        return Need(best, miss(best))
    for step, slots in enumerate(count(first + 1)):
        if miss(slots) <= ACCEPTED or step >= MAX_LOOKS:
            return Need(slots if miss(slots) <= ACCEPTED else None, miss(slots))
    raise AssertionError("counting ends nowhere")


def _look(situation: Situation, slots: int, n_paths: int, max_jobs: int) -> float:
    (found,) = simulate(
        situation, slots=(slots,), n_paths=n_paths, max_jobs=max_jobs, has_curve=False
    )
    return found.miss_chance


def _has_dues(situation: Situation) -> bool:
    return situation.due.is_set or any(
        0 <= each.due_at <= situation.horizon for each in situation.waiting
    )
