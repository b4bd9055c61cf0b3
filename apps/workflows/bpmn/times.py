"""Whether a time that is written down is one. Expressions are looked at when they are evaluated."""

import re

from apps.lib.feel import DaysDuration, FeelDate, FeelDateTime, MonthsDuration
from apps.lib.feel.temporal import parse_literal
from apps.lib.texts import gettext as _

_REPEATED = re.compile(r"R(?P<times>\d{0,6})/(?:(?P<start>[^/]+)/)?(?P<length>[^/]+)", re.ASCII)
_CRON_FIELD = re.compile(r"[0-9A-Za-z*?/,#-]+")
_CRON_NAMES = frozenset(
    {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"}
)


def is_date(text: str) -> bool:
    """Tell whether it is a date and time of ISO 8601 (or a date: its midnight)."""
    return isinstance(parse_literal(text), FeelDate | FeelDateTime)


def is_duration(text: str) -> bool:
    value = parse_literal(text)
    return isinstance(value, DaysDuration | MonthsDuration) and not text.startswith("-")


def is_cycle(text: str) -> bool:
    """Tell whether it is a repetition (R3/PT10M, R/2030-01-01T00:00:00Z/P1D) or a cron text."""
    found = _REPEATED.fullmatch(text)
    if found:
        start = found["start"]
        return is_duration(found["length"]) and (start is None or is_date(start))
    fields = text.split()
    is_cron = len(fields) in (5, 6) and all(_CRON_FIELD.fullmatch(each) for each in fields)
    return text in _CRON_NAMES or is_cron


def complaint(how: str, text: str) -> tuple[str, str] | None:
    """Return message and advice if `text` is no time of that kind."""
    checks = {
        "date": (is_date, _("Write a date and time as 2030-01-31T09:00:00Z, or = and FEEL.")),
        "duration": (is_duration, _("Write a duration as PT15M or P2D, or = and FEEL.")),
        "cycle": (is_cycle, _("Write R3/PT10M, R/PT1H, or a cron text as 0 9 * * 1-5.")),
    }
    check, advice = checks[how]
    if check(text):
        return None
    return _("The timer's “%(text)s” can't be read.") % {"text": text[:60]}, advice
