"""Numeric functions, in the 34 digits of FEEL's numbers."""

from decimal import (
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_DOWN,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Decimal,
)

from apps.lib.feel.arithmetic import NUMBERS
from apps.lib.feel.run import Run
from apps.lib.feel.temporal import DaysDuration, MonthsDuration
from apps.lib.feel.values import Value

from .registering import NUMBER, Kind, NoValue, Registry, maybe, one, whole

registry = Registry()

SMALLEST_SCALE, LARGEST_SCALE = -6111, 6176

_MEASURE = Kind("a number or a duration", (Decimal, DaysDuration, MonthsDuration))


@registry.declare("decimal", one("n", NUMBER), one("scale", NUMBER))
def decimal(run: Run, n: Decimal, scale: Decimal) -> Decimal:
    return rounded(n, scale, ROUND_HALF_EVEN)


@registry.declare("floor", one("n", NUMBER), maybe("scale", NUMBER))
def floor(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_FLOOR)


@registry.declare("ceiling", one("n", NUMBER), maybe("scale", NUMBER))
def ceiling(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_CEILING)


@registry.declare("round up", one("n", NUMBER), maybe("scale", NUMBER))
def round_up(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_UP)


@registry.declare("round down", one("n", NUMBER), maybe("scale", NUMBER))
def round_down(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_DOWN)


@registry.declare("round half up", one("n", NUMBER), maybe("scale", NUMBER))
def round_half_up(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_HALF_UP)


@registry.declare("round half down", one("n", NUMBER), maybe("scale", NUMBER))
def round_half_down(run: Run, n: Decimal, scale: Decimal | None) -> Decimal:
    return rounded(n, scale, ROUND_HALF_DOWN)


@registry.declare("abs", one("n", _MEASURE))
def absolute(run: Run, n: Value) -> Value:
    if isinstance(n, Decimal):
        return n.copy_abs()
    if isinstance(n, DaysDuration):
        return DaysDuration(abs(n.nanoseconds))
    return MonthsDuration(abs(n.months))


@registry.declare("modulo", one("dividend", NUMBER), one("divisor", NUMBER))
def modulo(run: Run, dividend: Decimal, divisor: Decimal) -> Decimal:
    """Return what is left of the division rounded down: it has the sign of the divisor."""
    if not divisor:
        raise NoValue("division by zero")
    left = finite(NUMBERS.remainder(dividend, divisor))
    if left and (left < 0) != (divisor < 0):
        return NUMBERS.add(left, divisor)
    return left if left else Decimal(0)


@registry.declare("sqrt", one("number", NUMBER))
def square_root(run: Run, number: Decimal) -> Decimal:
    if number < 0:
        raise NoValue("a negative number has no square root")
    return plain(NUMBERS.sqrt(number))


@registry.declare("log", one("number", NUMBER))
def logarithm(run: Run, number: Decimal) -> Decimal:
    if number <= 0:
        raise NoValue("only numbers above 0 have a logarithm")
    return finite(NUMBERS.ln(number))


@registry.declare("exp", one("number", NUMBER))
def exponential(run: Run, number: Decimal) -> Decimal:
    return finite(NUMBERS.exp(number))


@registry.declare("odd", one("number", NUMBER))
def odd(run: Run, number: Decimal) -> bool:
    return _remainder_of_two(number) == 1


@registry.declare("even", one("number", NUMBER))
def even(run: Run, number: Decimal) -> bool:
    return _remainder_of_two(number) == 0


def rounded(number: Decimal, scale: Decimal | None, rounding: str) -> Decimal:
    """Return the number with `scale` digits after the point (before it when negative)."""
    digits = 0 if scale is None else whole(scale, "the scale")
    if not SMALLEST_SCALE <= digits <= LARGEST_SCALE:
        raise NoValue(f"the scale must be from {SMALLEST_SCALE} to {LARGEST_SCALE}")
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or -exponent <= digits:
        return number  # it has no more digits than are wanted
    return plain(finite(number.quantize(Decimal((0, (1,), -digits)), rounding, NUMBERS)))


def finite(number: Decimal) -> Decimal:
    """Return the number if it is one; NoValue when it has none, or is beyond all bounds."""
    if not number.is_finite():
        raise NoValue("the result is no number that FEEL can hold")
    return number


def plain(number: Decimal) -> Decimal:
    """Return the number without trailing zeros after the point, and never as -0."""
    exponent = number.as_tuple().exponent
    if not number:
        return Decimal(0)
    return number.normalize(NUMBERS) if isinstance(exponent, int) and exponent < 0 else number


def _remainder_of_two(number: Decimal) -> Decimal:
    return finite(NUMBERS.remainder(number, Decimal(2))).copy_abs()
