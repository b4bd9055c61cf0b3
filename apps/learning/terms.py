"""The conditions of a proposal as somebody edited them."""

import math
from collections.abc import Mapping, Sequence

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem, InvalidError

from .patterns import Condition, Scalar
from .rule_presenting import edited_text

MOST_VALUES = 200
MAX_VALUE = 200


def edited_conditions(conditions: Sequence[Condition], said: Mapping[str, str]) -> list[Condition]:
    """Return the conditions that were kept (`keep-0`…), with `values-0`, `low-0`, `high-0`.

    Nothing said of any: they are as they were. Raises InvalidError by field.
    """
    if "edited" not in said:
        return list(conditions)
    kept = [(number, each) for number, each in enumerate(conditions) if said.get(f"keep-{number}")]
    return [
        _values(each, said.get(f"values-{number}", ""), f"values-{number}")
        if each.do == "one_of"
        else _range(each, said.get(f"low-{number}", ""), said.get(f"high-{number}", ""), number)
        for number, each in kept
    ]


def _values(condition: Condition, text: str, at: str) -> Condition:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not lines or len(lines) > MOST_VALUES or any(len(line) > MAX_VALUE for line in lines):
        message = _("Give at least one value, each in a line of its own.")
        raise InvalidError(message, fields=[FieldProblem(at, message)])
    # what was there keeps its type: 5 stays a number, “5” a text
    known: dict[str, Scalar] = {edited_text(value): value for value in condition.values}
    values = tuple(known.get(line, line) for line in dict.fromkeys(lines))
    if not all(line.isprintable() for line in lines):
        message = _("This holds characters that can't be stored.")
        raise InvalidError(message, fields=[FieldProblem(at, message)])
    return Condition(path=condition.path, do="one_of", values=values)


def _range(condition: Condition, low: str, high: str, number: int) -> Condition:
    ends = [_end(low, f"low-{number}"), _end(high, f"high-{number}")]
    if ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
        message = _("The lowest value is above the highest.")
        raise InvalidError(message, fields=[FieldProblem(f"low-{number}", message)])
    return Condition(path=condition.path, do="range", low=ends[0], high=ends[1])


def _end(text: str, at: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or abs(value) > 1e15:
        message = _("Give a number, or nothing for no end.")
        raise InvalidError(message, fields=[FieldProblem(at, message)])
    return value
