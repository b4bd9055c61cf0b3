"""Equality and order of FEEL's values (DMN 1.5, tables 53 to 55), and three-valued logic."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal

from .run import Run
from .values import Function, Range, Value


def equal(left: Value, right: Value, run: Run | None = None) -> bool | None:
    """Tell whether the values are equal; None when their types differ. null equals only null.

    Raises FeelLimitError when comparing lists and contexts takes more steps than `run` has left,
    or a whole run of their own. (A list in which each element is the same list twice, and so on,
    is small to hold and endless to walk.)
    """
    if left is right:
        return True
    if left is None or right is None:
        return False
    kind = type(left)
    if kind is not type(right):
        return None
    if kind is Decimal or kind is str or kind is bool:
        return bool(left == right)
    if compound := _COMPOUND.get(kind):
        return compound(left, right, run or Run())
    return _equal_temporal(left, right)


def compare(left: Value, right: Value) -> int | None:
    """Return a negative number, 0 or a positive one as `left` is below, equal to or above `right`.

    None where FEEL knows no order: null, booleans, lists, contexts, and values of two types.
    Strings are ordered by code points.
    """
    kind = type(left)
    if kind is type(right) and (kind is Decimal or kind is str):
        return int(left > right) - int(left < right)
    if _are_temporal(left, right):
        order = left.compare_to(right)
        return order if order is None else int(order)
    return None


def is_in_range(value: Value, within: Range) -> bool | None:
    """Tell whether `value` lies in the range; None when it can't be compared with an end."""
    if within.operator == "!=":
        return negation(equal(value, within.start))
    if within.operator == "=":
        return equal(value, within.start)
    above = _is_beyond(value, within.start, within.start_included, within)
    below = _is_beyond(within.end, value, within.end_included, within)
    return conjunction((above, below))


def conjunction(values: Iterable[Value]) -> bool | None:
    """Return FEEL's `and`: false if any is false, else null if any is not boolean."""
    result: bool | None = True
    for value in values:
        if value is False:
            return False
        if value is not True:
            result = None
    return result


def disjunction(values: Iterable[Value]) -> bool | None:
    """Return FEEL's `or`: true if any is true, else null if any is not boolean."""
    result: bool | None = False
    for value in values:
        if value is True:
            return True
        if value is not False:
            result = None
    return result


def negation(value: Value) -> bool | None:
    """Return FEEL's `not`; None for what is not boolean."""
    return not value if isinstance(value, bool) else None


def _are_temporal(left: Value, right: Value) -> bool:
    return hasattr(left, "compare_to") and hasattr(right, "compare_to")


def _equal_temporal(left: Value, right: Value) -> bool | None:
    if not _are_temporal(left, right):
        return None
    found = left.equal_to(right)
    return found if found is None else bool(found)


def _equal_lists(left: list[Value], right: list[Value], run: Run) -> bool | None:
    if len(left) != len(right):
        return False
    return _equal_pairs(zip(left, right, strict=True), run)


def _equal_contexts(left: dict[str, Value], right: dict[str, Value], run: Run) -> bool | None:
    if left.keys() != right.keys():
        return False
    return _equal_pairs(((value, right[name]) for name, value in left.items()), run)


def _equal_pairs(pairs: Iterable[tuple[Value, Value]], run: Run) -> bool | None:
    result: bool | None = True
    compared = 1
    for left, right in pairs:
        same = equal(left, right, run)
        compared += 1
        if same is not True:
            result = same
        if same is False:
            break
    run.spend(compared)
    return result


def _equal_ranges(left: Range, right: Range, run: Run) -> bool | None:
    if _shape(left) != _shape(right):
        return False
    starts = equal(left.start, right.start, run)
    return conjunction((starts, equal(left.end, right.end, run)))


def _shape(value: Range) -> tuple[str, bool, bool]:
    return value.operator, value.start_included, value.end_included


def _is_beyond(high: Value, low: Value, included: bool, within: Range) -> bool | None:
    """Tell whether `high` is above `low`; an end that a comparison such as (< 5) lacks is far."""
    if within.operator and ((low is None and within.start is None) or high is None):
        return True if not (low is None and high is None) else None
    order = compare(high, low)
    if order is None:
        return None
    return order >= 0 if included else order > 0


def _equal_functions(left: Function, right: Function, run: Run) -> bool | None:
    return left is right or None


_COMPOUND: Mapping[type, Callable[[Value, Value, Run], bool | None]] = {
    list: _equal_lists,
    dict: _equal_contexts,
    Range: _equal_ranges,
    Function: _equal_functions,
}
