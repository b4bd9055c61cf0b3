"""Ways to say when: once, or every so often. The others are in cron.py and recurring.py.

A schedule knows neither start nor end nor calendar: rules.py sets those.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from .clocks import planned_at
from .planned import Planned

SECONDS_OF_DAY = 86_400


class Schedule(Protocol):
    """When something is due, without bounds. Changes of the clock aside:"""

    @property
    def shortest_seconds(self) -> int:
        """The shortest time from one start to the next."""

    @property
    def most_a_day(self) -> int:
        """How many starts a day can have."""

    def after(self, moment: datetime) -> Iterator[Planned]:
        """Yield the times strictly later than `moment`, in order, each moment once."""


@dataclass(frozen=True, slots=True)
class Once:
    planned: Planned
    shortest_seconds: int = SECONDS_OF_DAY
    most_a_day: int = 1

    def after(self, moment: datetime) -> Iterator[Planned]:
        if self.planned.at > moment:
            yield self.planned


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many seconds of real time, counted from `anchor` in both directions."""

    seconds: int
    anchor: datetime
    zone: ZoneInfo

    @property
    def shortest_seconds(self) -> int:
        return self.seconds

    @property
    def most_a_day(self) -> int:
        return -(-SECONDS_OF_DAY // self.seconds)

    def after(self, moment: datetime) -> Iterator[Planned]:
        step = timedelta(seconds=self.seconds)
        at = self.anchor + ((moment - self.anchor) // step + 1) * step
        while True:
            yield planned_at(at, self.zone)
            at += step


def shortest_between(minutes: Sequence[int]) -> int:
    """Return the fewest seconds between two of these minutes of the day, across midnight too."""
    around = [*minutes, minutes[0] + SECONDS_OF_DAY // 60]
    return min(later - earlier for earlier, later in pairwise(around)) * 60
