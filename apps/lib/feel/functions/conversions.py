"""string() and number()."""

import re
from decimal import Decimal

from apps.lib.feel.arithmetic import number_of
from apps.lib.feel.printing import text_of
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value

from .registering import NUMBER, STRING, NoValue, Parameter, Registry, one

registry = Registry()

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?")
_LONGEST = 10_000  # digits


@registry.declare("string", one("from"))
def string(run: Run, value: Value) -> str | None:
    return None if value is None else text_of(value, run)


@registry.declare("number", one("from", NUMBER))
def number_itself(run: Run, number: Decimal) -> Decimal:
    return number


@registry.declare("number", one("from", STRING))
def number(run: Run, text: str) -> Decimal:
    return _read(text)


@registry.declare(
    "number",
    one("from", STRING),
    Parameter("grouping separator", STRING, nullable=True),
    Parameter("decimal separator", STRING, nullable=True),
)
def number_written(run: Run, text: str, grouping: str | None, point: str | None) -> Decimal:
    if grouping not in (None, " ", ",", "."):
        raise NoValue("the grouping separator must be a space, a comma, a full stop or null")
    if point not in (None, ",", ".") or (point is not None and point == grouping):
        raise NoValue("the decimal separator must be the other one of comma and full stop, or null")
    if grouping is not None:
        text = text.replace(grouping, "")
    if point == "," and "." in text:
        raise NoValue(f"“{text[:60]}” is not a number")
    return _read(text.replace(",", ".") if point == "," else text)


def _read(text: str) -> Decimal:
    found = _NUMBER.fullmatch(text.strip()) if len(text) <= _LONGEST else None
    value = number_of(found[0]) if found else None
    if value is None:
        raise NoValue(f"“{text[:60]}” is not a number")
    return value
