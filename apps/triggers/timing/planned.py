"""One time at which something is to start."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import blake2b


class Mark(StrEnum):
    """What is special about a planned time."""

    NONE = ""
    GAP = "gap"  # the clock skipped that time; it is due when the skipped time is over
    FOLD = "fold"  # the clock shows that time twice on that day
    CLOSED = "closed"  # on a closed day: to be recorded as skipped
    MOVED = "moved"  # from a closed day to a working day


@dataclass(frozen=True, slots=True)
class Planned:
    """`at` is the moment, in UTC; `nominal` the wall clock as written, in the rule's zone.

    They say the same time unless `mark` is gap or moved.
    """

    at: datetime
    nominal: datetime
    mark: Mark = Mark.NONE


def jittered(at: datetime, seed: str, seconds: int) -> datetime:
    """Return `at`, later by up to `seconds`: always the same for the same seed and moment."""
    if seconds <= 0:
        return at
    drawn = blake2b(f"{seed}\n{at.timestamp()}".encode(), digest_size=8).digest()
    return at + timedelta(milliseconds=int.from_bytes(drawn, "big") % (seconds * 1_000 + 1))
