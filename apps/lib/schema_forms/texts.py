"""A value as the text of a form's control, and back.

The first rule is `is_unchanged`: a text that still reads as it was shown stands for the value it
was shown for, to the digit and the zone. Only what a person changed is read anew.
"""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import MAX_INTEGER, Json, check_json, parse_json

from .shapes import MISSING, Kind, Shape, Value

MAX_TEXT = 1_000_000  # characters a control may send back
NUMBER = re.compile(r"[+-]?\d{1,40}(\.\d{1,40})?([eE][+-]?\d{1,3})?", re.ASCII)
INTEGER = re.compile(r"[+-]?\d{1,20}", re.ASCII)
TRIMMED_BY_BROWSERS = (Kind.EMAIL, Kind.URI, Kind.NUMBER, Kind.INTEGER)


class TextError(ValueError):
    """The text can't be read as a value; the message says what is expected."""


def shown(shape: Shape, value: Value) -> str:
    """Return the text that a control for `shape` starts with."""
    if shape.kind is Kind.CHOICE:
        return _choice_key(shape, value)
    elif shape.kind is Kind.JSON:
        return "" if value is MISSING else json.dumps(value, indent=2, ensure_ascii=False)
    elif value is MISSING or value is None:
        return ""
    elif isinstance(value, bool):
        return "true" if value else "false"
    elif shape.kind is Kind.DATE_TIME:
        moment = local_moment(value)
        return str(value) if moment is None else moment
    else:
        return str(value)


def is_unchanged(shape: Shape, raw: str, value: Value) -> bool:
    """Say whether `raw` is what was shown for `value`, but for what browsers do to line ends."""
    before, after = _even_lines(shown(shape, value)), _even_lines(raw)
    if shape.kind in TRIMMED_BY_BROWSERS:
        return before.strip() == after.strip()
    return before == after


def read(shape: Shape, raw: str) -> Value:
    """Return the value that `raw` stands for; MISSING or null when it is empty.

    Raises TextError. Text is trimmed; whether it has the right format is not judged here.
    """
    text = _even_lines(raw).strip()
    if len(text) > MAX_TEXT:
        raise TextError(_("This is too long: at most %(n)d characters.") % {"n": MAX_TEXT})
    if not text:
        return None if shape.is_nullable else MISSING
    reader = READERS.get(shape.kind, _read_text)
    return reader(shape, text)


def local_moment(value: Json) -> str | None:
    """Return a date-time in the current zone, as browsers write it; None if that loses anything."""
    try:
        moment = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    if moment.tzinfo is None or moment.microsecond:
        return None
    try:
        return timezone.localtime(moment).replace(tzinfo=None).isoformat()
    except OverflowError:
        return None


def is_plain_date(text: str) -> bool:
    try:
        return len(text) == 10 and date.fromisoformat(text) is not None
    except ValueError:
        return False


def _choice_key(shape: Shape, value: Value) -> str:
    if value is MISSING:
        return ""
    for index, (choice, _label) in enumerate(shape.choices):
        if _canonical(choice) == _canonical(value):
            return str(index)
    return "as-is"


def _canonical(value: Json) -> str:
    return json.dumps(value, sort_keys=True)


def _read_choice(shape: Shape, text: str) -> Value:
    if text.isascii() and text.isdigit() and int(text[:6]) < len(shape.choices):
        return shape.choices[int(text[:6])][0]
    raise TextError(_("Choose one of the list."))


def _read_text(_shape: Shape, text: str) -> Value:
    try:
        check_json(text)
    except DomainError:
        raise TextError(_("This holds characters that can't be stored.")) from None
    return text


def _read_integer(_shape: Shape, text: str) -> Value:
    if not INTEGER.fullmatch(text):
        raise TextError(_("This must be a whole number, as in 1234."))
    if abs(int(text)) > MAX_INTEGER:
        raise TextError(_("This number is too large."))
    return int(text)


def _read_number(shape: Shape, text: str) -> Value:
    if not NUMBER.fullmatch(text):
        raise TextError(_("This must be a number with a dot, as in 1234.50."))
    if INTEGER.fullmatch(text):
        return _read_integer(shape, text)
    number = float(text)
    if Decimal(text) != Decimal(repr(number)):
        raise TextError(_("This number has more digits than can be kept exactly."))
    return number


def _read_boolean(_shape: Shape, text: str) -> Value:
    if text not in ("true", "false"):
        raise TextError(_("Choose yes or no."))
    return text == "true"


def _read_moment(shape: Shape, text: str) -> Value:
    """Read what browsers send, in the current zone; leave all else for the schema to judge."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _read_text(shape, text)
    if moment.tzinfo is not None:
        return text
    aware = timezone.make_aware(moment)
    # an hour that the clocks skip is no time at all; going through UTC moves it to one that is
    return aware.astimezone(UTC).astimezone(aware.tzinfo).isoformat()


def _read_json(_shape: Shape, text: str) -> Value:
    try:
        return parse_json(text.encode(), max_bytes=4 * MAX_TEXT)
    except (DomainError, UnicodeEncodeError) as error:
        raise TextError(
            _("This is not JSON: %(problem)s") % {"problem": getattr(error, "message", "")}
        ) from None


def _even_lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


READERS = {
    Kind.CHOICE: _read_choice,
    Kind.INTEGER: _read_integer,
    Kind.NUMBER: _read_number,
    Kind.BOOLEAN: _read_boolean,
    Kind.DATE_TIME: _read_moment,
    Kind.JSON: _read_json,
}
