"""Unary tests, in cells and to the right of `in`."""

import operator
from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from apps.lib.feel.comparing import equal, is_in_range, negation
from apps.lib.feel.parsing.syntax import CompareTest, In, Interval, Literal, Tests, ValueTest
from apps.lib.feel.run import Run
from apps.lib.feel.values import Range, Value

from .compiler import Code, Compiler, Env, Scope, TestCode
from .operators import ORDERS, equality, number_in, ordered

Operand: TypeAlias = Callable[[Scope, Value], Value]


def compile_in(compiler: Compiler, node: In, env: Env) -> Code:
    operand, tests = compiler.compile(node.operand, env), compiler.compile_tests(node.tests, env)
    return lambda scope: tests(scope, operand(scope))


def compile_tests(compiler: Compiler, node: Tests, env: Env) -> TestCode:
    tests = [compiler.compile_tests(test, env) for test in node.tests]
    if not tests:
        return lambda scope, value: True
    if len(tests) == 1 and not node.negated:
        return tests[0]

    def tell(scope: Scope, value: Value) -> bool | None:
        result: bool | None = False
        for test in tests:
            passed = test(scope, value)
            if passed is True:
                return True
            if passed is not False:
                result = None
        return result

    if node.negated:
        return lambda scope, value: negation(tell(scope, value))
    return tell


def compile_compare_test(compiler: Compiler, node: CompareTest, env: Env) -> TestCode:
    operand, sign = _operand(compiler, node, env), node.operator
    if sign in ORDERS and (number := number_in(node.operand)) is not None:
        return _ordered_with(sign, number)
    if sign == "=":
        return lambda scope, value: equality(scope.run, value, operand(scope, value))
    if sign == "!=":
        return lambda scope, value: negation(equality(scope.run, value, operand(scope, value)))
    return lambda scope, value: ordered(scope.run, sign, value, operand(scope, value))


def _ordered_with(sign: str, number: Decimal) -> TestCode:
    short = ORDERS[sign]

    def tell(scope: Scope, value: Value) -> bool | None:
        if type(value) is Decimal:
            return short(value, number)
        return ordered(scope.run, sign, value, number)

    return tell


def compile_value_test(compiler: Compiler, node: ValueTest, env: Env) -> TestCode:
    if isinstance(node.operand, Literal) and isinstance(node.operand.value, str | Decimal):
        return _is_literal(node.operand.value)
    if isinstance(node.operand, Interval):
        low, high = number_in(node.operand.start), number_in(node.operand.end)
        if low is not None and high is not None:
            return _in_literal_range(low, high, node.operand)
    operand, asks = _operand(compiler, node, env), node.asks
    is_range = isinstance(node.operand, Interval)

    def tell(scope: Scope, value: Value) -> bool | None:
        found = operand(scope, value)
        if found is None and is_range:
            return None
        if type(found) is bool and (asks or type(value) is not bool):
            return found
        return passes(scope, value, found)

    return tell


def _is_literal(wanted: str | Decimal) -> TestCode:
    kind = type(wanted)

    def tell(scope: Scope, value: Value) -> bool | None:
        if type(value) is kind:
            return bool(value == wanted)
        return equality(scope.run, value, wanted)

    return tell


def passes(scope: Scope, value: Value, wanted: Value) -> bool | None:
    """Tell whether `value` equals `wanted`, lies in that range, or is in that list."""
    if type(wanted) is Range and type(value) is not Range:
        return is_in_range(value, wanted)
    if type(wanted) is not list:
        return equality(scope.run, value, wanted)
    run = scope.run
    if equal(value, wanted, run) is True:
        return True
    run.spend(len(wanted))
    return any(_is_element(run, value, element) for element in wanted)


def _is_element(run: Run, value: Value, element: Value) -> bool:
    if type(element) is Range and type(value) is not Range:
        return is_in_range(value, element) is True
    return equal(value, element, run) is True


def _in_literal_range(low: Decimal, high: Decimal, node: Interval) -> TestCode:
    """Return the test for [1..5] and the like, the commonest ones in decision tables."""
    above = operator.ge if node.start_included else operator.gt
    below = operator.le if node.end_included else operator.lt
    within = Range(low, high, node.start_included, node.end_included)

    def tell(scope: Scope, value: Value) -> bool | None:
        if type(value) is Decimal:
            return bool(above(value, low) and below(value, high))
        return passes(scope, value, within)

    return tell


def _operand(compiler: Compiler, node: CompareTest | ValueTest, env: Env) -> Operand:
    """Return code that gives the operand of a test; it sees the tested value as `?`."""
    if node.asks:
        asking = compiler.compile(node.operand, env.inside("?"))
        return lambda scope, value: asking(Scope(scope.run, {"?": value}, scope))
    code = compiler.compile(node.operand, env)
    return lambda scope, value: code(scope)


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {
    In: compile_in,
    Tests: compile_tests,
    CompareTest: compile_compare_test,
    ValueTest: compile_value_test,
}
