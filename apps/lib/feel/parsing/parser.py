"""The grammar of FEEL: operators by binding power, everything else in `forms`.

Loosest to tightest: or, and, comparison, + -, * /, **, unary -, instance of, and last what
follows a value directly: .path, [filter] and (call).
"""

from collections.abc import Callable, Iterable

from apps.lib.feel.functions import BUILTINS

from . import forms
from .cursor import Cursor
from .names import KnownNames
from .syntax import (
    And,
    Arithmetic,
    Between,
    Call,
    Comparison,
    Filter,
    In,
    InstanceOf,
    Name,
    Negate,
    Node,
    Or,
    Path,
    Tests,
)
from .type_names import read_type
from .unary import read_in_tests, read_unary_tests

OR, AND, COMPARISON, SUM, PRODUCT, POWER, SIGN, INSTANCE, POSTFIX = range(1, 10)

_POWERS = {
    "or": OR,
    "and": AND,
    **dict.fromkeys(["=", "!=", "<", "<=", ">", ">=", "between", "in"], COMPARISON),
    "+": SUM,
    "-": SUM,
    "*": PRODUCT,
    "/": PRODUCT,
    "**": POWER,
    "instance": INSTANCE,
    ".": POSTFIX,
    "[": POSTFIX,
    "(": POSTFIX,
}
MAX_CHAIN = 150  # calls, filters and the like in a row; each is one level of evaluation


def parse_expression(text: str, names: Iterable[str] = ()) -> Node:
    """Return the tree of the expression `text`. Raises FeelSyntaxError."""
    return _parse_all(text, names, lambda cursor: cursor.expression())


def parse_unary_tests(text: str, names: Iterable[str] = ()) -> Tests:
    """Return the tree of the unary tests `text`. Raises FeelSyntaxError."""
    tests = _parse_all(text, names, read_unary_tests)
    assert isinstance(tests, Tests)
    return tests


def _parse_all(text: str, names: Iterable[str], read: Callable[[Cursor], Node]) -> Node:
    cursor = Cursor(text, KnownNames(names), _parse, BUILTINS)
    try:
        node = read(cursor)
    except RecursionError:
        raise cursor.too_deep() from None
    if cursor.token.kind != "end":
        raise cursor.error("Expected an operator or the end of the expression")
    return node


def _parse(cursor: Cursor, power: int) -> Node:
    left = _operand(cursor)
    for _ in range(MAX_CHAIN):
        token = cursor.token
        if token.kind not in ("op", "name"):
            return left
        binding = _POWERS.get(token.text, 0)
        if binding <= power or cursor.at == cursor.closing:
            return left
        left = _CONTINUATIONS[token.text](cursor, left)
    raise cursor.too_deep()


def _operand(cursor: Cursor) -> Node:
    token = cursor.token
    if token.text == "-" and token.kind == "op" and not forms.sees_known_name(cursor):
        cursor.take()
        return Negate(cursor.expression(POWER))
    return forms.read_operand(cursor)


def _or(cursor: Cursor, left: Node) -> Node:
    operands = [left]
    while cursor.takes("or"):
        operands.append(cursor.expression(OR))
    return Or(tuple(operands))


def _and(cursor: Cursor, left: Node) -> Node:
    operands = [left]
    while cursor.takes("and"):
        operands.append(cursor.expression(AND))
    return And(tuple(operands))


def _compare(cursor: Cursor, left: Node) -> Node:
    operator = cursor.take().text
    return Comparison(operator, left, cursor.expression(COMPARISON))


def _between(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    low = cursor.expression(COMPARISON)
    cursor.expect("and", "between the bounds of 'between'")
    return Between(left, low, cursor.expression(COMPARISON))


def _in(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    asks = cursor.asks
    node = In(left, read_in_tests(cursor))
    # there, `?` is the value to the left of `in`, and nobody else's
    cursor.asks = asks
    return node


def _calculate(cursor: Cursor, left: Node) -> Node:
    power = _POWERS[cursor.token.text]
    rest: list[tuple[str, Node]] = []
    while _POWERS.get(cursor.token.text) == power and cursor.token.kind == "op":
        operator = cursor.take().text
        rest.append((operator, cursor.expression(power)))
    return Arithmetic(left, tuple(rest))


def _instance_of(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    cursor.expect("of", "after 'instance'")
    return InstanceOf(left, read_type(cursor))


def _path(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    if cursor.token.kind not in ("name", "quoted") and not forms.sees_known_name(cursor):
        raise cursor.error("Expected a name after '.'")
    return Path(left, cursor.name())


def _filter(cursor: Cursor, left: Node) -> Node:
    cursor.take()
    condition = cursor.expression()
    cursor.expect("]", "after the condition of the filter")
    return Filter(left, condition)


def _call(cursor: Cursor, left: Node) -> Node:
    what = f"the arguments of `{left.name}`" if isinstance(left, Name) else "the arguments"
    cursor.take()
    arguments, named = forms.read_arguments(cursor, what)
    return Call(left, arguments, named)


_CONTINUATIONS: dict[str, Callable[[Cursor, Node], Node]] = {
    "or": _or,
    "and": _and,
    **dict.fromkeys(["=", "!=", "<", "<=", ">", ">="], _compare),
    "between": _between,
    "in": _in,
    **dict.fromkeys(["+", "-", "*", "/", "**"], _calculate),
    "instance": _instance_of,
    ".": _path,
    "[": _filter,
    "(": _call,
}
