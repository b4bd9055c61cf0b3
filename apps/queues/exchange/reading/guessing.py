"""Whether a file means 1.234 or 1,234, and 3 April or 4 March: by what can be only one of them."""

import re
from collections.abc import Iterable

from .tables import RawRow

_WITH_COMMA = re.compile(r"[-+]?(\d+|\d{1,3}(\.\d{3})+),(\d{1,2}|\d{4,})", re.ASCII)
_WITH_POINT = re.compile(r"[-+]?(\d+|\d{1,3}(,\d{3})+)\.(\d{1,2}|\d{4,})", re.ASCII)
_DAY = re.compile(r"(\d{1,2})[./-](\d{1,2})[./-]\d{2,4}\b.*", re.ASCII)
MONTHS = 12


def decimal_sign(rows: Iterable[RawRow], *, usual: str) -> str:
    """Return the sign before decimals, `usual` where the numbers do not say."""
    texts = list(_texts(rows))
    commas = sum(_WITH_COMMA.fullmatch(text) is not None for text in texts)
    points = sum(_WITH_POINT.fullmatch(text) is not None for text in texts)
    if commas == points:
        return usual
    return "," if commas > points else "."


def day_order(rows: Iterable[RawRow]) -> str:
    """Return dmy, or mdy where some day can't be a month."""
    found = [match for text in _texts(rows) if (match := _DAY.fullmatch(text))]
    first = any(int(match[1]) > MONTHS for match in found)
    second = any(int(match[2]) > MONTHS for match in found)
    return "mdy" if second and not first else "dmy"


def _texts(rows: Iterable[RawRow]) -> Iterable[str]:
    return (cell for _number, cells in rows for cell in cells if isinstance(cell, str))
