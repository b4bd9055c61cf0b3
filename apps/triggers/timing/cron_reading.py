"""Reads the five fields of cron, and says which one is wrong."""

import re

from cronsim import CronSim, CronSimError
from django.utils.translation import gettext as _

from apps.lib.json import Json

from .cron import PLAIN_CLOCK, fields_of

MAX_LENGTH = 200
NAMES = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# how many values each field can have
SIZES = (60, 24, 31, 12, 7)
_STEP = re.compile(r"/([0-9]+)")


class CronError(ValueError):
    """What is wrong with a text of cron, for the person who wrote it."""


def read_cron(said: Json) -> str:
    """Return the text with one space between its five fields. Raises CronError."""
    if not isinstance(said, str) or not said.strip():
        raise CronError(_("is missing: five fields like 0 9 * * MON-FRI"))
    text = " ".join(NAMES.get(said.strip().lower(), said).upper().split())
    if len(text) > MAX_LENGTH or not text.isascii():
        raise CronError(_("can't be read: write five fields like 0 9 * * MON-FRI"))
    fields = text.split(" ")
    if len(fields) != len(SIZES):
        raise CronError(
            _("has %(n)d fields, but needs five: minute, hour, day, month, weekday")
            % {"n": len(fields)}
        )
    for place in range(len(SIZES)):
        _check_field(fields[place], place)
    _check_comes(text)
    return text


def _check_field(field: str, place: int) -> None:
    words = {"text": field[:40], "field": _names()[place]}
    alone = ["*"] * len(SIZES)
    alone[place] = field
    try:
        CronSim(" ".join(alone), PLAIN_CLOCK)
    except CronSimError:
        raise CronError(_("can't be read: “%(text)s” is no %(field)s") % words) from None
    for step in map(int, _STEP.findall(field)):
        if step >= SIZES[place]:
            raise CronError(
                _("has a step that never comes: “%(text)s” as %(field)s. An interval can do that")
                % words
            )


def _check_comes(text: str) -> None:
    try:
        next(CronSim(text, PLAIN_CLOCK))
        fields_of(text)
    except (CronSimError, StopIteration):
        raise CronError(_("never comes: no month of these has such a day")) from None


def _names() -> tuple[str, ...]:
    return (_("minute"), _("hour"), _("day of the month"), _("month"), _("weekday"))
