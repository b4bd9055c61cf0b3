"""Adding, subtracting, multiplying and dividing of moments and durations, and their order.

Every function returns None where FEEL says null: kinds that do not go together, a zone on one side
only, a result beyond the calendar.
"""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal, DecimalException
from typing import Any, TypeAlias

from . import calendar
from .calendar import DAY_SECONDS, LARGEST_YEAR
from .durations import (
    DAY,
    LARGEST_MONTHS,
    LARGEST_NANOSECONDS,
    SECOND,
    DaysDuration,
    MonthsDuration,
    days_duration,
    months_duration,
)
from .moments import (
    UTC_MIDNIGHT,
    FeelDate,
    FeelDateTime,
    FeelTime,
    clock_of,
    day_numbered,
    make_date,
    moment_of,
)

Moment: TypeAlias = FeelDate | FeelTime | FeelDateTime
Duration: TypeAlias = DaysDuration | MonthsDuration
Temporal: TypeAlias = Moment | Duration

_MOMENTS = (FeelDate, FeelTime, FeelDateTime)
_DURATIONS = (DaysDuration, MonthsDuration)


def add(left: Any, right: Any) -> Temporal | None:
    if isinstance(left, _MOMENTS):
        return plus(left, right) if isinstance(right, _DURATIONS) else None
    if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
        return days_duration(left.nanoseconds + right.nanoseconds)
    if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
        return months_duration(left.months + right.months)
    if isinstance(left, _DURATIONS) and isinstance(right, _MOMENTS):
        return plus(right, left)
    return None


def subtract(left: Any, right: Any) -> Temporal | None:
    if isinstance(right, _DURATIONS):
        return add(left, negate(right))
    if isinstance(left, FeelTime) and isinstance(right, FeelTime):
        return _between(left, right)
    day_or_moment = (FeelDate, FeelDateTime)
    if isinstance(left, day_or_moment) and isinstance(right, day_or_moment):
        if isinstance(left, FeelDate) and isinstance(right, FeelDate):
            return days_duration((left.number - right.number) * DAY)
        return _between(_as_moment(left), _as_moment(right))
    return None


def multiply(left: Any, right: Any) -> Duration | None:
    """Multiply a duration by a number, in either order."""
    if isinstance(left, Decimal):
        left, right = right, left
    if not isinstance(right, Decimal) or not isinstance(left, _DURATIONS):
        return None
    return _scaled(left, lambda size: size * right)


def divide(left: Any, right: Any) -> Duration | Decimal | None:
    """Divide a duration by a number, or by a duration of its kind (which gives a number)."""
    try:
        if isinstance(left, _DURATIONS) and isinstance(right, Decimal):
            return _scaled(left, lambda size: size / right)
        if isinstance(left, DaysDuration) and isinstance(right, DaysDuration):
            return Decimal(left.nanoseconds) / Decimal(right.nanoseconds)
        if isinstance(left, MonthsDuration) and isinstance(right, MonthsDuration):
            return Decimal(left.months) / Decimal(right.months)
    except DecimalException:  # by zero
        return None
    return None


def negate(value: Any) -> Duration | None:
    if isinstance(value, DaysDuration):
        return DaysDuration(-value.nanoseconds)
    return MonthsDuration(-value.months) if isinstance(value, MonthsDuration) else None


def plus(moment: Moment, duration: Duration) -> Moment | None:
    """Return the moment later by the duration; a day keeps no part of a day, a time no days."""
    if isinstance(moment, FeelDate):
        return _day_plus(moment, duration)
    if isinstance(moment, FeelTime):
        return _time_plus(moment, duration) if isinstance(duration, DaysDuration) else None
    if isinstance(duration, MonthsDuration):
        day = _day_plus(moment.date, duration)
        return day.at(moment.time) if day else None
    return moment_of(moment.nanoseconds + duration.nanoseconds, moment.zone)


def months_between(start: FeelDate, end: FeelDate) -> MonthsDuration:
    """Return the whole months from `start` to `end`; negative when the end is earlier."""
    months = (end.year - start.year) * 12 + end.month - start.month
    if months > 0 and end.day < start.day:
        months -= 1
    elif months < 0 and end.day > start.day:
        months += 1
    return MonthsDuration(months)


def order(left: Temporal, right: Temporal) -> int | None:
    """Return -1, 0 or 1 as `left` is before, with or after `right`, to the nanosecond."""
    pair = _sizes(left, right)
    return None if pair is None else (pair[0] > pair[1]) - (pair[0] < pair[1])


def same(left: Temporal, right: Temporal) -> bool | None:
    """FEEL's `=`: the same moment wherever it is told, fractions of seconds apart."""
    pair = _sizes(left, right)
    if pair is None:
        return None
    if isinstance(left, FeelTime | FeelDateTime):
        return pair[0] // SECOND == pair[1] // SECOND
    return pair[0] == pair[1]


def _sizes(left: Temporal, right: Temporal) -> tuple[int, int] | None:
    if type(left) is not type(right):
        return None
    if isinstance(left, FeelTime | FeelDateTime) and isinstance(right, FeelTime | FeelDateTime):
        if (left.zone is None) != (right.zone is None):
            return None
        return left.nanoseconds, right.nanoseconds
    return _size(left), _size(right)


def _size(value: Temporal) -> int:
    if isinstance(value, FeelDate):
        return value.number
    return value.months if isinstance(value, MonthsDuration) else value.nanoseconds


def _between(left: Any, right: Any) -> DaysDuration | None:
    if (left.zone is None) != (right.zone is None):
        return None
    return days_duration(left.nanoseconds - right.nanoseconds)


def _as_moment(value: FeelDate | FeelDateTime) -> FeelDateTime:
    return value.at(UTC_MIDNIGHT) if isinstance(value, FeelDate) else value


def _day_plus(day: FeelDate, duration: Duration) -> FeelDate | None:
    if isinstance(duration, DaysDuration):
        return day_numbered((day.number * DAY + duration.nanoseconds) // DAY)
    if abs(duration.months) > 2 * LARGEST_YEAR * 12:
        return None
    return make_date(*calendar.plus_months(day.year, day.month, day.day, duration.months))


def _time_plus(clock: FeelTime, duration: DaysDuration) -> FeelTime:
    total = clock.local_seconds * SECOND + clock.nanosecond + duration.nanoseconds
    seconds, fraction = divmod(total, SECOND)
    return clock_of(seconds % DAY_SECONDS, fraction, clock.zone)


def _scaled(value: Duration, change: Callable[[Decimal], Decimal]) -> Duration | None:
    """Return the duration with its size changed, rounded toward zero to its smallest unit."""
    days = isinstance(value, DaysDuration)
    size = value.nanoseconds if isinstance(value, DaysDuration) else value.months
    try:
        changed = change(Decimal(size))
        if abs(changed) > (LARGEST_NANOSECONDS if days else LARGEST_MONTHS):
            return None
        whole = int(changed.to_integral_value(ROUND_DOWN))
    except (DecimalException, ValueError, OverflowError):
        return None
    return days_duration(whole) if days else months_duration(whole)
