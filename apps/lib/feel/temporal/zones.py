"""Where a time is told: a fixed offset from UTC (`+02:00`) or a named zone (`@Europe/Paris`)."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from .calendar import DAY_SECONDS, date_of

LARGEST_OFFSET_SECONDS = 18 * 3600

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+\-]*(?:/[A-Za-z0-9_+\-]+){0,3}")
_EARLIEST, _LATEST = 2, 9998
_REFERENCE = datetime(2026, 1, 1)  # noqa: DTZ001 - a local time, read in each zone


@dataclass(frozen=True, slots=True)
class Zone:
    """A place's time: exactly one of `name` and `offset` (seconds east of UTC) is given."""

    offset: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        return f"@{self.name}" if self.name else offset_text(self.offset or 0)

    def offset_of_local(self, seconds: int) -> int:
        """Return the offset at a local time, given in seconds from 1970 as if it were UTC."""
        if self.offset is not None:
            return self.offset
        return _seconds(self._rules().utcoffset(_within_python(seconds)))

    def offset_of_instant(self, seconds: int) -> int:
        """Return the offset at an instant, given in seconds from 1970 UTC."""
        if self.offset is not None:
            return self.offset
        instant = _within_python(seconds).replace(tzinfo=UTC)
        return _seconds(instant.astimezone(self._rules()).utcoffset())

    def usual_offset(self) -> int:
        """Return the offset out of summer time: what a time of day without a date has."""
        if self.offset is not None:
            return self.offset
        rules = self._rules()
        return _seconds(rules.utcoffset(_REFERENCE)) - _seconds(rules.dst(_REFERENCE))

    def to_python(self) -> tzinfo:
        if self.offset is not None:
            return timezone(timedelta(seconds=self.offset)) if self.offset else UTC
        return self._rules()

    def _rules(self) -> ZoneInfo:
        rules = named_zone(self.name or "")
        if rules is None:  # no one can build such a zone but by hand
            raise ValueError(f"There is no time zone {self.name!r}.")
        return rules


UTC_ZONE = Zone(offset=0)


@lru_cache(maxsize=1024)
def named_zone(name: str) -> ZoneInfo | None:
    """Return the rules of a zone by its name in the time zone database; None: there is none."""
    if len(name) > 64 or not _NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return None


def zone_of(text: str) -> Zone | None:
    """Read `Z`, `+02:00`, `-05:30:15` or `@Europe/Paris`; None for what is no zone."""
    if text == "Z":
        return UTC_ZONE
    if text.startswith("@"):
        return Zone(name=text[1:]) if named_zone(text[1:]) else None
    parts = [int(part) for part in text[1:].split(":")]
    hours, minutes, seconds = [*parts, 0][:3]
    offset = hours * 3600 + minutes * 60 + seconds
    if minutes > 59 or seconds > 59 or offset > LARGEST_OFFSET_SECONDS:
        return None
    return Zone(offset=-offset if text[0] == "-" else offset)


def zone_of_python(info: tzinfo, moment: datetime) -> Zone:
    """Return the zone of an aware Python datetime; a zone by name keeps its name."""
    if isinstance(info, ZoneInfo) and info.key and info.key != "UTC":
        return Zone(name=info.key)
    return Zone(offset=_seconds(info.utcoffset(moment)))


def offset_text(offset: int) -> str:
    """Write an offset as ISO 8601 does: `Z`, `+02:00`, `-05:30:15`."""
    if not offset:
        return "Z"
    minutes, seconds = divmod(abs(offset), 60)
    text = f"{'-' if offset < 0 else '+'}{minutes // 60:02}:{minutes % 60:02}"
    return f"{text}:{seconds:02}" if seconds else text


def _seconds(offset: timedelta | None) -> int:
    return 0 if offset is None else offset.days * DAY_SECONDS + offset.seconds


def _within_python(seconds: int) -> datetime:
    """Return the local time as Python's; beyond its years, a year with the same calendar."""
    days, of_day = divmod(seconds, DAY_SECONDS)
    year, month, day = date_of(days)
    if year > _LATEST:
        year = 2000 + year % 400
    elif year < _EARLIEST:
        # Zones had their local mean time then, in every year alike.
        year = 400 + year % 400
    midnight = datetime(year, month, day)  # noqa: DTZ001 - local by intent
    return midnight + timedelta(seconds=of_day)
