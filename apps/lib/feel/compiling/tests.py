"""Unary tests, in cells and to the right of `in`."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, TypeAlias

from apps.lib.feel.comparing import disjunction, equal, is_in_range, negation
from apps.lib.feel.parsing.syntax import CompareTest, In, Literal, Tests, ValueTest
from apps.lib.feel.values import Range, Value

from .compiler import Code, Compiler, Env, Scope, TestCode
from .operators import equality, ordered

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
        return disjunction(test(scope, value) for test in tests)

    if node.negated:
        return lambda scope, value: negation(tell(scope, value))
    return tell


def compile_compare_test(compiler: Compiler, node: CompareTest, env: Env) -> TestCode:
    operand, sign = _operand(compiler, node, env), node.operator
    if sign == "=":
        return lambda scope, value: equality(scope.run, value, operand(scope, value))
    if sign == "!=":
        return lambda scope, value: negation(equality(scope.run, value, operand(scope, value)))
    return lambda scope, value: ordered(scope.run, sign, value, operand(scope, value))


def compile_value_test(compiler: Compiler, node: ValueTest, env: Env) -> TestCode:
    if isinstance(node.operand, Literal) and isinstance(node.operand.value, str | Decimal):
        return _is_literal(node.operand.value)
    operand, asks = _operand(compiler, node, env), node.asks

    def tell(scope: Scope, value: Value) -> bool | None:
        found = operand(scope, value)
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
    if equal(value, wanted) is True:
        return True
    scope.run.spend(len(wanted))
    return any(_is_element(value, element) for element in wanted)


def _is_element(value: Value, element: Value) -> bool:
    if type(element) is Range and type(value) is not Range:
        return is_in_range(value, element) is True
    return equal(value, element) is True


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
