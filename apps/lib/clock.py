"""The one clock that decides: the database's. Machines' own clocks differ."""

from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import DateTimeField, ExpressionWrapper, Func, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Now
from django.utils import timezone


def database_now() -> datetime:
    """Return the database's time now, not the start of the transaction; one query."""
    with connection.cursor() as cursor:
        cursor.execute("select clock_timestamp()")
        now: datetime = cursor.fetchone()[0]
    return now


def now_and_midnight() -> tuple[datetime, datetime]:
    """Return the database's time and the last midnight in the active time zone; one query."""
    zone = timezone.get_current_timezone_name()
    with connection.cursor() as cursor:
        cursor.execute(
            "select at, date_trunc('day', at, %s) from (select clock_timestamp() as at) c", [zone]
        )
        now, midnight = cursor.fetchone()
    return now, midnight


def seconds_from_now(seconds: float) -> Combinable:
    """Return the expression for a moment on the database's clock; negative: in the past."""
    moment = Now() + timedelta(seconds=seconds)
    return ExpressionWrapper(moment, output_field=DateTimeField())


def start_of_today() -> Combinable:
    """Return the expression for the last midnight in the active time zone."""
    zone = Value(timezone.get_current_timezone_name())
    return Func(Value("day"), Now(), zone, function="date_trunc", output_field=DateTimeField())


def utc_now() -> datetime:
    """Return this machine's time: for showing and logging, never for deciding."""
    return datetime.now(UTC)


def whole_minute(moment: datetime) -> datetime:
    """Return the beginning of that minute."""
    return moment.replace(second=0, microsecond=0)


def in_milliseconds(moment: datetime) -> int:
    """Return `moment` as browsers count time."""
    return int(moment.timestamp() * 1000)
