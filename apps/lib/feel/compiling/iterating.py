"""What `for`, `some` and `every` go through."""

from collections.abc import Iterable, Iterator
from decimal import Decimal

from apps.lib.feel.arithmetic import NUMBERS
from apps.lib.feel.run import Run
from apps.lib.feel.temporal import DaysDuration, FeelDate
from apps.lib.feel.values import Range, Value, type_name

ONE = Decimal(1)
ONE_DAY = DaysDuration(86_400 * 1_000_000_000)


def elements_of(run: Run, value: Value) -> Iterable[Value] | None:
    """Return the elements of a list, or the numbers or days of a range; None if it has none.

    Anything else but null is its own single element.
    """
    if isinstance(value, list):
        return value
    if isinstance(value, Range):
        return _elements_of_range(run, value)
    if value is None:
        run.warn("null can't be iterated over.")
        return None
    return [value]


def steps_between(run: Run, start: Value, end: Value) -> Iterator[Value] | None:
    """Return the whole numbers, or days, from `start` to `end`, downwards if need be."""
    if _is_whole(start) and _is_whole(end):
        return _numbers(start, end)
    if isinstance(start, FeelDate) and isinstance(end, FeelDate):
        return _days(start, end)
    run.warn(
        f"One can iterate from whole number to whole number and from date to date, "
        f"not from {type_name(start)} to {type_name(end)}."
    )
    return None


def _elements_of_range(run: Run, value: Range) -> Iterable[Value] | None:
    steps = steps_between(run, value.start, value.end)
    if steps is None or value.operator:
        return None
    if value.start > value.end if isinstance(value.start, Decimal) else _is_after(value):
        run.warn("The range ends before it starts.")
        return None
    return _trimmed(steps, value)


def _is_after(value: Range) -> bool:
    return bool(value.start.compare_to(value.end) > 0)


def _trimmed(steps: Iterator[Value], within: Range) -> Iterator[Value]:
    for step in steps:
        if (step == within.start and not within.start_included) or (
            step == within.end and not within.end_included
        ):
            continue
        yield step


def _is_whole(value: Value) -> bool:
    return type(value) is Decimal and value == value.to_integral_value()


def _numbers(start: Decimal, end: Decimal) -> Iterator[Decimal]:
    step = ONE if start <= end else -ONE
    number = start
    yield number
    while number != end:
        number = NUMBERS.add(number, step)
        yield number


def _days(start: FeelDate, end: FeelDate) -> Iterator[FeelDate]:
    step = ONE_DAY if start.number <= end.number else -ONE_DAY
    day = start
    yield day
    while day != end:
        day = day + step
        yield day
