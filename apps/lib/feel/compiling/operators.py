"""Arithmetic, comparison and logic. Numbers take a short way; everything else asks first."""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.lib.feel.arithmetic import NUMBERS, OPERATIONS, negate
from apps.lib.feel.comparing import compare, conjunction, equal, negation
from apps.lib.feel.parsing.syntax import (
    And,
    Arithmetic,
    Between,
    Comparison,
    Literal,
    Negate,
    Or,
)
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value, type_name

from .compiler import Code, Compiler, Env, Scope

_SHORT: Mapping[str, Callable[[Decimal, Decimal], Decimal]] = {
    "+": NUMBERS.add,
    "-": NUMBERS.subtract,
    "*": NUMBERS.multiply,
}
ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def compile_arithmetic(compiler: Compiler, node: Arithmetic, env: Env) -> Code:
    first = compiler.compile(node.first, env)
    steps = [(sign, compiler.compile(operand, env)) for sign, operand in node.rest]
    if len(steps) == 1:
        return _calculation(*steps[0], first)

    def calculate(scope: Scope) -> Value:
        value, run = first(scope), scope.run
        for sign, operand in steps:
            value = OPERATIONS[sign](run, value, operand(scope))
        return value

    return calculate


def _calculation(sign: str, right: Code, left: Code) -> Code:
    operation, short = OPERATIONS[sign], _SHORT.get(sign)

    def calculate(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if short is not None and type(a) is Decimal and type(b) is Decimal:
            number = short(a, b)
            if number.is_finite():
                return number
        return operation(scope.run, a, b)

    return calculate


def compile_negate(compiler: Compiler, node: Negate, env: Env) -> Code:
    operand = compiler.compile(node.operand, env)
    if (number := number_in(node)) is not None:
        return lambda scope: number
    return lambda scope: negate(scope.run, operand(scope))


def number_in(node: Any) -> Decimal | None:
    """Return the number that `node` always is, as in 5 and -5; None if it is none."""
    if isinstance(node, Negate):
        number = number_in(node.operand)
        return None if number is None else NUMBERS.minus(number)
    if isinstance(node, Literal) and isinstance(node.value, Decimal):
        return node.value
    return None


def compile_comparison(compiler: Compiler, node: Comparison, env: Env) -> Code:
    left, right = compiler.compile(node.left, env), compiler.compile(node.right, env)
    if node.operator in ORDERS:
        if (number := number_in(node.right)) is not None:
            return _order_with(node.operator, left, number)
        return _order(node.operator, left, right)
    if node.operator == "=":
        return _equality(left, right)
    return lambda scope: negation(equality(scope.run, left(scope), right(scope)))


def _equality(left: Code, right: Code) -> Code:
    def tell(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        kind = type(a)
        if kind is type(b) and (kind is Decimal or kind is str):
            return a == b
        return equality(scope.run, a, b)

    return tell


def _order_with(sign: str, left: Code, number: Decimal) -> Code:
    short = ORDERS[sign]

    def tell(scope: Scope) -> Value:
        value = left(scope)
        if type(value) is Decimal:
            return short(value, number)
        return ordered(scope.run, sign, value, number)

    return tell


def _order(sign: str, left: Code, right: Code) -> Code:
    short = ORDERS[sign]

    def tell(scope: Scope) -> Value:
        a, b = left(scope), right(scope)
        if type(a) is Decimal and type(b) is Decimal:
            return short(a, b)
        return ordered(scope.run, sign, a, b)

    return tell


def equality(run: Run, left: Value, right: Value) -> bool | None:
    """Return FEEL's `left = right`; null, and a warning, when their types differ."""
    found = equal(left, right, run)
    if found is None:
        run.warn(f"{type_name(left)} and {type_name(right)} can't be compared.")
    return found


def ordered(run: Run, sign: str, left: Value, right: Value) -> bool | None:
    """Return FEEL's `left < right` or the like; null, and a warning, if there is no order."""
    order = compare(left, right)
    if order is None:
        run.warn(f"'{sign}' does not work between {type_name(left)} and {type_name(right)}.")
        return None
    return ORDERS[sign](order, 0)


def compile_between(compiler: Compiler, node: Between, env: Env) -> Code:
    operand = compiler.compile(node.operand, env)
    low, high = compiler.compile(node.low, env), compiler.compile(node.high, env)

    def tell(scope: Scope) -> Value:
        value, run = operand(scope), scope.run
        above = ordered(run, ">=", value, low(scope))
        return conjunction((above, ordered(run, "<=", value, high(scope))))

    return tell


def compile_and(compiler: Compiler, node: And, env: Env) -> Code:
    return _connected(compiler, node.operands, env, decisive=False)


def compile_or(compiler: Compiler, node: Or, env: Env) -> Code:
    return _connected(compiler, node.operands, env, decisive=True)


def _connected(compiler: Compiler, nodes: tuple[Any, ...], env: Env, *, decisive: bool) -> Code:
    """Return code that gives `decisive` if any operand does, its contrary if all do, or null."""
    operands = [compiler.compile(node, env) for node in nodes]

    def tell(scope: Scope) -> Value:
        result: bool | None = not decisive
        for operand in operands:
            value = operand(scope)
            if value is decisive:
                return decisive
            if value is not (not decisive):
                result = None
        return result

    return tell


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {
    Arithmetic: compile_arithmetic,
    Negate: compile_negate,
    Comparison: compile_comparison,
    Between: compile_between,
    And: compile_and,
    Or: compile_or,
}
