"""Five fields of cron in plain words."""

from collections.abc import Iterable

from cronsim import CronSim
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calendars.hours import clock_of

from .cron import fields_of, minutes_of
from .joining import (
    and_of,
    days_of_month,
    months_of,
    on_weekdays,
    ranges_of,
    times_of,
    weekday_of_month,
)

# More times of day than that are told by their pattern.
MAX_TIMES = 8
ALL_MINUTES, ALL_HOURS, ALL_MONTHS, ALL_DAYS = 60, 24, 12, 31


def cron_parts(text: str) -> list[str]:
    """Return when of the day, on which days, in which months."""
    fields = fields_of(text)
    minutes, hours = sorted(fields.minutes), sorted(fields.hours)
    parts = [_times(text, minutes, hours), _days(text, fields)]
    if len(fields.months) < ALL_MONTHS:
        parts.append(_("in %(months)s") % {"months": months_of(fields.months)})
    return [part for part in parts if part]


def _times(text: str, minutes: list[int], hours: list[int]) -> str:
    if len(hours) == ALL_HOURS:
        return _each_hour(minutes)
    if len(minutes_of(text)) <= MAX_TIMES:
        return _("At %(times)s") % {"times": times_of(minutes_of(text))}
    between = step_of(hours, ALL_HOURS)
    if len(minutes) == 1 and between:
        words = {"n": between, "minute": minutes[0]}
        return _("Every %(n)d hours at minute %(minute)d") % words
    return _in_some_hours(text, minutes, hours)


def _in_some_hours(text: str, minutes: list[int], hours: list[int]) -> str:
    step, of_day = step_of(minutes, ALL_MINUTES), minutes_of(text)
    in_a_row = hours[-1] - hours[0] == len(hours) - 1
    words = {"minutes": ranges_of(minutes), "hours": ranges_of(hours), "often": _often(step)}
    if in_a_row and (step or len(minutes) == 1):
        words |= {"first": clock_of(of_day[0]), "last": clock_of(of_day[-1])}
        return _("%(often)s from %(first)s to %(last)s") % words
    if step:
        return _("%(often)s in the hours %(hours)s") % words
    if len(minutes) == 1:
        return _("At minute %(minutes)s of the hours %(hours)s") % words
    return _("At minutes %(minutes)s of the hours %(hours)s") % words


def _each_hour(minutes: list[int]) -> str:
    step = step_of(minutes, ALL_MINUTES)
    if step:
        return _often(step)
    if minutes == [0]:
        return _("Every hour, on the hour")
    words = {"minutes": ranges_of(minutes)}
    return (
        ngettext(
            "Every hour at minute %(minutes)s", "Every hour at minutes %(minutes)s", len(minutes)
        )
        % words
    )


def _often(minutes: int | None) -> str:
    """Return how often for a step of minutes; None: once an hour."""
    if minutes is None:
        return _("Every hour")
    return ngettext("Every minute", "Every %(n)d minutes", minutes) % {"n": minutes}


def step_of(values: list[int], size: int) -> int | None:
    """Return n for 0, n, 2n … where these go round without a break."""
    step = size // len(values)
    goes_round = len(values) > 1 and values == list(range(0, size, step)) and size % step == 0
    return step if goes_round else None


def _days(text: str, fields: CronSim) -> str:
    of_month, of_week = text.split()[2], text.split()[4]
    monthly = "" if len(fields.days) >= ALL_DAYS else _of_month(fields.days)
    weekly = "" if of_week == "*" else _of_week(fields.weekdays)
    if not (monthly and weekly):
        return monthly or weekly or _("every day")
    if of_month.startswith("*") or of_week.startswith("*"):
        words = {"monthly": monthly, "weekly": weekly}
        return _("%(monthly)s and at the same time %(weekly)s") % words
    words = {"monthly": monthly, "weekly": weekly}
    return _("%(monthly)s or %(weekly)s (either is enough)") % words


def _of_month(days: Iterable[int]) -> str:
    ordinary = [day for day in days if day > 0]
    said = [days_of_month(ordinary)] if ordinary else []
    if CronSim.LAST in days:
        said.append(days_of_month([-1]))
    if CronSim.LAST_WEEKDAY in days:
        said.append(_("on the last day of the month from Monday to Friday"))
    return and_of(said)


def _of_week(weekdays: Iterable[int | tuple[int, int]]) -> str:
    """Cron's Sunday is 0 and 7, ours 6."""
    plain = {(day - 1) % 7 for day in weekdays if isinstance(day, int)}
    if len(plain) == 7:
        return ""
    said = [on_weekdays(plain)] if plain else []
    for day in sorted(each for each in weekdays if isinstance(each, tuple)):
        nth = -1 if day[1] == CronSim.LAST else day[1]
        said.append(weekday_of_month((day[0] - 1) % 7, nth))
    return and_of(said)
