"""Numbers with the 34 digits of decimal128, and the operators on everything they are made for."""

import operator
from collections.abc import Callable, Mapping
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import TypeAlias

from .run import Run
from .values import Value, type_name

LARGEST_EXPONENT = 6144

# Nothing is trapped: what has no value becomes NaN or infinite, and that becomes null.
NUMBERS = Context(
    prec=34,
    rounding=ROUND_HALF_EVEN,
    Emin=-LARGEST_EXPONENT + 1,
    Emax=LARGEST_EXPONENT,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[],
)

Operation: TypeAlias = Callable[[Run, Value, Value], Value]


def number_of(text: str | int | float | Decimal) -> Decimal | None:
    """Return `text` as a number of 34 digits; None when it is none, infinite or too large."""
    number = NUMBERS.create_decimal(repr(text) if isinstance(text, float) else text)
    return number if number.is_finite() else None


def add(run: Run, left: Value, right: Value) -> Value:
    if type(left) is str and type(right) is str:
        run.produce(len(left) + len(right))
        return left + right
    return _calculate(run, "+", left, right)


def subtract(run: Run, left: Value, right: Value) -> Value:
    return _calculate(run, "-", left, right)


def multiply(run: Run, left: Value, right: Value) -> Value:
    return _calculate(run, "*", left, right)


def divide(run: Run, left: Value, right: Value) -> Value:
    if type(right) is Decimal and not right:
        run.warn("A division by zero gives null.")
        return None
    return _calculate(run, "/", left, right)


def power(run: Run, left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        return _calculate(run, "**", left, right)
    return _unfit(run, "**", left, right)


def negate(run: Run, value: Value) -> Value:
    if type(value) is Decimal:
        return NUMBERS.minus(value)
    if type_name(value).endswith("duration"):
        return -value
    if value is not None:
        run.warn(f"A {type_name(value)} has no negative.")
    return None


def _calculate(run: Run, sign: str, left: Value, right: Value) -> Value:
    if type(left) is Decimal and type(right) is Decimal:
        number = _ON_NUMBERS[sign](left, right)
        if number.is_finite():
            return number
        run.warn(f"The result of '{sign}' is not a number that FEEL knows.")
        return None
    if hasattr(left, "compare_to") or hasattr(right, "compare_to"):
        try:
            result = _ON_TEMPORAL[sign](left, right)
        except (TypeError, OverflowError):
            return _unfit(run, sign, left, right)
        if result is None:
            run.warn(f"The result of '{sign}' is out of range.")
        return result
    return _unfit(run, sign, left, right)


def _unfit(run: Run, sign: str, left: Value, right: Value) -> None:
    run.warn(f"'{sign}' does not work between {type_name(left)} and {type_name(right)}.")


OPERATIONS: Mapping[str, Operation] = {
    "+": add,
    "-": subtract,
    "*": multiply,
    "/": divide,
    "**": power,
}

_ON_NUMBERS: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
    "/": NUMBERS.divide,
    "**": NUMBERS.power,
}
_ON_TEMPORAL: Mapping[str, Callable[[Value, Value], Value]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
