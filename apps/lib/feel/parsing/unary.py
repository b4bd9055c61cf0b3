"""Unary tests: what stands in a cell of a decision table, and to the right of `in`."""

from apps.lib.feel.errors import FeelSyntaxError

from .cursor import Cursor
from .intervals import COMPARISONS
from .syntax import CompareTest, Tests, ValueTest

_COMPARISON = 3  # the binding power of `in`; its operands bind tighter


def read_unary_tests(cursor: Cursor) -> Tests:
    """Read `-`, `not(tests)`, or tests with commas between them."""
    if cursor.sees("-") and cursor.ahead().kind == "end":
        cursor.take()
        return Tests(())
    negated = _negated(cursor)
    return negated if negated is not None else Tests(_tests(cursor))


def _negated(cursor: Cursor) -> Tests | None:
    """Read `not(tests)`; None if it is not that: `not(? > 5) and x` calls the function."""
    if not (cursor.sees("not") and cursor.ahead().text == "("):
        return None
    mark = cursor.mark()
    cursor.take()
    cursor.take()
    try:
        tests = _tests(cursor)
    except FeelSyntaxError:
        if cursor.sees(")", ","):
            raise
        cursor.back(mark)
        return None
    if cursor.takes(")") and cursor.token.kind == "end":
        return Tests(tests, negated=True)
    cursor.back(mark)
    return None


def read_in_tests(cursor: Cursor) -> Tests:
    """Read what follows `in`: one test, or several of them in round brackets."""
    if not cursor.sees("("):
        return Tests((_test(cursor, _COMPARISON),))
    mark = cursor.mark()
    try:
        # a range, a group or (< 5) reads as an expression
        return Tests((_test(cursor, _COMPARISON),))
    except FeelSyntaxError:
        cursor.back(mark)
    cursor.take()
    tests = _tests(cursor)
    cursor.expect(")", "after the tests of 'in'")
    return Tests(tests)


def _tests(cursor: Cursor) -> tuple[CompareTest | ValueTest, ...]:
    tests = [_test(cursor)]
    while cursor.takes(","):
        tests.append(_test(cursor))
    return tuple(tests)


def _test(cursor: Cursor, power: int = 0) -> CompareTest | ValueTest:
    asked, cursor.asks = cursor.asks, False
    test: CompareTest | ValueTest
    if cursor.sees(*COMPARISONS):
        operator = cursor.take().text
        operand = cursor.expression(max(power, _COMPARISON))
        test = CompareTest(operator, operand, cursor.asks)
    else:
        operand = cursor.expression(power)
        test = ValueTest(operand, cursor.asks)
    cursor.asks = asked or cursor.asks
    return test
