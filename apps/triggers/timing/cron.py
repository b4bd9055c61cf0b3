"""Cron, as Debian's reads it: cronsim reads the five fields and walks plain clocks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim

from .clocks import LONGEST_WAIT, next_change, on_the_clock, planned_at, wall_of
from .planned import Planned
from .schedules import shortest_between

# Without a zone, cronsim is a plain clock.
PLAIN_CLOCK = datetime(2001, 1, 1)  # noqa: DTZ001


@dataclass(frozen=True, slots=True)
class Cron:
    """Due when the clock shows what five fields say.

    Where minute or hour begin with a star it goes by real time: not in the time that the clock
    skips, and in both of that which it shows twice. Any other has its times of day: those that the
    clock skips are due once it goes on, those that it shows twice the first time.
    """

    text: str
    zone: ZoneInfo

    @property
    def shortest_seconds(self) -> int:
        return shortest_between(minutes_of(self.text))

    @property
    def most_a_day(self) -> int:
        return len(minutes_of(self.text))

    def after(self, moment: datetime) -> Iterator[Planned]:
        if any(part.startswith("*") for part in self.text.split()[:2]):
            return self._by_real_time(moment)
        walls = CronSim(self.text, wall_of(moment, self.zone))
        return on_the_clock(walls, self.zone, moment)

    def _by_real_time(self, moment: datetime) -> Iterator[Planned]:
        """Walk from change to change of the clock: in between it is a plain one.

        cronsim's own walk through a zone loses its way where half an hour is skipped, or midnight.
        """
        begin, last, shown = moment, moment, wall_of(moment, self.zone)
        while True:
            offset = begin.astimezone(self.zone).utcoffset() or timedelta()
            end = next_change(begin, self.zone)
            for wall in CronSim(self.text, shown):
                at = (wall - offset).replace(tzinfo=UTC)
                if end is not None and at >= end:
                    break
                if at - last > LONGEST_WAIT:
                    return
                last = at
                yield planned_at(at, self.zone)
            if end is None or end - last > LONGEST_WAIT:
                return
            begin, shown = end, wall_of(end, self.zone) - timedelta(seconds=1)


@lru_cache(maxsize=4096)
def fields_of(text: str) -> CronSim:
    """Return what the fields say, as sets. Raises CronSimError for what is no cron."""
    return CronSim(text, PLAIN_CLOCK)


@lru_cache(maxsize=4096)
def minutes_of(text: str) -> tuple[int, ...]:
    """Return the minutes of a day at which it is due, in order."""
    fields = fields_of(text)
    minutes = sorted(fields.minutes)
    return tuple(hour * 60 + minute for hour in sorted(fields.hours) for minute in minutes)
