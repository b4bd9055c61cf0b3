"""Figures by day, made anew from where things are written down, until they are settled.

A day is written as a whole: what was there of it goes, and all its sources are added up again, in
one transaction. Whoever is killed leaves the day as it was; whoever comes next begins where the
mark stands. Today is written each minute, a day that is over for the last time half an hour
later, or once that has come which other processes still had in hand.
"""

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection, transaction
from django.db.models import DateField, Value
from django.db.models.functions import Least

from apps.lib.clock import database_now
from apps.reports import sources
from apps.reports.models import DayFigure, FigureMark, HelpedEnd, Measure, Touched
from apps.reports.periods import midnight

SETTLES: Final = timedelta(minutes=30)
# what a transaction writes, at most, and how long one call may go on like that
DAYS_AT_ONCE: Final = 7
PATIENCE_SECONDS: Final = 5.0
FIRST_LOOK: Final = timedelta(days=400)
# so long it is kept on which items people laid hands; the figures themselves are kept for good
HANDS_KEPT: Final = timedelta(days=400)
# After a change of the organisation's zone so many days are cut anew; older ones stay as they are
CUT_ANEW: Final = timedelta(days=60)
# what others have not got to for longer than this holds nobody up
PATIENT_WITH_OTHERS: Final = timedelta(days=2)
HOUR: Final = timedelta(hours=1)

LOCK: Final = "select pg_try_advisory_xact_lock(hashtext('reports: figures'))"
# Until when all is told: counts wait to be folded, failures for their groups, deadlines to pass
TOLD: Final = """
select least(
    (select at from queues_counterdelta order by id limit 1),
    (select min(at) from failures_ungrouped),
    (select upto from dashboard_deadlinemark limit 1))
"""
# Before anything is recorded: history that was put in is still to be folded and grouped
UNTOLD: Final = """
select exists (select from queues_counterdelta where at < now() - interval '1 hour')
    or exists (select from failures_ungrouped where at is null)
"""
FIRST_DAY: Final = """
select least((select min(created_at) from queues_workqueue),
             (select min(hour) from queues_hourcount))
"""


def record_figures() -> int:
    """Write the days that are not settled yet; return how many days were written.

    Right in any number of schedulers and after a crash. What is missing since long is made up for
    in parts: the rest waits for the next time.
    """
    begun = time.monotonic()
    n_days, has_more = 0, True
    while has_more and time.monotonic() - begun < PATIENCE_SECONDS:
        n, has_more = record_span()
        n_days += n
    return n_days


@transaction.atomic
def record_again(since: date) -> None:
    """Have all days from `since` on written anew, in parts, from the next time on.

    For history that was put in afterwards. What sources of old days have dropped is not there
    any more: such days would lose it.
    """
    FigureMark.objects.select_for_update().filter(id=1).update(
        upto=midnight(since, ZoneInfo(settings.ORGANISATION_TIME_ZONE)) + SETTLES,
        since=Least("since", Value(since, output_field=DateField())),
    )


def prune_hands() -> int:
    """Forget on which items people laid hands long ago; open ones stay. Return how many went."""
    limit = database_now() - HANDS_KEPT
    n, _by_model = Touched.objects.filter(is_open=False, last_at__lt=limit).delete()
    n_ends, _by_model = HelpedEnd.objects.filter(at__lt=limit).delete()
    return n + n_ends


@transaction.atomic
def record_span() -> tuple[int, bool]:
    """Write some days; return how many, and whether there are more."""
    if not _rows(LOCK)[0][0]:
        return 0, False
    zone, now = ZoneInfo(settings.ORGANISATION_TIME_ZONE), database_now()
    mark = FigureMark.objects.filter(id=1).first()
    if mark is None and _rows(UNTOLD)[0][0]:
        return 0, False
    first = _first_day(mark, zone, now)
    today = now.astimezone(zone).date()
    last = min(today, first + timedelta(days=DAYS_AT_ONCE - 1))
    end = min(now, midnight(last + timedelta(days=1), zone))
    late = _follow_hands(midnight(first, zone), end)
    _write([first + timedelta(days=n) for n in range((last - first).days + 1)], zone, now)
    for day in sorted({at.astimezone(zone).date() for at in late}):
        if day < first:
            _write([day], zone, now)
    upto = _told(now) if last == today else midnight(last + timedelta(days=1), zone)
    since = min(first, mark.since) if mark else first
    FigureMark.objects.update_or_create(
        id=1, defaults={"upto": upto, "zone": str(zone), "since": since}
    )
    return (last - first).days + 1, last < today


def _first_day(mark: FigureMark | None, zone: ZoneInfo, now: datetime) -> date:
    """Return the first day that has to be written."""
    if mark is None:
        made = _rows(FIRST_DAY)[0][0] or now
        first: datetime = max(made, now - FIRST_LOOK)
    elif mark.zone != str(zone):
        known = midnight(mark.since, zone)
        first = max(known, now - CUT_ANEW)
    else:
        first = min(mark.upto, now) - SETTLES
    return first.astimezone(zone).date()


def _write(days: list[date], zone: ZoneInfo, now: datetime) -> None:
    bounds = [midnight(day, zone) for day in [*days, days[-1] + timedelta(days=1)]]
    bounds = [min(each, now) for each in bounds]
    values: dict[str, Any] = {
        "zone": str(zone),
        "since": bounds[0],
        "until": bounds[-1],
        "days": days,
        "begins": bounds[:-1],
        "ends": bounds[1:],
        "split": _split_hours(bounds),
        "counted": list(sources.COUNTED),
    }
    # by its key, which begins with the measure
    DayFigure.objects.filter(measure__in=Measure.values, day__in=days).delete()
    with connection.cursor() as cursor:
        for source in sources.ALL:
            cursor.execute(sources.INSERT.format(source=source), values)


def _split_hours(bounds: list[datetime]) -> list[datetime]:
    """Return the hours of UTC within which a day begins."""
    begun = [each.astimezone(UTC).replace(minute=0, second=0, microsecond=0) for each in bounds]
    return [hour for hour, at in zip(begun[:-1], bounds[:-1], strict=True) if hour != at]


def _follow_hands(since: datetime, until: datetime) -> set[datetime]:
    """Note on which items people laid hands; return the ends of such items that are new."""
    span = {"since": since, "until": until}
    with connection.cursor() as cursor:
        cursor.execute(sources.TOUCH, {**span, "hands": list(sources.HANDS)})
    found = _rows(sources.HELPED_NOW) + _rows(sources.HELPED_BEFORE, span)
    return {at for (at,) in found}


def _told(now: datetime) -> datetime:
    """Return up to when all processes have told what happened."""
    told: datetime | None = _rows(TOLD)[0][0]
    return now if told is None else max(min(told, now), now - PATIENT_WITH_OTHERS)


def _rows(sql: str, values: dict[str, Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
