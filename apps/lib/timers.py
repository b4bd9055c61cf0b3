"""When timers are due: a date, a duration, or a cycle, as ISO 8601 and cron write them.

    date       2026-03-31T13:20:00Z · 2026-03-31T13:20:00+02:00 · 2026-03-31T13:20@Europe/Paris
    duration   PT15M · P1DT12H · P1Y2M10D · P2W
    cycle      R3/PT10S · R/2026-01-01T00:00:00Z/P1D · R/PT1H/2026-12-31T00:00:00Z · */5 * * * *

Years, months, weeks and days are reckoned by the calendar of a zone, so that a day keeps its time
of day when summer time begins; hours, minutes and seconds on the time line. Answers are in UTC.
"""

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from .errors import InvalidError
from .feel.temporal import (
    DaysDuration,
    FeelDate,
    FeelDateTime,
    MonthsDuration,
    date_time_of,
)
from .feel.temporal.calendar import plus_months

Kind: TypeAlias = Literal["date", "duration", "cycle"]

_DURATION = re.compile(
    r"([+-]?)P(?=[0-9T])(?:([0-9]{1,5})Y)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})W)?(?:([0-9]{1,7})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,9})H)?(?:([0-9]{1,9})M)?(?:([0-9]{1,10})(?:[.,]([0-9]{1,9}))?S)?)?"
)
_PART = re.compile(r"/(?=[+-]?P[0-9T]|[0-9]{4}-)")  # other strokes are of zones' names
_REPEATS = re.compile(r"R([0-9]{0,9})")
_DATE = re.compile(
    r"(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:T(?P<minute>[0-9]{2}:[0-9]{2})(?P<second>:[0-9]{2}(?:\.[0-9]+)?)?"
    r"(?P<offset>Z|[+-][0-9]{2}:[0-9]{2})?(?:@(?P<at>[^\[\]@]+)|\[(?P<named>[^\[\]]+)\])?)?"
)
_CRON_NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}


@dataclass(frozen=True, slots=True)
class Length:
    """A length of time: so many months and days of the calendar, and `time` of the time line."""

    months: int = 0
    days: int = 0
    time: timedelta = timedelta()

    def after(self, moment: datetime, *, times: int = 1, zone: tzinfo = UTC) -> datetime:
        """Return the aware `moment` plus `times` this length, in UTC; days are those of `zone`.

        Adding three months at once keeps the 31st where adding one thrice may lose it. Raises
        InvalidError beyond the year 9999.
        """
        try:
            if self.months or self.days:
                moment = self._by_calendar(moment.astimezone(zone), times, zone)
            return moment.astimezone(UTC) + self.time * times
        except (OverflowError, ValueError):
            raise InvalidError(_("That is beyond the year 9999. Take a shorter time.")) from None

    def is_positive(self) -> bool:
        """Tell whether it leads into the future; lengths of mixed signs do not occur."""
        return self.months > 0 or self.days > 0 or self.time > timedelta()

    def _by_calendar(self, moment: datetime, times: int, zone: tzinfo) -> datetime:
        day = plus_months(moment.year, moment.month, moment.day, self.months * times)
        local = moment.replace(year=day[0], month=day[1], day=day[2], tzinfo=None)
        local += timedelta(days=self.days * times)
        # by way of UTC: a time of day that summer time leaves out becomes one that there is
        return local.replace(tzinfo=zone).astimezone(UTC)


class TimerSpec(ABC):
    """What a timer's text says. Stateless: the caller keeps when it was last due, and how often."""

    repetitions: int | None = 1
    """How often it is due in all; None: without end."""

    @abstractmethod
    def first(self, after: datetime) -> datetime | None:
        """Return when it is due first, for a timer that begins at `after`; None: never."""

    def next(self, previous: datetime, count: int) -> datetime | None:
        """Return when it is due after `previous`, its `count`-th time; None: no more.

        `previous` is when it was due, not when that was noticed, so that delays do not add up.
        """
        return None


@dataclass(frozen=True, slots=True)
class DateTimer(TimerSpec):
    """Due once, at a moment; at once when that is past."""

    at: datetime

    def first(self, after: datetime) -> datetime:
        return self.at


@dataclass(frozen=True, slots=True)
class DurationTimer(TimerSpec):
    """Due once, after a length of time."""

    length: Length
    zone: tzinfo = UTC

    def first(self, after: datetime) -> datetime:
        return self.length.after(after, zone=self.zone)


@dataclass(frozen=True, slots=True)
class IntervalTimer(TimerSpec):
    """Due every `length`: from `start` (then: with it) or the timer's beginning, until `end`.

    With a start the times are fixed: those that are past are over, `repetitions` counts them too;
    and the zone that the start names goes before that of the caller.
    """

    length: Length
    repetitions: int | None = None
    start: datetime | None = None
    end: datetime | None = None
    zone: tzinfo = UTC

    def first(self, after: datetime) -> datetime | None:
        if self.start is not None:
            return self._fixed(self.start, after, at_once=True)
        return self._until_end(self.length.after(after, zone=self.zone))

    def next(self, previous: datetime, count: int) -> datetime | None:
        if self.start is not None:
            return self._fixed(self.start, previous, at_once=False)
        if self.repetitions is not None and count >= self.repetitions:
            return None
        return self._until_end(self.length.after(previous, zone=self.zone))

    def _fixed(self, start: datetime, moment: datetime, *, at_once: bool) -> datetime | None:
        """Return the first of the fixed times after `moment`, or with it when `at_once`."""

        def is_reached(index: int) -> bool:
            time = self._time(start, index)
            return time is None or time > moment or (at_once and time == moment)

        low, high = -1, 1
        while not is_reached(high):
            low, high = high, high * 2
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (low, middle) if is_reached(middle) else (middle, high)
        over = self.repetitions is not None and high >= self.repetitions
        due = None if over else self._time(start, high)
        return None if due is None else self._until_end(due)

    def _time(self, start: datetime, index: int) -> datetime | None:
        """Return the fixed time of that index, the start having 0; None beyond the year 9999."""
        try:
            return self.length.after(start, times=index, zone=self.zone)
        except InvalidError:
            return None

    def _until_end(self, moment: datetime) -> datetime | None:
        return None if self.end is not None and moment > self.end else moment


@dataclass(frozen=True, slots=True)
class CronTimer(TimerSpec):
    """Due whenever the clock of a zone shows what a cron text says."""

    text: str
    zone: tzinfo = UTC
    repetitions: int | None = None

    def first(self, after: datetime) -> datetime | None:
        try:
            found = next(CronSim(self.text, after.astimezone(self.zone)))
        except StopIteration:  # not within fifty years
            return None
        return found.astimezone(UTC)

    def next(self, previous: datetime, count: int) -> datetime | None:
        return self.first(previous)


def timer_of(kind: Kind, value: object, *, zone: tzinfo = UTC) -> TimerSpec:
    """Return the timer that a text, or a value of FEEL, says.

    What names no zone of its own is told in `zone`. Raises InvalidError with a sentence for people.
    """
    if kind == "date":
        return DateTimer(parse_date(value, zone=zone))
    if kind == "duration":
        return DurationTimer(parse_duration(value), zone)
    return _cycle(value.strip() if isinstance(value, str) else str(value), zone)


def parse_duration(value: object) -> Length:
    """Return the length of time that an ISO 8601 duration, or a duration of FEEL, says.

    A day of FEEL's is 24 hours, one of a text's is a day of the calendar. Raises InvalidError.
    """
    if isinstance(value, DaysDuration):
        return Length(time=value.to_python())
    if isinstance(value, MonthsDuration):
        return Length(months=value.months)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise _invalid(
            value, _("“%(text)s” is not a duration. Write it like PT15M, P1DT12H or P1Y2M.")
        )
    sign = -1 if found[1] == "-" else 1
    years, months, weeks, days, hours, minutes, seconds = (
        sign * int(part or 0) for part in found.groups()[1:8]
    )
    micro = sign * int((found[9] or "0")[:6].ljust(6, "0"))
    time = timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micro)
    return Length(years * 12 + months, weeks * 7 + days, time)


def parse_date(value: object, *, zone: tzinfo = UTC) -> datetime:
    """Return the moment that an ISO 8601 date and time, or a value of FEEL, says, in UTC.

    A date alone is its midnight. Raises InvalidError.
    """
    return _told(value, zone).astimezone(UTC)


def _told(value: object, zone: tzinfo) -> datetime:
    """Return the moment in the zone that it names itself, else in `zone`."""
    moment = _moment(value)
    try:
        if moment is None:
            raise ValueError(value)
        told = moment.to_python()
        told = told if told.tzinfo else told.replace(tzinfo=zone)
        told.astimezone(UTC)  # near the years 1 and 9999 there may be none
    except (ValueError, OverflowError):
        raise _invalid(
            value, _("“%(text)s” is not a date and time. Write it like 2026-03-31T13:20:00Z.")
        ) from None
    return told


def _moment(value: object) -> FeelDateTime | None:
    if isinstance(value, FeelDateTime):
        return value
    if isinstance(value, datetime):
        return FeelDateTime.from_python(value)
    text = str(value).strip() if isinstance(value, str | FeelDate) else ""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    if found["minute"] is None:
        return date_time_of(text)
    name = found["at"] or found["named"]
    # 2026-01-01T00:00+01:00[Europe/Paris], as Java writes it: the name says all
    place = f"@{name}" if name else found["offset"] or ""
    if found["at"] and found["offset"]:
        return None
    return date_time_of(f"{found['day']}T{found['minute']}{found['second'] or ':00'}{place}")


def _cycle(text: str, zone: tzinfo) -> TimerSpec:
    if text.startswith("R"):
        return _interval(text, zone)
    cron = _CRON_NAMES.get(text.lower(), text.replace("?", "*"))
    try:
        if len(cron.split()) not in (5, 6):
            raise CronSimError
        CronSim(cron, datetime(2026, 1, 1, tzinfo=UTC))
    except CronSimError:
        raise _invalid(
            text,
            _("“%(text)s” is no cycle. Write it like R3/PT10S, or as cron does: 0 9 * * MON-FRI."),
        ) from None
    return CronTimer(cron, zone)


def _interval(text: str, zone: tzinfo) -> IntervalTimer:
    repeats, *parts = _PART.split(text)
    found = _REPEATS.fullmatch(repeats)
    never = found is not None and found[1] and not int(found[1])
    if found is None or never or len(parts) not in (1, 2):
        raise _invalid(text, _("“%(text)s” is no cycle. Write it like R3/PT10S or R/PT1H."))
    repetitions = int(found[1]) if found[1] else None
    timer = _repeated(parts, repetitions, zone)
    if not timer.length.is_positive():
        raise _invalid(text, _("“%(text)s” goes on without time passing. Write a longer time."))
    return timer


def _repeated(parts: list[str], repetitions: int | None, zone: tzinfo) -> IntervalTimer:
    """Read what follows `R3/`: a duration, start and duration, start and end, duration and end."""
    first, second = parts[0], parts[1] if len(parts) == 2 else ""
    if first.lstrip("+-").startswith("P"):
        end = parse_date(second, zone=zone) if second else None
        return IntervalTimer(parse_duration(first), repetitions, end=end, zone=zone)
    start = _told(first, zone)
    if second.lstrip("+-").startswith("P"):
        length = parse_duration(second)
    else:
        length = Length(time=parse_date(second, zone=zone) - start)
    return IntervalTimer(length, repetitions, start.astimezone(UTC), zone=start.tzinfo or zone)


def _invalid(value: object, sentence: str) -> InvalidError:
    return InvalidError(sentence % {"text": str(value)[:60]})
