"""How much of what comes in is taken and written down, so that a flood fills neither disk nor log.

Each process counts for itself, in memory: with two web processes twice as much gets through.
"""

import time
from collections import OrderedDict
from collections.abc import Hashable
from threading import Lock
from typing import Final

MOST_KNOWN: Final = 10_000


class Buckets:
    """So many at once, and so many a second from then on, for each of many."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self.burst = burst
        self.per_second = per_second
        self._full_at: OrderedDict[Hashable, float] = OrderedDict()
        self._lock = Lock()

    def take(self, whose: Hashable) -> bool:
        """Take one; False when there is none left now."""
        now, each = time.monotonic(), 1.0 / self.per_second
        with self._lock:
            full_at = max(self._full_at.pop(whose, now), now) + each
            is_left = full_at - now <= self.burst * each + 1e-9
            # the longest unseen go first; theirs have filled up again unless all come at once
            self._full_at[whose] = full_at if is_left else full_at - each
            if len(self._full_at) > MOST_KNOWN:
                self._full_at.popitem(last=False)
        return is_left

    def seconds_until_next(self, whose: Hashable) -> float:
        """Return after how many seconds one may be taken again."""
        with self._lock:
            full_at = self._full_at.get(whose, 0.0)
        return max(0.0, full_at - time.monotonic() - (self.burst - 1) / self.per_second)

    def forget(self) -> None:
        """Fill all up; for tests."""
        with self._lock:
            self._full_at.clear()


# Good calls of one trigger: each of them starts something
STARTS: Final = Buckets(burst=100, per_second=20.0)
# Refusals and repetitions of one trigger that are written down; each is answered, anyway
RECORDS: Final = Buckets(burst=30, per_second=0.5)
