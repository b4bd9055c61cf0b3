"""FEEL's time of day."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import time, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from .calendar import DAY_SECONDS
from .durations import SECOND, DaysDuration, days_duration, fraction_of, ordered, seconds_text
from .zones import UTC_ZONE, Zone, zone_of

TIME_PATTERN = (
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[^@]+)?"
)

_TIME = re.compile(TIME_PATTERN)


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day, perhaps in a zone. `nanosecond` is the fraction of its second.

    Without a zone it is local to nowhere in particular, and compares only with its like. In a
    named zone it is told out of summer time.
    """

    feel_type: ClassVar[str] = "time"

    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    zone: Zone | None = None

    def __str__(self) -> str:
        seconds = seconds_text(self.second * SECOND + self.nanosecond)
        text = f"{self.hour:02}:{self.minute:02}:{'0' if self.second < 10 else ''}{seconds}"
        return text if self.zone is None else f"{text}{self.zone}"

    def __add__(self, other: object) -> Any:
        """Add a duration, around midnight if need be."""
        if not isinstance(other, DaysDuration):
            return NotImplemented
        total = self.local_seconds * SECOND + self.nanosecond + other.nanoseconds
        seconds, fraction = divmod(total, SECOND)
        return clock_of(seconds % DAY_SECONDS, fraction, self.zone)

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        if isinstance(other, DaysDuration):
            return self + -other
        if not isinstance(other, FeelTime):
            return NotImplemented
        if not self.goes_with(other):
            return None
        return days_duration(self.nanoseconds - other.nanoseconds)

    def equal_to(self, other: object) -> bool | None:
        """FEEL's `=`: the same moment wherever it is told; it takes no notice of fractions."""
        if isinstance(other, FeelTime) and self.goes_with(other):
            return self.utc_seconds == other.utc_seconds
        return None

    def compare_to(self, other: object) -> int | None:
        if isinstance(other, FeelTime) and self.goes_with(other):
            return ordered(self.nanoseconds, other.nanoseconds)
        return None

    def member(self, name: str) -> Any:
        """Return `hour`, `minute`, `second` (with fraction), `time offset` or `timezone`."""
        return _MEMBERS[name](self)

    def goes_with(self, other: "FeelTime") -> bool:
        return (self.zone is None) == (other.zone is None)

    @property
    def local_seconds(self) -> int:
        """Seconds from midnight, fraction apart."""
        return self.hour * 3600 + self.minute * 60 + self.second

    @property
    def utc_seconds(self) -> int:
        """Seconds from midnight in UTC (perhaps negative); local seconds without a zone."""
        return self.local_seconds - (self.zone.usual_offset() if self.zone else 0)

    @property
    def nanoseconds(self) -> int:
        """As `utc_seconds`, fraction included."""
        return self.utc_seconds * SECOND + self.nanosecond

    @staticmethod
    def from_python(clock: time) -> "FeelTime":
        offset = clock.utcoffset()
        zone = None if offset is None else Zone(offset=offset // timedelta(seconds=1))
        return FeelTime(clock.hour, clock.minute, clock.second, clock.microsecond * 1000, zone)


MIDNIGHT = FeelTime(0, 0, 0)
UTC_MIDNIGHT = FeelTime(0, 0, 0, zone=UTC_ZONE)


def make_time(
    hour: int, minute: int, second: int, nanosecond: int = 0, zone: Zone | None = None
) -> FeelTime | None:
    """Return the time of day, or None when there is none."""
    if 0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59:
        return FeelTime(hour, minute, second, nanosecond, zone)
    return None


def time_of(text: str) -> FeelTime | None:
    """Read `13:20:00`, `13:20:00.5Z`, `13:20:00+02:00`, `13:20:00@Europe/Paris`."""
    found = _TIME.fullmatch(text)
    return read_parts(found.groups())[0] if found else None


def read_parts(parts: tuple[str | None, ...]) -> tuple[FeelTime | None, int]:
    """Return the time that the groups of TIME_PATTERN say, and its days (24:00:00 has one)."""
    hour, minute, second = (int(part or 0) for part in parts[:3])
    zone = zone_of(parts[4]) if parts[4] else None
    if parts[4] and zone is None:
        return None, 0
    fraction = fraction_of(parts[3])
    if hour == 24 and not (minute or second or fraction):
        return FeelTime(0, 0, 0, zone=zone), 1
    return make_time(hour, minute, second, fraction, zone), 0


def clock_of(of_day: int, nanosecond: int, zone: Zone | None) -> FeelTime:
    """Return the time of day that is `of_day` seconds after midnight."""
    minutes, second = divmod(of_day, 60)
    return FeelTime(minutes // 60, minutes % 60, second, nanosecond, zone)


def offset_duration(seconds: int | None) -> DaysDuration | None:
    return None if seconds is None else DaysDuration(seconds * SECOND)


_MEMBERS: Mapping[str, Callable[[FeelTime], Any]] = {
    "hour": lambda clock: Decimal(clock.hour),
    "minute": lambda clock: Decimal(clock.minute),
    "second": lambda clock: Decimal(clock.second) + Decimal(clock.nanosecond) / SECOND,
    "time offset": lambda clock: offset_duration(clock.zone.usual_offset() if clock.zone else None),
    "timezone": lambda clock: clock.zone.name if clock.zone else None,
}
