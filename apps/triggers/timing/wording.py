"""Rules in plain words."""

from datetime import datetime

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words

from .closed import OnClosed
from .cron import Cron
from .cron_wording import cron_parts
from .joining import and_of, days_of_month, months_of, on_weekdays, times_of, weekday_of_month
from .recurring import Days, Freq, Recurring
from .schedules import Interval, Once, Schedule


def sentence(schedule: Schedule, on_closed: OnClosed) -> str:
    """Return when a schedule is due and what happens on closed days."""
    return ", ".join([*_parts(schedule), *_closed(on_closed)])


def _parts(schedule: Schedule) -> list[str]:
    match schedule:
        case Cron():
            return cron_parts(schedule.text)
        case Interval():
            length = duration_in_words(schedule.seconds, parts=4)
            return [_("Every %(length)s") % {"length": length}]
        case Recurring():
            times = _("At %(times)s") % {"times": times_of(schedule.minutes)}
            return [times, *_days(schedule.days)]
        case Once():
            return [_once(schedule.planned.nominal)]
    raise TypeError(schedule)


def _once(nominal: datetime) -> str:
    words = {"day": date_format(nominal, "Y-m-d"), "time": date_format(nominal, "H:i")}
    return _("Once, on %(day)s at %(time)s") % words


def _days(days: Days) -> list[str]:
    """Return on which days, and which of them if not all."""
    said = {
        Freq.DAILY: _of_days,
        Freq.WEEKLY: _of_weeks,
        Freq.MONTHLY: _of_months,
        Freq.YEARLY: _of_years,
    }
    return [part for part in said[days.freq](days) if part]


def _of_days(days: Days) -> list[str]:
    every = ngettext("every day", "every %(n)d days", days.interval) % {"n": days.interval}
    if not days.weekdays:
        return [every]
    on = on_weekdays(days.weekdays)
    return [on] if days.interval == 1 else [every, _("if that is %(on)s") % {"on": on}]


def _of_weeks(days: Days) -> list[str]:
    return [on_weekdays(days.weekdays), _if_many(days.interval, _("every %(n)d weeks"))]


def _of_months(days: Days) -> list[str]:
    return [_in_month(days), _if_many(days.interval, _("every %(n)d months"))]


def _of_years(days: Days) -> list[str]:
    months = _("in %(months)s") % {"months": months_of(days.months)}
    return [_in_month(days), months, _if_many(days.interval, _("every %(n)d years"))]


def _in_month(days: Days) -> str:
    if days.month_days:
        return days_of_month(days.month_days)
    if days.ordinal is None:
        return on_weekdays(days.weekdays)
    return and_of([weekday_of_month(each, days.ordinal) for each in days.weekdays])


def _if_many(n: int, words: str) -> str:
    return words % {"n": n} if n > 1 else ""


def _closed(on_closed: OnClosed) -> list[str]:
    return {
        OnClosed.IGNORE: [],
        OnClosed.SKIP: [_("not on closed days")],
        OnClosed.NEXT: [_("on closed days: on the next working day instead")],
        OnClosed.PREVIOUS: [_("on closed days: on the working day before instead")],
    }[on_closed]
