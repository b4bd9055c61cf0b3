"""FEEL's dates, times and durations (DMN 1.5, 10.3.2.3): reading, writing, reckoning."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from .arithmetic import (
    Duration,
    Moment,
    Temporal,
    add,
    divide,
    months_between,
    multiply,
    negate,
    order,
    plus,
    same,
    subtract,
)
from .calendar import day_of_year, week_of_year, weekday
from .durations import (
    DAY,
    HOUR,
    MINUTE,
    SECOND,
    DaysDuration,
    MonthsDuration,
    days_duration,
    duration_of,
    months_duration,
)
from .moments import (
    MIDNIGHT,
    UTC_MIDNIGHT,
    FeelDate,
    FeelDateTime,
    FeelTime,
    date_of,
    date_time_of,
    make_date,
    make_time,
    now_of,
    time_of,
)
from .zones import Zone

__all__ = [
    "MIDNIGHT",
    "TEMPORAL_TYPES",
    "UTC_MIDNIGHT",
    "DaysDuration",
    "Duration",
    "FeelDate",
    "FeelDateTime",
    "FeelTime",
    "Moment",
    "MonthsDuration",
    "Temporal",
    "Zone",
    "add",
    "date_of",
    "date_time_of",
    "day_of_year",
    "days_duration",
    "divide",
    "duration_of",
    "is_temporal",
    "literal",
    "make_date",
    "make_time",
    "member",
    "members",
    "months_between",
    "months_duration",
    "multiply",
    "negate",
    "now_of",
    "order",
    "plus",
    "same",
    "subtract",
    "time_of",
    "week_of_year",
    "weekday",
]

TEMPORAL_TYPES = (FeelDate, FeelTime, FeelDateTime, DaysDuration, MonthsDuration)


def is_temporal(value: object) -> bool:
    return isinstance(value, TEMPORAL_TYPES)


def literal(text: str) -> Temporal | None:
    """Return the value of FEEL's `@"text"`; None when it is no date, time or duration."""
    if text[:1] == "P" or text[:2] == "-P":
        return duration_of(text)
    return date_of(text) or time_of(text) or date_time_of(text)


def members(value: Temporal) -> frozenset[str]:
    """Return the names of the properties that the value has."""
    return frozenset(_MEMBERS[type(value)])


def member(value: Temporal, name: str) -> Any:
    """Return a property (`year`, `time offset`, …); None when it is absent or there is none."""
    read = _MEMBERS[type(value)].get(name)
    return None if read is None else read(value)


def _weekday(day: FeelDate) -> Decimal:
    return Decimal(weekday(day.year, day.month, day.day))


def _second(clock: FeelTime) -> Decimal:
    return Decimal(clock.second) + Decimal(clock.nanosecond) / SECOND


def _offset(seconds: int | None) -> DaysDuration | None:
    return None if seconds is None else DaysDuration(seconds * SECOND)


def _part(nanoseconds: int, unit: int, of: int | None) -> Decimal:
    """Return how many of `unit` are in what is left over by the next larger unit, `of`."""
    size = abs(nanoseconds) if of is None else abs(nanoseconds) % of
    count = Decimal(size) / SECOND if unit == SECOND else Decimal(size // unit)
    return -count if nanoseconds < 0 and count else count


def _years(duration: MonthsDuration) -> Decimal:
    years = abs(duration.months) // 12
    return Decimal(-years if duration.months < 0 else years)


def _months(duration: MonthsDuration) -> Decimal:
    months = abs(duration.months) % 12
    return Decimal(-months if duration.months < 0 else months)


def _of_date(read: Callable[[FeelDate], Any]) -> Callable[[FeelDateTime], Any]:
    return lambda moment: read(moment.date)


def _of_time(read: Callable[[FeelTime], Any]) -> Callable[[FeelDateTime], Any]:
    return lambda moment: read(moment.time)


_OF_DATE: Mapping[str, Callable[[FeelDate], Any]] = {
    "year": lambda day: Decimal(day.year),
    "month": lambda day: Decimal(day.month),
    "day": lambda day: Decimal(day.day),
    "weekday": _weekday,
}
_OF_TIME: Mapping[str, Callable[[FeelTime], Any]] = {
    "hour": lambda clock: Decimal(clock.hour),
    "minute": lambda clock: Decimal(clock.minute),
    "second": _second,
    "time offset": lambda clock: _offset(clock.zone.usual_offset() if clock.zone else None),
    "timezone": lambda clock: clock.zone.name if clock.zone else None,
}
_MEMBERS: Mapping[type[Any], Mapping[str, Callable[[Any], Any]]] = {
    FeelDate: _OF_DATE,
    FeelTime: _OF_TIME,
    FeelDateTime: {
        **{name: _of_date(read) for name, read in _OF_DATE.items()},
        **{name: _of_time(read) for name, read in _OF_TIME.items()},
        "time offset": lambda moment: _offset(moment.offset),
    },
    DaysDuration: {
        "days": lambda duration: _part(duration.nanoseconds, DAY, None),
        "hours": lambda duration: _part(duration.nanoseconds, HOUR, DAY),
        "minutes": lambda duration: _part(duration.nanoseconds, MINUTE, HOUR),
        "seconds": lambda duration: _part(duration.nanoseconds, SECOND, MINUTE),
    },
    MonthsDuration: {"years": _years, "months": _months},
}
