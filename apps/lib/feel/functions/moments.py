"""Functions that make dates, times and durations, and that ask about them."""

from decimal import Decimal
from typing import TypeVar

from apps.lib.feel import temporal
from apps.lib.feel.run import Run
from apps.lib.feel.temporal import (
    MIDNIGHT,
    SECOND,
    UTC_MIDNIGHT,
    DaysDuration,
    FeelDate,
    FeelDateTime,
    FeelTime,
    MonthsDuration,
    Temporal,
    Zone,
)
from apps.lib.feel.values import Value

from .registering import (
    DATE,
    DATE_TIME,
    DAY,
    DAYS_DURATION,
    NUMBER,
    STRING,
    TIME,
    Kind,
    NoValue,
    Registry,
    maybe,
    one,
    whole,
)

registry = Registry()

_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_T = TypeVar("_T", bound=Temporal)
_DURATION = Kind("a string or a duration", (str, DaysDuration, MonthsDuration))


@registry.declare("date", one("from", STRING))
def date_from_text(run: Run, text: str) -> FeelDate:
    return _known(temporal.date_of(text), text, "a date, such as 2026-03-31")


@registry.declare("date", one("from", DAY))
def date_from_moment(run: Run, moment: FeelDate | FeelDateTime) -> FeelDate:
    return _day(moment)


@registry.declare("date", one("year", NUMBER), one("month", NUMBER), one("day", NUMBER))
def date_from_numbers(run: Run, year: Decimal, month: Decimal, day: Decimal) -> FeelDate:
    made = temporal.make_date(
        _integer(year, "the year"), _integer(month, "the month"), _integer(day, "the day")
    )
    return _known(made, f"{year}-{month}-{day}", "a date")


@registry.declare("time", one("from", STRING))
def time_from_text(run: Run, text: str) -> FeelTime:
    return _known(temporal.time_of(text), text, "a time, such as 13:20:00")


@registry.declare("time", one("from", DATE_TIME))
def time_from_moment(run: Run, moment: FeelDateTime) -> FeelTime:
    return moment.time


@registry.declare("time", one("from", TIME))
def time_from_time(run: Run, time: FeelTime) -> FeelTime:
    return time


@registry.declare("time", one("from", DATE))
def time_from_date(run: Run, date: FeelDate) -> FeelTime:
    return UTC_MIDNIGHT


@registry.declare(
    "time",
    one("hour", NUMBER),
    one("minute", NUMBER),
    one("second", NUMBER),
    maybe("offset", DAYS_DURATION, nullable=True),
)
def time_from_numbers(
    run: Run, hour: Decimal, minute: Decimal, second: Decimal, offset: DaysDuration | None
) -> FeelTime:
    seconds = whole(second, "the second")
    made = temporal.make_time(
        _integer(hour, "the hour"),
        _integer(minute, "the minute"),
        seconds if second >= 0 else -1,
        int((second - seconds) * SECOND),
        None if offset is None else _zone(offset),
    )
    return _known(made, f"{hour}:{minute}:{second}", "a time")


@registry.declare("date and time", one("from", STRING))
def moment_from_text(run: Run, text: str) -> FeelDateTime:
    wanted = "a date and time, such as 2026-03-31T13:20:00Z"
    return _known(temporal.date_time_of(text), text, wanted)


@registry.declare("date and time", one("from", DAY))
def moment_from_day(run: Run, moment: FeelDate | FeelDateTime) -> FeelDateTime:
    return FeelDateTime(moment, MIDNIGHT) if isinstance(moment, FeelDate) else moment


@registry.declare("date and time", one("date", DAY), one("time", TIME))
def moment_from_parts(run: Run, date: FeelDate | FeelDateTime, time: FeelTime) -> FeelDateTime:
    return FeelDateTime(_day(date), time)


@registry.declare("date and time", one("date", DATE_TIME), one("timezone", STRING))
def moment_in_zone(run: Run, moment: FeelDateTime, name: str) -> FeelDateTime:
    """Tell the moment in the named zone; a local one is taken to be there already."""
    zone = temporal.zone_named(name)
    if zone is None:
        raise NoValue(f"there is no time zone “{name}”")
    return _known(moment.told_in(zone), str(moment), "a date and time")


@registry.declare("duration", one("from", _DURATION))
def duration(run: Run, source: str | DaysDuration | MonthsDuration) -> Value:
    if not isinstance(source, str):
        return source
    return _known(temporal.duration_of(source), source, "a duration, such as P1DT12H or P1Y6M")


@registry.declare("years and months duration", one("from", DAY), one("to", DAY))
def months_between(
    run: Run, start: FeelDate | FeelDateTime, end: FeelDate | FeelDateTime
) -> MonthsDuration:
    return _day(start).months_until(_day(end))


@registry.declare("now")
def now(run: Run) -> FeelDateTime:
    return temporal.now_of(run.clock)


@registry.declare("today")
def today(run: Run) -> FeelDate:
    return temporal.now_of(run.clock).date


@registry.declare("day of year", one("date", DAY))
def day_of_year(run: Run, date: FeelDate | FeelDateTime) -> Decimal:
    day = _day(date)
    return Decimal(temporal.day_of_year(day.year, day.month, day.day))


@registry.declare("day of week", one("date", DAY))
def day_of_week(run: Run, date: FeelDate | FeelDateTime) -> str:
    return _DAYS[_day(date).weekday - 1]


@registry.declare("month of year", one("date", DAY))
def month_of_year(run: Run, date: FeelDate | FeelDateTime) -> str:
    return _MONTHS[_day(date).month - 1]


@registry.declare("week of year", one("date", DAY))
def week_of_year(run: Run, date: FeelDate | FeelDateTime) -> Decimal:
    day = _day(date)
    return Decimal(temporal.week_of_year(day.year, day.month, day.day))


@registry.declare("last day of month", one("date", DAY))
def last_day_of_month(run: Run, date: FeelDate | FeelDateTime) -> FeelDate:
    day = _day(date)
    return FeelDate(day.year, day.month, temporal.month_length(day.year, day.month))


def _day(moment: FeelDate | FeelDateTime) -> FeelDate:
    return moment.date if isinstance(moment, FeelDateTime) else moment


def _known(value: _T | None, text: str, wanted: str) -> _T:
    if value is None:
        raise NoValue(f"“{text[:60]}” is not {wanted}")
    return value


def _integer(number: Decimal, what: str) -> int:
    value = whole(number, what)
    if value != number:
        raise NoValue(f"{what} must be a whole number")
    return value


def _zone(offset: DaysDuration) -> Zone:
    seconds = offset.nanoseconds // SECOND
    if abs(seconds) > temporal.LARGEST_OFFSET_SECONDS:
        raise NoValue("the offset of a time zone is 18 hours at most")
    return Zone(offset=seconds)
