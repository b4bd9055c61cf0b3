"""Makes a rule of what people and programs write."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final

from django.utils.translation import gettext as _

from apps.calendars.hours import ALWAYS, WEEKDAYS, Hours
from apps.lib.durations import duration_in_words
from apps.lib.json import JsonObject

from .clocks import planned_on_the_clock, wall_of
from .closed import INSTANT, OnClosed
from .cron import Cron
from .cron_reading import CronError, read_cron
from .reading import Reading
from .recurring import Days, Freq, Recurring
from .rules import FIRST_MOMENT, TimeRule
from .schedules import Interval, Once, Schedule

SHORTEST_SECONDS = 10
LONGEST_SECONDS = 366 * 86_400
LONGEST_JITTER_SECONDS = 86_400
MAX_TIMES = 24
MAX_INTERVAL = 100
# More often than that, moving the starts of a weekend would pile them up on Monday.
MAX_MOVED_A_DAY = 24
# The first day of the first week of the century, a Monday: “every second week” counts from it.
ANCHOR = date(2001, 1, 1)

ORDINALS = (1, 2, 3, 4, 5, -1)
BESIDE = ("type", "zone", "starts_at", "ends_at", "jitter_seconds")
FIELDS: Final = {
    "cron": ("cron",),
    "interval": ("seconds", "anchor"),
    "recurring": (
        *("freq", "interval", "anchor", "weekdays", "ordinal", "month_days", "months", "times"),
    ),
    "once": ("at",),
}


def parse_rule(
    said: JsonObject, *, hours: Hours | None = None, on_closed: str = "ignore"
) -> TimeRule:
    """Return the rule that `said` describes; docs/triggers.md says how to write it.

    `hours` are those of the trigger's calendar; None: it has none, and no day is closed. Raises
    InvalidError naming each field that is wrong, among them `on_closed`.
    """
    reading = Reading(said)
    kind = reading.choice("type", FIELDS)
    if kind:
        reading.only({*BESIDE, *FIELDS[kind]})
    starts_at, ends_at = reading.moment("starts_at"), reading.moment("ends_at", day_ends=True)
    jitter_seconds = reading.whole("jitter_seconds", 0, LONGEST_JITTER_SECONDS, 0)
    if starts_at and ends_at and ends_at < starts_at:
        reading.wrong("ends_at", _("is before the beginning"))
    if on_closed not in list(OnClosed):
        reading.wrong("on_closed", _("must be one of: %s") % ", ".join(OnClosed))
    schedule = _SCHEDULES[kind](reading, starts_at) if kind else None
    reading.check()
    assert schedule is not None
    rule = TimeRule(
        schedule=schedule,
        zone=reading.zone,
        starts_at=starts_at,
        ends_at=ends_at,
        jitter_seconds=jitter_seconds,
        hours=hours or ALWAYS,
        on_closed=OnClosed(on_closed),
    )
    _check_together(rule, reading)
    return rule


def _once(reading: Reading, starts_at: datetime | None) -> Schedule | None:
    planned = reading.planned("at")
    if planned is None:
        reading.missing("at", _("is missing: the moment of the start"))
    return Once(planned) if planned else None


def _interval(reading: Reading, starts_at: datetime | None) -> Schedule | None:
    seconds = reading.whole("seconds", SHORTEST_SECONDS, LONGEST_SECONDS)
    midnight = datetime.combine(ANCHOR, time())
    anchor = (
        reading.moment("anchor") or starts_at or planned_on_the_clock(midnight, reading.zone).at
    )
    return Interval(seconds, anchor, reading.zone)


def _cron(reading: Reading, starts_at: datetime | None) -> Schedule | None:
    try:
        return Cron(read_cron(reading.said.get("cron")), reading.zone)
    except CronError as error:
        reading.wrong("cron", str(error))
        return None


def _recurring(reading: Reading, starts_at: datetime | None) -> Schedule | None:
    freq = reading.choice("freq", list(Freq))
    minutes = reading.times("times", MAX_TIMES)
    anchor = reading.moment("anchor") or starts_at
    days = Days(
        freq=Freq(freq or Freq.DAILY),
        interval=reading.whole("interval", 1, MAX_INTERVAL, 1),
        anchor=wall_of(anchor, reading.zone).date() if anchor else ANCHOR,
        weekdays=reading.words("weekdays", WEEKDAYS),
        ordinal=_ordinal(reading),
        month_days=reading.numbers("month_days", -31, 31),
        months=reading.numbers("months", 1, 12),
    )
    if freq:
        _check_days(days, reading)
    if not reading.problems and next(days.since(ANCHOR), None) is None:
        reading.wrong("month_days", _("never come in these months"))
    return None if reading.problems else Recurring(days=days, minutes=minutes, zone=reading.zone)


_SCHEDULES: Final[Mapping[str, Callable[[Reading, datetime | None], Schedule | None]]] = {
    "cron": _cron,
    "interval": _interval,
    "recurring": _recurring,
    "once": _once,
}


def _ordinal(reading: Reading) -> int | None:
    value = reading.said.get("ordinal")
    if value is None:
        return None
    if isinstance(value, int) and not isinstance(value, bool) and value in ORDINALS:
        return value
    reading.wrong("ordinal", _("must be 1 to 5, or -1 for the last"))
    return None


def _check_days(days: Days, reading: Reading) -> None:
    """Note what does not go together: a field that would be ignored is a misunderstanding."""
    if days.freq in {Freq.MONTHLY, Freq.YEARLY}:
        _check_days_of_months(days, reading)
    else:
        for field in ("ordinal", "month_days"):
            if reading.said.get(field):
                reading.wrong(field, _("is for months and years only"))
    if days.freq == Freq.WEEKLY and not days.weekdays:
        reading.missing("weekdays", _("are missing: choose at least one"))
    if days.freq == Freq.YEARLY and not days.months:
        reading.missing("months", _("are missing: choose at least one"))
    if days.freq != Freq.YEARLY and days.months:
        reading.wrong("months", _("are for years only"))


def _check_days_of_months(days: Days, reading: Reading) -> None:
    if days.weekdays and days.month_days:
        reading.wrong("month_days", _("can't go with weekdays: take one of the two"))
    elif days.ordinal and not days.weekdays:
        reading.missing("weekdays", _("are missing: which weekday of the month?"))
    elif not (days.weekdays or days.month_days):
        reading.missing("month_days", _("are missing: which days of the month?"))


def _check_together(rule: TimeRule, reading: Reading) -> None:
    schedule = rule.schedule
    if rule.jitter_seconds >= schedule.shortest_seconds:
        words = {"length": duration_in_words(schedule.shortest_seconds)}
        reading.wrong(
            "jitter_seconds", _("must be shorter than the %(length)s between two starts") % words
        )
    moves = rule.on_closed in {OnClosed.NEXT, OnClosed.PREVIOUS}
    if moves and schedule.most_a_day > MAX_MOVED_A_DAY:
        problem = _("can move at most %(n)d starts a day: leave them out")
        reading.wrong("on_closed", problem % {"n": MAX_MOVED_A_DAY})
    reading.check()
    begin = (rule.starts_at or FIRST_MOMENT) - INSTANT
    if (rule.starts_at or rule.ends_at) and next(rule.planned_after(begin), None) is None:
        field = "ends_at" if rule.ends_at else "starts_at"
        reading.wrong(field, _("leaves no start at all"))
    reading.check()
