"""FEEL's dates, times and durations (DMN 1.5, 10.3.2.3): reading, writing, reckoning."""

from typing import TypeAlias

from .calendar import day_of_year, month_length, week_of_year
from .date_times import FeelDateTime, date_time_of, now_of
from .dates import FeelDate, date_of, make_date
from .durations import (
    SECOND,
    DaysDuration,
    MonthsDuration,
    days_duration,
    duration_of,
    months_duration,
)
from .times import MIDNIGHT, UTC_MIDNIGHT, FeelTime, make_time, time_of
from .zones import LARGEST_OFFSET_SECONDS, Zone, named_zone

__all__ = [
    "LARGEST_OFFSET_SECONDS",
    "MIDNIGHT",
    "SECOND",
    "UTC_MIDNIGHT",
    "DaysDuration",
    "FeelDate",
    "FeelDateTime",
    "FeelTime",
    "MonthsDuration",
    "Temporal",
    "Zone",
    "date_of",
    "date_time_of",
    "day_of_year",
    "days_duration",
    "duration_of",
    "make_date",
    "make_time",
    "month_length",
    "months_duration",
    "now_of",
    "parse_literal",
    "time_of",
    "week_of_year",
    "zone_named",
]

Temporal: TypeAlias = FeelDate | FeelTime | FeelDateTime | DaysDuration | MonthsDuration


def parse_literal(text: str) -> Temporal | None:
    """Return the value of FEEL's `@"text"`; None when it is no date, time or duration."""
    if text.lstrip("-").startswith("P"):
        return duration_of(text)
    return date_of(text) or time_of(text) or date_time_of(text)


def zone_named(name: str) -> Zone | None:
    """Return the zone of that name in the time zone database (`Europe/Paris`), or None."""
    return Zone(name=name) if named_zone(name) else None
