"""How long each try took, from when tries began and ended. Pure.

A bot leases ahead and hands results in together: the time from lease to result is longer than the
work. What one worker did is therefore laid out one after another: a try cannot have begun before
the one before it ended, and of tries that ended together each took its part.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Try:
    """One try at an item, by `worker`: a run, or whoever leased by API."""

    worker: str
    started_at: datetime
    ended_at: datetime
    outcome: str


def work_seconds(tries: Iterable[Try]) -> list[float]:
    """Return what each try took, in no order."""
    of_worker: dict[str, dict[datetime, list[Try]]] = defaultdict(lambda: defaultdict(list))
    for each in tries:
        of_worker[each.worker][each.ended_at].append(each)
    found: list[float] = []
    for ends in of_worker.values():
        before: datetime | None = None
        for ended_at in sorted(ends):
            together = ends[ended_at]
            began = min(each.started_at for each in together)
            if before is not None:
                began = max(began, before)
            took = max(0.0, (ended_at - began).total_seconds()) / len(together)
            found += [took] * len(together)
            before = ended_at
    return found
