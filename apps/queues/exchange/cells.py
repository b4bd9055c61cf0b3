"""A cell as the value that the schema asks for.

What can't be one is not guessed at: CellError says what is expected. Whether the value is allowed
is for the schema to judge.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import MAX_INTEGER, Json, parse_json
from apps.lib.schema_forms.shapes import MISSING, Kind, Shape, Value

from .reading import RawCell

MAX_JSON_BYTES: Final = 100_000
MAX_DIGITS: Final = 40
YES: Final = frozenset({"true", "yes", "y", "1", "x", "on", "wahr", "ja", "j"})
NO: Final = frozenset({"false", "no", "n", "0", "-", "off", "falsch", "nein"})

_POINT = re.compile(r"[-+]?(\d{1,3}([,' ]\d{3})+|\d+)?(\.\d+)?([eE][-+]?\d{1,3})?", re.ASCII)
_COMMA = re.compile(r"[-+]?(\d{1,3}([.' ]\d{3})+|\d+)?(,\d+)?([eE][-+]?\d{1,3})?", re.ASCII)
_ISO = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ](.+))?", re.ASCII)
_LOCAL = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4})(?:,?[T ]+(.+))?", re.ASCII)
_CLOCK = re.compile(
    r"(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?\s*(Z|z|[+-]\d{2}:?\d{2})?", re.ASCII
)
# all spaces that spreadsheets put between thousands, and the apostrophes
_SPACES = str.maketrans("\u00a0\u202f\u2009\u2019", "   '")


class CellError(ValueError):
    """The cell can't be read as what the column is; the message says what is expected."""


@dataclass(frozen=True)
class How:
    """How texts of the file are meant: the sign before decimals, day or month first, the zone."""

    decimal: str
    days: str
    zone: tzinfo

    @classmethod
    def of(cls, decimal: str, days: str, zone: str) -> "How":
        try:
            return cls(decimal, days, ZoneInfo(zone))
        except (KeyError, ValueError, OSError):
            return cls(decimal, days, UTC)


def read_cell(shape: Shape | None, cell: RawCell, how: How) -> Value:
    """Return the value of a cell; MISSING for an empty one. Raises CellError.

    Without a shape, or with one that leaves the type open, a value stays what it is in the file.
    """
    if cell is None or cell == "":
        return MISSING
    if isinstance(cell, dict) and "at" not in cell:
        raise CellError(_fault(cell))
    kind = shape.kind if shape is not None else Kind.JSON
    reader = _READERS.get(kind, _read_text)
    return reader(shape, cell, how)


def read_number(cell: RawCell, how: How) -> int | float:
    """Return a number. Raises CellError."""
    if isinstance(cell, bool | dict):
        raise CellError(_("must be a number"))
    if isinstance(cell, int | float):
        return _storable(cell)
    text = str(cell).translate(_SPACES).strip()
    pattern, thousands = (_COMMA, ".' ") if how.decimal == "," else (_POINT, ",' ")
    if not pattern.fullmatch(text) or not any(each.isdigit() for each in text):
        example = "1234,50" if how.decimal == "," else "1234.50"
        raise CellError(_("must be a number, as in %(example)s") % {"example": example})
    plain = text.translate(str.maketrans("", "", thousands)).replace(",", ".")
    if len(plain) > MAX_DIGITS:
        raise CellError(_("is a number too large to be kept"))
    return _storable(float(plain) if re.search(r"[.eE]", plain) else int(plain))


def read_whole(cell: RawCell, how: How) -> int:
    number = read_number(cell, how)
    if isinstance(number, float) and not number.is_integer():
        raise CellError(_("must be a whole number"))
    return int(number)


def read_day(cell: RawCell, how: How) -> date:
    """Return a day. Raises CellError; a time with it must be midnight."""
    moment, has_zone = _moment(cell, how)
    if moment.time() != datetime.min.time() or has_zone:
        raise CellError(_("must be a date without a time"))
    return moment.date()


def read_moment(cell: RawCell, how: How) -> datetime:
    """Return a moment; without a zone it is one of the reader's. Raises CellError."""
    moment, has_zone = _moment(cell, how)
    if has_zone:
        return moment
    aware = moment.replace(tzinfo=how.zone)
    # an hour that the clocks skip is no time at all; going through UTC moves it to one that is
    return aware.astimezone(UTC).astimezone(how.zone)


def as_text(cell: RawCell) -> str:
    """Return the cell as a person reads it."""
    if cell is None:
        return ""
    elif isinstance(cell, bool):
        return "true" if cell else "false"
    elif isinstance(cell, dict):
        moment = cell.get("at", "").replace("T00:00:00", "").replace("T", " ")
        return moment or cell.get("error", "")
    else:
        return str(cell)


def _fault(cell: Mapping[str, str]) -> str:
    if "formula" in cell:
        return _("is a formula without a value: open the file in a spreadsheet program and save it")
    return _("is an error of the spreadsheet: %(error)s") % {"error": cell.get("error", "")}


def _read_text(shape: Shape | None, cell: RawCell, how: How) -> Value:
    if shape is not None and shape.schema.get("format") == "decimal" and isinstance(cell, str):
        number = read_number(cell, how)
        return str(number)
    return as_text(cell)


def _read_choice(shape: Shape | None, cell: RawCell, how: How) -> Value:
    text = as_text(cell).strip()
    choices = shape.choices if shape is not None else ()
    ways: list[Callable[[Json, str], bool]] = [
        lambda value, label: as_text(value) == text,  # type: ignore[arg-type]
        lambda value, label: label.casefold() == text.casefold(),
        lambda value, label: str(value).casefold() == text.casefold(),
    ]
    for fits in ways:
        for value, label in choices:
            if fits(value, label):
                return value
    shown = ", ".join(label for _value, label in choices[:12])
    raise CellError(_("must be one of %(choices)s") % {"choices": shown})


def _read_boolean(shape: Shape | None, cell: RawCell, how: How) -> Value:
    text = as_text(cell).strip().casefold()
    if text in YES or text == str(_("yes")).casefold():
        return True
    if text in NO or text == str(_("no")).casefold():
        return False
    raise CellError(_("must be yes or no"))


def _read_list(shape: Shape | None, cell: RawCell, how: How) -> Value:
    text = as_text(cell)
    if text.lstrip().startswith("["):
        return _read_json_text(text)
    parts = [part.strip() for part in re.split(r"[;\n]", text)]
    inner = shape.item() if shape is not None else None
    found = (read_cell(inner, part, how) for part in parts if part)
    return [value for value in found if value is not MISSING]


def _read_open(shape: Shape | None, cell: RawCell, how: How) -> Value:
    """A value whose type the schema leaves open, or that no cell shows but as JSON."""
    if isinstance(cell, dict):
        return as_text(cell)
    is_code = isinstance(cell, str) and cell[:1] in ("{", "[")
    if is_code and shape is not None:
        return _read_json_text(str(cell))
    return cell


def _read_object(shape: Shape | None, cell: RawCell, how: How) -> Value:
    return _read_json_text(as_text(cell))


def _read_json_text(text: str) -> Json:
    try:
        return parse_json(text.encode(), max_bytes=MAX_JSON_BYTES)
    except (DomainError, UnicodeEncodeError):
        raise CellError(_("must be JSON")) from None


def _read_constant(shape: Shape | None, cell: RawCell, how: How) -> Value:
    constant = shape.constant if shape is not None else None
    is_same = as_text(cell) in (json.dumps(constant), str(constant))
    return constant if is_same else as_text(cell)


def _storable(number: int | float) -> int | float:
    if abs(number) > MAX_INTEGER or number != number:
        raise CellError(_("is a number too large to be kept"))
    return number


def _moment(cell: RawCell, how: How) -> tuple[datetime, bool]:
    """Return a moment, and whether it says its zone itself."""
    text = cell["at"] if isinstance(cell, dict) else str(cell).strip()
    try:
        if isinstance(cell, bool | int | float):
            raise ValueError(cell)
        return _parsed(text, how)
    except (ValueError, OverflowError):
        example = "2026-03-31" + (" · 31.03.2026" if how.days == "dmy" else " · 03/31/2026")
        raise CellError(_("must be a date, as in %(example)s") % {"example": example}) from None


def _parsed(text: str, how: How) -> tuple[datetime, bool]:
    if found := _ISO.fullmatch(text):
        year, month, day, clock = found.groups()
    elif found := _LOCAL.fullmatch(text):
        first, sign, second, year, clock = found.groups()
        # with dots it is the day that comes first, all over the world
        is_day_first = sign == "." or how.days == "dmy"
        day, month = (first, second) if is_day_first else (second, first)
    else:
        raise ValueError(text)
    hours, minutes, seconds, zone = _clock(clock)
    at = datetime(int(year), int(month), int(day), hours, minutes, seconds)  # noqa: DTZ001
    if not zone:
        return at, False
    return datetime.fromisoformat(f"{at.isoformat()}{zone.upper()}"), True


def _clock(text: str | None) -> tuple[int, int, int, str]:
    if not text:
        return 0, 0, 0, ""
    found = _CLOCK.fullmatch(text.strip())
    if found is None:
        raise ValueError(text)
    return int(found[1]), int(found[2]), int(found[3] or 0), found[4] or ""


def _day_text(shape: Shape | None, cell: RawCell, how: How) -> Value:
    return read_day(cell, how).isoformat()


def _moment_text(shape: Shape | None, cell: RawCell, how: How) -> Value:
    return read_moment(cell, how).isoformat()


_READERS: Final[Mapping[Kind, Callable[[Shape | None, Any, How], Value]]] = {
    Kind.NUMBER: lambda shape, cell, how: read_number(cell, how),
    Kind.INTEGER: lambda shape, cell, how: read_whole(cell, how),
    Kind.BOOLEAN: _read_boolean,
    Kind.CHOICE: _read_choice,
    Kind.DATE: _day_text,
    Kind.DATE_TIME: _moment_text,
    Kind.ARRAY: _read_list,
    Kind.OBJECT: _read_object,
    Kind.JSON: _read_open,
    Kind.CONSTANT: _read_constant,
}
