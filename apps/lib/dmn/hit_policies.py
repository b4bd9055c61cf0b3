"""What a decision table answers once it is known which rules match."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _

from apps.lib.feel.arithmetic import add
from apps.lib.feel.comparing import compare, equal
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value

Row: TypeAlias = tuple[Value, ...]  # the outputs of one rule, one a column
Priorities: TypeAlias = Sequence[Sequence[Value]]  # of each column the values, best first


class PolicyError(Exception):
    """The rules that match break the table's policy; the text says how."""


def is_unambiguous(rows: Sequence[Row]) -> bool:
    """Tell whether all rows are equal."""
    return all(
        equal(one, other) is True
        for row in rows[1:]
        for one, other in zip(rows[0], row, strict=True)
    )


def by_priority(rows: Sequence[Row], priorities: Priorities) -> list[int]:
    """Return the positions of `rows`, best first; the order of rules decides between equals.

    The first column weighs most. A column without a list of values weighs nothing, and a value
    that isn't in its list comes after those that are.
    """

    def rank(position: int) -> list[int]:
        return [
            _rank(value, values)
            for value, values in zip(rows[position], priorities, strict=True)
            if values
        ]

    return sorted(range(len(rows)), key=rank)


def _rank(value: Value, values: Sequence[Value]) -> int:
    for n, each in enumerate(values):
        if equal(value, each) is True:
            return n
    return len(values)


def aggregate(run: Run, name: str, values: Sequence[Value]) -> Value:
    """Return the SUM, MIN, MAX or COUNT of `values`; null where FEEL says so.

    Raises PolicyError when the values can't be added or ordered.
    """
    if name == "COUNT":
        return Decimal(len(values))
    if not values:
        return None
    if name == "SUM":
        return _sum(run, values)
    return _best(values, (lambda order: order < 0) if name == "MIN" else (lambda order: order > 0))


def _sum(run: Run, values: Sequence[Value]) -> Value:
    total = values[0]
    for each in values[1:]:
        total = add(run, total, each)
    if total is None or isinstance(total, str | list | dict | bool):
        raise PolicyError(_("The outputs can't be added up."))
    return total


def _best(values: Sequence[Value], is_better: Callable[[int], bool]) -> Value:
    best = values[0]
    for each in values[1:]:
        order = compare(each, best)
        if order is None:
            raise PolicyError(_("The outputs can't be compared with each other."))
        if is_better(order):
            best = each
    return best
