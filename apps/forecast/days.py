"""Which hours a queue saw and will see, on the clock that its people live by."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from apps.calendars.hours import Hours, hours_from
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.json import Json
from apps.queues.engine import CutOff
from apps.queues.models import WorkQueue

from .arriving import Hour, Slice

HOUR = timedelta(hours=1)
WEEKDAYS: Mapping[str, Json] = {
    name: [["00:00", "24:00"]] for name in ("mon", "tue", "wed", "thu", "fri")
}


def calendar_of(queue: WorkQueue, cut_off: CutOff | None) -> Hours:
    """Return the calendar by which days are open or closed for what comes in.

    The folder's calendar if it has exactly one; else the working days of the queue's cut-off; else
    every day is open, and the clock is the organisation's.
    """
    calendars = list(Calendar.objects.filter(folder=queue.folder_id)[:2])
    if len(calendars) == 1:
        return hours_of(calendars[0])
    if cut_off is not None:
        if cut_off.days == "every":
            return Hours(zone=ZoneInfo(cut_off.zone), always=True)
        country, _dash, part = cut_off.country.partition("-")
        return hours_from(time_zone=cut_off.zone, week=WEEKDAYS, country=country, subdivision=part)
    return Hours(zone=ZoneInfo(settings.ORGANISATION_TIME_ZONE), always=True)


def hours_seen(
    counts: Mapping[datetime, int], calendar: Hours, *, since: datetime, until: datetime
) -> list[Hour]:
    """Return each whole hour from `since` to `until`, with how many came in; 0 where none did."""
    found = []
    is_open: dict[date, bool] = {}
    for at in _whole_hours(since, until, calendar.zone):
        local = at.astimezone(calendar.zone)
        day = local.date()
        is_open.setdefault(day, _is_open(calendar, day))
        found.append(Hour(day, local.hour, is_open[day], counts.get(at, 0)))
    return found


def hours_ahead(calendar: Hours, now: datetime, horizon: float) -> list[Slice]:
    """Return the hours from now to the horizon; the first and the last may be parts."""
    found: list[Slice] = []
    end = now + timedelta(seconds=horizon)
    at = now
    while at < end:
        local = at.astimezone(calendar.zone)
        following = min(end, _hour_of(at, calendar.zone) + HOUR)
        found.append(
            Slice(
                (at - now).total_seconds(),
                (following - now).total_seconds(),
                local.date(),
                local.hour,
                _is_open(calendar, local.date()),
            )
        )
        at = following
    return found


def _is_open(calendar: Hours, day: date) -> bool:
    return calendar.always or bool(calendar.spans_on(day))


def _whole_hours(since: datetime, until: datetime, zone: ZoneInfo) -> list[datetime]:
    first = _hour_of(since, zone)
    if first < since:
        first += HOUR
    count = int((until - first) / HOUR) if until > first else 0
    return [first + number * HOUR for number in range(count)]


def _hour_of(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return when the clock's hour began, in UTC; some zones are half an hour off."""
    local = moment.astimezone(zone)
    into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (moment - into).astimezone(UTC)
