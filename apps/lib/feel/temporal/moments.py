"""FEEL's date, time, and date and time. `==` asks for the same parts, as FEEL's `is` does.

Seconds are counted from 1970; a moment without a zone is local to nowhere in particular, and
compares only with its like.
"""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from . import calendar
from .calendar import DAY_SECONDS, LARGEST_YEAR
from .durations import SECOND, fraction_of, seconds_text
from .zones import UTC_ZONE, Zone, zone_of, zone_of_python

_DATE_PATTERN = r"(-?(?:[1-9][0-9]{4,8}|[0-9]{4}))-([0-9]{2})-([0-9]{2})"
_TIME_PATTERN = (
    r"([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?"
    r"(Z|[+-][0-9]{2}:[0-9]{2}(?::[0-9]{2})?|@[^@]+)?"
)
_DATE = re.compile(_DATE_PATTERN)
_TIME = re.compile(_TIME_PATTERN)
_DATE_TIME = re.compile(f"{_DATE_PATTERN}(?:T{_TIME_PATTERN})?")


@dataclass(frozen=True, slots=True)
class FeelDate:
    """A day. Beside a moment with a zone it stands for its midnight in UTC."""

    year: int
    month: int
    day: int

    def __str__(self) -> str:
        return f"{_year_text(self.year)}-{self.month:02}-{self.day:02}"

    @property
    def number(self) -> int:
        """Days from 1970-01-01."""
        return calendar.day_number(self.year, self.month, self.day)

    def at(self, clock: "FeelTime") -> "FeelDateTime":
        return FeelDateTime(self, clock)

    def to_python(self) -> date:
        """Raises ValueError beyond the years 1 to 9999."""
        return date(self.year, self.month, self.day)

    @staticmethod
    def from_python(day: date) -> "FeelDate":
        return FeelDate(day.year, day.month, day.day)


@dataclass(frozen=True, slots=True)
class FeelTime:
    """A time of day, perhaps in a zone. `nanosecond` is the fraction of its second."""

    hour: int
    minute: int
    second: int
    nanosecond: int = 0
    zone: Zone | None = None

    def __str__(self) -> str:
        seconds = seconds_text(self.second * SECOND + self.nanosecond)
        text = f"{self.hour:02}:{self.minute:02}:{'0' if self.second < 10 else ''}{seconds}"
        return text if self.zone is None else f"{text}{self.zone}"

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


@dataclass(frozen=True, slots=True)
class FeelDateTime:
    """A date and time, perhaps in a zone (its time's)."""

    date: FeelDate
    time: FeelTime

    def __str__(self) -> str:
        return f"{self.date}T{self.time}"

    @property
    def zone(self) -> Zone | None:
        return self.time.zone

    @property
    def local_seconds(self) -> int:
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
        return datetime(  # noqa: DTZ001 - local moments are naive by intent
            self.date.year,
            self.date.month,
            self.date.day,
            self.time.hour,
            self.time.minute,
            self.time.second,
            self.time.nanosecond // 1000,
            tzinfo=self.zone.to_python() if self.zone else None,
        )

    @staticmethod
    def from_python(moment: datetime) -> "FeelDateTime":
        zone = zone_of_python(moment.tzinfo, moment) if moment.tzinfo else None
        clock = FeelTime(moment.hour, moment.minute, moment.second, moment.microsecond * 1000, zone)
        return FeelDateTime(FeelDate.from_python(moment), clock)


MIDNIGHT = FeelTime(0, 0, 0)
UTC_MIDNIGHT = FeelTime(0, 0, 0, zone=UTC_ZONE)


def make_date(year: int, month: int, day: int) -> FeelDate | None:
    """Return the day, or None when there is no such day."""
    return FeelDate(year, month, day) if calendar.is_date(year, month, day) else None


def make_time(
    hour: int, minute: int, second: int, nanosecond: int = 0, zone: Zone | None = None
) -> FeelTime | None:
    """Return the time of day, or None when there is none."""
    if 0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59:
        return FeelTime(hour, minute, second, nanosecond, zone)
    return None


def date_of(text: str) -> FeelDate | None:
    """Read `2026-03-31`, also `-0044-03-15` and `12026-03-31`."""
    found = _DATE.fullmatch(text)
    return make_date(int(found[1]), int(found[2]), int(found[3])) if found else None


def time_of(text: str) -> FeelTime | None:
    """Read `13:20:00`, `13:20:00.5Z`, `13:20:00+02:00`, `13:20:00@Europe/Paris`."""
    found = _TIME.fullmatch(text)
    return _clock(found.groups())[0] if found else None


def date_time_of(text: str) -> FeelDateTime | None:
    """Read a date, `T` and a time; a date alone is its midnight, 24:00:00 the next day's."""
    found = _DATE_TIME.fullmatch(text)
    day = make_date(int(found[1]), int(found[2]), int(found[3])) if found else None
    if found is None or day is None:
        return None
    if found[4] is None:
        return day.at(MIDNIGHT)
    clock, days = _clock(found.groups()[3:])
    if clock is None:
        return None
    later = day_numbered(day.number + days) if days else day
    return later.at(clock) if later else None


def day_numbered(number: int) -> FeelDate | None:
    """Return the day that many days after 1970-01-01, or None beyond FEEL's years."""
    if abs(number) > (LARGEST_YEAR + 2) * 366:
        return None
    return make_date(*calendar.date_of(number))


def moment_of(nanoseconds: int, zone: Zone | None) -> FeelDateTime | None:
    """Return the moment with `.nanoseconds` as given, told in `zone`; None beyond FEEL's years."""
    seconds, fraction = divmod(nanoseconds, SECOND)
    if abs(seconds) > (LARGEST_YEAR + 2) * 366 * DAY_SECONDS:
        return None
    local = seconds + (zone.offset_of_instant(seconds) if zone else 0)
    days, of_day = divmod(local, DAY_SECONDS)
    day = day_numbered(days)
    return day.at(clock_of(of_day, fraction, zone)) if day else None


def clock_of(of_day: int, nanosecond: int, zone: Zone | None) -> FeelTime:
    """Return the time of day that is `of_day` seconds after midnight."""
    minutes, second = divmod(of_day, 60)
    return FeelTime(minutes // 60, minutes % 60, second, nanosecond, zone)


def now_of(clock: datetime) -> FeelDateTime:
    """Return the moment that an aware clock shows; a naive one is taken for UTC."""
    return FeelDateTime.from_python(clock if clock.tzinfo else clock.replace(tzinfo=UTC))


def _clock(parts: tuple[str | None, ...]) -> tuple[FeelTime | None, int]:
    """Return the time of day, and the days that it is past its own (24:00:00: 1)."""
    hour, minute, second = (int(part or 0) for part in parts[:3])
    zone = zone_of(parts[4]) if parts[4] else None
    if parts[4] and zone is None:
        return None, 0
    fraction = fraction_of(parts[3])
    if hour == 24 and not (minute or second or fraction):
        return FeelTime(0, 0, 0, zone=zone), 1
    return make_time(hour, minute, second, fraction, zone), 0


def _year_text(year: int) -> str:
    return f"-{-year:04}" if year < 0 else f"{year:04}"
