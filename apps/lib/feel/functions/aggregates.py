"""Functions that make one value of many. They take a list, or the values one by one."""

from collections import Counter
from collections.abc import Callable, Sequence
from decimal import Decimal

from apps.lib.feel.arithmetic import NUMBERS
from apps.lib.feel.comparing import compare, conjunction, disjunction
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value, type_name

from .numbers import finite, plain
from .registering import LIST, NoValue, Parameter, Registry, one

registry = Registry()

Body = Callable[[Run, list[Value]], Value]


def _aggregate(name: str) -> Callable[[Body], Body]:
    """Declare `name(list)` and `name(value, value…)`."""

    def keep(body: Body) -> Body:
        def spend(run: Run, values: list[Value]) -> Value:
            run.spend(len(values))
            return body(run, values)

        def gather(run: Run, first: Value, second: Value, others: list[Value]) -> Value:
            return spend(run, [first, second, *others])

        registry.declare(name, one("list", LIST))(spend)
        registry.declare(name, one("n1"), one("n2"), rest=Parameter("n"))(gather)
        return body

    return keep


@_aggregate("min")
def smallest(run: Run, values: list[Value]) -> Value:
    return _extreme(values, -1)


@_aggregate("max")
def largest(run: Run, values: list[Value]) -> Value:
    return _extreme(values, 1)


@_aggregate("sum")
def total(run: Run, values: list[Value]) -> Decimal | None:
    return _sum(_numbers(values)) if values else None


@_aggregate("mean")
def mean(run: Run, values: list[Value]) -> Decimal | None:
    return _mean(_numbers(values)) if values else None


@_aggregate("product")
def product(run: Run, values: list[Value]) -> Decimal | None:
    if not values:
        return None
    result = Decimal(1)
    for number in _numbers(values):
        result = NUMBERS.multiply(result, number)
    return finite(result)


@_aggregate("median")
def median(run: Run, values: list[Value]) -> Decimal | None:
    if not values:
        return None
    ordered = sorted(_numbers(values))
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else _mean(ordered[middle - 1 : middle + 1])


@_aggregate("mode")
def mode(run: Run, values: list[Value]) -> list[Value]:
    """Return the numbers that occur most often, in ascending order."""
    counts = Counter(_numbers(values))
    most = max(counts.values(), default=0)
    return sorted(number for number, count in counts.items() if count == most)


@_aggregate("stddev")
def standard_deviation(run: Run, values: list[Value]) -> Decimal:
    """Return the standard deviation of a sample (divided by n − 1)."""
    numbers = _numbers(values)
    if len(numbers) < 2:
        raise NoValue("a deviation needs two numbers or more")
    middle = _mean(numbers)
    squares = [NUMBERS.power(NUMBERS.subtract(number, middle), 2) for number in numbers]
    variance = NUMBERS.divide(_sum(squares), Decimal(len(numbers) - 1))
    return plain(finite(NUMBERS.sqrt(variance)))


@_aggregate("all")
def all_true(run: Run, values: list[Value]) -> bool | None:
    return conjunction(values)


@_aggregate("any")
def any_true(run: Run, values: list[Value]) -> bool | None:
    return disjunction(values)


def _numbers(values: Sequence[Value]) -> list[Decimal]:
    for value in values:
        if not isinstance(value, Decimal):
            raise NoValue(f"every value must be a number, not {type_name(value)}")
    return list(values)


def _sum(numbers: Sequence[Decimal]) -> Decimal:
    result = Decimal(0)
    for number in numbers:
        result = NUMBERS.add(result, number)
    return finite(result)


def _mean(numbers: Sequence[Decimal]) -> Decimal:
    return finite(NUMBERS.divide(_sum(numbers), Decimal(len(numbers))))


def _extreme(values: Sequence[Value], sign: int) -> Value:
    """Return the value that no other is beyond, by its order; None of no values."""
    best: Value = None
    for index, value in enumerate(values):
        order = compare(value, value if index == 0 else best)
        if order is None:
            raise NoValue("the values can't be compared")
        if index == 0 or order * sign > 0:
            best = value
    return best
