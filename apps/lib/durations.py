"""Lengths of time as people write and read them: “90 s”, “1h 30m”, “2 days”."""

import re
from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .errors import FieldProblem, InvalidError

SECONDS_OF_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
LONGEST_SECONDS = 10 * 366 * 86_400

_PART = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?)\s*([a-z]*)")
_UNITS = {
    **dict.fromkeys(["", "s", "sec", "secs", "second", "seconds"], "s"),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], "m"),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], "h"),
    **dict.fromkeys(["d", "day", "days"], "d"),
    **dict.fromkeys(["w", "week", "weeks"], "w"),
}


def parse_duration(text: str, *, field: str = "") -> timedelta:
    """Return the length of time that `text` says; a number alone means seconds.

    Raises InvalidError, naming `field`, for anything else and for more than ten years.
    """
    seconds = _seconds(text.strip().lower())
    if seconds is None or seconds > LONGEST_SECONDS:
        message = _(
            "“%(text)s” is not a length of time. Write it like 90 s, 15 min, 1h 30m or 2 d."
        )
        problem = message % {"text": text[:40]}
        raise InvalidError(problem, fields=[FieldProblem(field, problem)])
    return timedelta(seconds=seconds)


def duration_in_words(length: timedelta | float, *, parts: int = 2) -> str:
    """Return `length` as people say it, its `parts` largest units: “1 h 30 min”, “2 days 4 h”."""
    seconds = length.total_seconds() if isinstance(length, timedelta) else length
    if seconds < 0:
        return "−" + duration_in_words(-seconds, parts=parts)
    if seconds < 1:
        return _("%(n)d ms") % {"n": round(seconds * 1000)}
    said = [words for count, words in _split(round(seconds)) if count]
    return " ".join(said[:parts])


def _seconds(text: str) -> float | None:
    total, end = 0.0, 0
    for part in _PART.finditer(text):
        unit = _UNITS.get(part[2])
        if unit is None or text[end : part.start()].strip(" ,"):
            return None
        total += float(part[1]) * SECONDS_OF_UNIT[unit]
        end = part.end()
    return total if end and not text[end:].strip() else None


def _split(seconds: int) -> list[tuple[int, str]]:
    days, rest = divmod(seconds, SECONDS_OF_UNIT["d"])
    hours, rest = divmod(rest, SECONDS_OF_UNIT["h"])
    minutes, left = divmod(rest, SECONDS_OF_UNIT["m"])
    return [
        (days, ngettext("%(n)d day", "%(n)d days", days) % {"n": days}),
        (hours, _("%(n)d h") % {"n": hours}),
        (minutes, _("%(n)d min") % {"n": minutes}),
        (left, _("%(n)d s") % {"n": left}),
    ]
