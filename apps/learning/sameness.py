"""Whether what a person wrote is what a model read: pure.

The same are: nothing and an empty text; texts that differ in white space or in the form of their
characters (Unicode NFKC), and in case unless the schema spells values out (`enum`, `const`,
`pattern`, `format`); numbers of one size however they are written (1, 1.0, “1.00”, “1,234.50”,
“1.234,50”), but not what begins with a zero, which is a name; one day however it is written, where
it can only be that day; lists and objects whose parts are the same. All else differs: yes is not
1, and “1,234” may be either of two numbers, so it is compared as text.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from apps.lib.json import Json

MAX_NUMBER_LENGTH = 40

_PLAIN = re.compile(r"[+-]?(0|[1-9]\d*)(\.\d+)?")
_COMMA_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(,\d{3})+\.\d+|[+-]?[1-9]\d{0,2}(,\d{3}){2,}")
_DOT_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}(\.\d{3})+,\d+|[+-]?[1-9]\d{0,2}(\.\d{3}){2,}")
_DECIMAL_COMMA = re.compile(r"[+-]?(0|[1-9]\d*),(\d{1,2}|\d{4,})")
_SPACED_GROUPS = re.compile(r"(?<=\d)[\s'’](?=\d{3}(\D|$))")
_YEAR_FIRST = re.compile(
    r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})([T ]00:00(:00(\.0+)?)?(Z|\+00:00)?)?"
)
_YEAR_LAST = re.compile(r"(\d{1,2})([-/.])(\d{1,2})\2(\d{4})")
_CASE_COUNTS = ("enum", "const", "pattern", "format")


def is_same(said: Json, read: Json, schema: Mapping[str, Any] | None = None) -> bool:
    """Say whether both mean the same. `schema`: that of the value, if anything is known of it."""
    if is_nothing(said) or is_nothing(read):
        return is_nothing(said) and is_nothing(read)
    elif isinstance(said, bool) or isinstance(read, bool):
        return said is read
    elif isinstance(said, dict) and isinstance(read, dict):
        return _same_objects(said, read, schema or {})
    elif isinstance(said, list) and isinstance(read, list):
        inner = _inside(schema, "items")
        return len(said) == len(read) and all(
            is_same(one, other, inner) for one, other in zip(said, read, strict=True)
        )
    elif isinstance(said, (dict, list)) or isinstance(read, (dict, list)):
        return False
    return _same_scalars(said, read, schema or {})


def is_nothing(value: Json) -> bool:
    return value is None or value in ([], {}) or (isinstance(value, str) and not value.strip())


def number_of(value: Json) -> Decimal | None:
    """Return the number that `value` is or spells, None if it is none or may be two."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    text = tidied(str(value)) if isinstance(value, str) else repr(value)
    if len(text) > MAX_NUMBER_LENGTH:
        return None
    text = _SPACED_GROUPS.sub("", text)
    if _COMMA_GROUPS.fullmatch(text):
        text = text.replace(",", "")
    elif _DOT_GROUPS.fullmatch(text) or _DECIMAL_COMMA.fullmatch(text):
        text = text.replace(".", "").replace(",", ".")
    elif not _PLAIN.fullmatch(text) and isinstance(value, str):
        return None
    number = Decimal(text)
    return number if number.is_finite() else None


def day_of(value: Json) -> date | None:
    """Return the day that a text spells, None if it spells none or may be two."""
    if not isinstance(value, str):
        return None
    text = tidied(value)
    if found := _YEAR_FIRST.fullmatch(text):
        return _day(int(found[1]), int(found[2]), int(found[3]))
    if found := _YEAR_LAST.fullmatch(text):
        year, first, second = int(found[4]), int(found[1]), int(found[3])
        # with points the day comes first everywhere; with strokes it depends on the country
        readings = {_day(year, second, first)}
        if found[2] != ".":
            readings.add(_day(year, first, second))
        days = readings - {None}
        return days.pop() if len(days) == 1 else None
    return None


def tidied(text: str) -> str:
    """Return `text` in one form of its characters, white space being single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).split())


def _same_objects(said: dict[str, Any], read: dict[str, Any], schema: Mapping[str, Any]) -> bool:
    named = _inside(schema, "properties")
    return all(
        is_same(said.get(key), read.get(key), _inside(named, key))
        for key in said.keys() | read.keys()
    )


def _same_scalars(said: Json, read: Json, schema: Mapping[str, Any]) -> bool:
    for meaning in (number_of, day_of):
        one, other = meaning(said), meaning(read)
        if one is not None and other is not None:
            return one == other
    if not (isinstance(said, str) and isinstance(read, str)):
        return False
    one_text, other_text = tidied(said), tidied(read)
    if any(name in schema for name in _CASE_COUNTS):
        return one_text == other_text
    return one_text.casefold() == other_text.casefold()


def _inside(schema: Mapping[str, Any] | None, name: str) -> Mapping[str, Any]:
    found = (schema or {}).get(name)
    return found if isinstance(found, dict) else {}


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
