"""FEEL's date and time: a day and a time of day, perhaps in a zone."""

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, ClassVar

from .calendar import DAY_SECONDS, LARGEST_YEAR
from .dates import DATE_PATTERN, FeelDate, day_numbered, make_date
from .durations import SECOND, DaysDuration, MonthsDuration, days_duration, ordered
from .times import (
    MIDNIGHT,
    TIME_PATTERN,
    UTC_MIDNIGHT,
    FeelTime,
    clock_of,
    offset_duration,
    read_parts,
)
from .zones import Zone, zone_of_python

_DATE_TIME = re.compile(f"{DATE_PATTERN}(?:T{TIME_PATTERN})?")


@dataclass(frozen=True, slots=True)
class FeelDateTime:
    """A moment. Its zone is its time's; without one it compares only with its like.

    `==` asks for the same parts, zone included, as FEEL's `is` does.
    """

    feel_type: ClassVar[str] = "date and time"

    date: FeelDate
    time: FeelTime

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"

    def __add__(self, other: object) -> Any:
        """Add months by the calendar, days and time on the time line (a day is 24 hours)."""
        if isinstance(other, DaysDuration):
            return moment_of(self.nanoseconds + other.nanoseconds, self.zone)
        if isinstance(other, MonthsDuration):
            day = self.date.plus_months(other.months)
            return FeelDateTime(day, self.time) if day else None
        return NotImplemented

    __radd__ = __add__

    def __sub__(self, other: object) -> Any:
        if isinstance(other, DaysDuration | MonthsDuration):
            return self + -other
        moment = _moment(other)
        return NotImplemented if moment is None else _between(self, moment)

    def __rsub__(self, other: object) -> Any:
        moment = _moment(other)
        return NotImplemented if moment is None else _between(moment, self)

    def equal_to(self, other: object) -> bool | None:
        """FEEL's `=`: the same moment wherever it is told; it takes no notice of fractions."""
        if isinstance(other, FeelDateTime) and self.goes_with(other):
            return self.utc_seconds == other.utc_seconds
        return None

    def compare_to(self, other: object) -> int | None:
        if isinstance(other, FeelDateTime) and self.goes_with(other):
            return ordered(self.nanoseconds, other.nanoseconds)
        return None

    def member(self, name: str) -> Any:
        """Return a member of its date or of its time."""
        if name == "time offset":
            return offset_duration(self.offset)
        try:
            return self.date.member(name)
        except KeyError:
            return self.time.member(name)

    def goes_with(self, other: "FeelDateTime") -> bool:
        return self.time.goes_with(other.time)

    def told_in(self, zone: Zone) -> "FeelDateTime | None":
        """Return the same moment in another zone; a local one gets the zone. None: too far off."""
        if self.zone is None:
            return FeelDateTime(self.date, replace(self.time, zone=zone))
        return moment_of(self.nanoseconds, zone)

    @property
    def zone(self) -> Zone | None:
        return self.time.zone

    @property
    def local_seconds(self) -> int:
        """Seconds from 1970, as if its zone were UTC."""
        return self.date.number * DAY_SECONDS + self.time.local_seconds

    @property
    def offset(self) -> int | None:
        """Seconds east of UTC at this moment; None without a zone."""
        zone = self.time.zone
        return None if zone is None else zone.offset_of_local(self.local_seconds)

    @property
    def utc_seconds(self) -> int:
        """Seconds from 1970 in UTC; local seconds without a zone."""
        return self.local_seconds - (self.offset or 0)

    @property
    def nanoseconds(self) -> int:
        """As `utc_seconds`, fraction included."""
        return self.utc_seconds * SECOND + self.time.nanosecond

    def to_python(self) -> datetime:
        """Return it to the microsecond, naive without a zone.

        Raises ValueError beyond the years 1 to 9999.
        """
        clock = self.time
        return datetime(  # noqa: DTZ001 - local moments are naive by intent
            self.date.year,
            self.date.month,
            self.date.day,
            clock.hour,
            clock.minute,
            clock.second,
            clock.nanosecond // 1000,
            tzinfo=clock.zone.to_python() if clock.zone else None,
        )

    @staticmethod
    def from_python(moment: datetime) -> "FeelDateTime":
        zone = zone_of_python(moment.tzinfo, moment) if moment.tzinfo else None
        clock = FeelTime(moment.hour, moment.minute, moment.second, moment.microsecond * 1000, zone)
        return FeelDateTime(FeelDate.from_python(moment), clock)


def date_time_of(text: str) -> FeelDateTime | None:
    """Read a date, `T` and a time; a date alone is its midnight, 24:00:00 the next day's."""
    found = _DATE_TIME.fullmatch(text)
    day = make_date(int(found[1]), int(found[2]), int(found[3])) if found else None
    if found is None or day is None:
        return None
    if found[4] is None:
        return FeelDateTime(day, MIDNIGHT)
    clock, days = read_parts(found.groups()[3:])
    later = day_numbered(day.number + days) if days else day
    return FeelDateTime(later, clock) if clock and later else None


def moment_of(nanoseconds: int, zone: Zone | None) -> FeelDateTime | None:
    """Return the moment with `.nanoseconds` as given, told in `zone`; None beyond FEEL's years."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    if abs(seconds) > (LARGEST_YEAR + 2) * 366 * DAY_SECONDS:
        return None
    local = seconds + (zone.offset_of_instant(seconds) if zone else 0)
    days, of_day = divmod(local, DAY_SECONDS)
    day = day_numbered(days)
    return FeelDateTime(day, clock_of(of_day, fraction, zone)) if day else None


def now_of(clock: datetime) -> FeelDateTime:
    """Return the moment that an aware clock shows; a naive one is taken for UTC."""
    return FeelDateTime.from_python(clock if clock.tzinfo else clock.replace(tzinfo=UTC))


def _moment(value: object) -> FeelDateTime | None:
    if isinstance(value, FeelDate):
        return FeelDateTime(value, UTC_MIDNIGHT)
    return value if isinstance(value, FeelDateTime) else None


def _between(left: FeelDateTime, right: FeelDateTime) -> DaysDuration | None:
    return days_duration(left.nanoseconds - right.nanoseconds) if left.goes_with(right) else None
