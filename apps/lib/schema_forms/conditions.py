"""When a field is shown: `x-show-if`, a small allow-listed expression; never code.

Either an object, all of which must hold:

    {"kind": "other"}                   is that value
    {"kind": ["a", "b"]}                is one of these
    {"amount": {">": 100, "<=": 500}}   = < <= > >= in not present

or a text in FEEL, as in `kind = "other" and amount > 100`. Names are looked up beside the field
first, then outward. What can't be read hides nothing.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import orjson

from apps.lib import feel
from apps.lib.feel.parsing import parse_expression, syntax
from apps.lib.json import Json

from .shapes import MISSING, Value

KEYWORD: Final = "x-show-if"
COMPARISONS: Final = ("=", "<", "<=", ">", ">=")
MAX_LENGTH: Final = 2_000
MAX_TESTS: Final = 50

Path: TypeAlias = tuple[str, ...]
Lookup: TypeAlias = Callable[[Path], Value]


@dataclass(frozen=True)
class Test:
    """One value against another; `operator`: = < <= > >= in present."""

    path: Path
    operator: str
    value: Any = None


@dataclass(frozen=True)
class Every:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Either:
    parts: tuple["Condition", ...]


@dataclass(frozen=True)
class Not:
    part: "Condition"


@dataclass(frozen=True)
class Expression:
    """FEEL beyond what browsers are taught: only the server can tell."""

    text: str


Condition: TypeAlias = Test | Every | Either | Not | Expression


class Unreadable(ValueError):  # noqa: N818 - it never leaves this module
    """Not one of the forms above."""


def read(raw: Json) -> Condition | None:
    """Return the condition; None where there is none, or nothing that can be understood."""
    if raw is None:
        return None
    try:
        return _read(orjson.dumps(raw, option=orjson.OPT_SORT_KEYS))
    except (TypeError, ValueError, RecursionError):
        return None


def holds(condition: Condition, lookup: Lookup, variables: Callable[[], Mapping[str, Any]]) -> bool:
    """Say whether the condition holds; `variables`: all names in sight, for FEEL."""
    if isinstance(condition, Every):
        return all(holds(part, lookup, variables) for part in condition.parts)
    elif isinstance(condition, Either):
        return any(holds(part, lookup, variables) for part in condition.parts)
    elif isinstance(condition, Not):
        return not holds(condition.part, lookup, variables)
    elif isinstance(condition, Expression):
        return _evaluated(condition.text, variables())
    else:
        return _is_so(condition, lookup(condition.path))


@lru_cache(maxsize=1024)
def _read(canonical: bytes) -> Condition | None:
    raw = orjson.loads(canonical)
    try:
        if isinstance(raw, str) and len(raw) <= MAX_LENGTH:
            return _from_text(raw.strip().removeprefix("="))
        elif isinstance(raw, dict) and 0 < len(raw) <= MAX_TESTS:
            return Every(tuple(_from_pair(name, wanted) for name, wanted in raw.items()))
    except (Unreadable, feel.FeelError, RecursionError):
        return None
    return None


def _from_pair(name: str, wanted: Any) -> Condition:
    path = tuple(name.split("."))
    if isinstance(wanted, list):
        return Test(path, "in", tuple(_plain(value) for value in wanted))
    elif isinstance(wanted, dict):
        return Every(tuple(_from_operator(path, *pair) for pair in wanted.items()))
    return Test(path, "=", _plain(wanted))


def _from_operator(path: Path, operator: str, value: Any) -> Condition:
    if operator in COMPARISONS:
        return Test(path, operator, _plain(value))
    elif operator == "in" and isinstance(value, list):
        return Test(path, "in", tuple(_plain(each) for each in value))
    elif operator == "not":
        return Not(_from_pair(".".join(path), value))
    elif operator == "present" and isinstance(value, bool):
        return Test(path, "present") if value else Not(Test(path, "present"))
    raise Unreadable


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise Unreadable


# ---- FEEL: what browsers can follow becomes tests, the rest is left to the server


def _from_text(text: str) -> Condition:
    feel.compile_expression(text)  # raises for what is not FEEL
    try:
        return _from_tree(parse_expression(text))
    except Unreadable:
        return Expression(text)


def _from_tree(node: Any) -> Condition:
    if isinstance(node, syntax.And):
        return Every(tuple(_from_tree(each) for each in node.operands))
    elif isinstance(node, syntax.Or):
        return Either(tuple(_from_tree(each) for each in node.operands))
    elif isinstance(node, syntax.Call) and node.function == syntax.Name("not"):
        return Not(_from_tree(*node.arguments[:1]))
    elif isinstance(node, syntax.Comparison):
        return _from_comparison(node.operator, node.left, node.right)
    elif isinstance(node, syntax.Name | syntax.Path):
        return Test(_path(node), "=", True)
    raise Unreadable


def _from_comparison(operator: str, left: Any, right: Any) -> Condition:
    path, value = _path(left), _literal(right)
    if value is None:
        if operator not in ("=", "!="):
            raise Unreadable
        present = Test(path, "present")
        return present if operator == "!=" else Not(present)
    return Not(Test(path, "=", value)) if operator == "!=" else Test(path, operator, value)


def _path(node: Any) -> Path:
    if isinstance(node, syntax.Name):
        return (node.name,)
    elif isinstance(node, syntax.Path):
        return (*_path(node.source), node.name)
    raise Unreadable


def _literal(node: Any) -> Any:
    if isinstance(node, syntax.Negate):
        value = _literal(node.operand)
        return -value if isinstance(value, int | float) else _plain(object())
    if not isinstance(node, syntax.Literal):
        raise Unreadable
    found = feel.to_json(node.value)
    return _plain(found)


def _evaluated(text: str, variables: Mapping[str, Any]) -> bool:
    known = {name: feel.from_json(value) for name, value in variables.items()}
    try:
        return feel.compile_expression(text).evaluate(known) is True
    except feel.FeelError:
        return True


# ---- tests


def _is_so(test: Test, value: Value) -> bool:
    if test.operator == "present":
        return value is not MISSING and value is not None and value != "" and value != []
    elif test.operator == "in":
        return any(_same(value, each) for each in test.value)
    elif test.operator == "=":
        return _same(value, test.value)
    return _compares(test.operator, value, test.value)


def _same(value: Value, wanted: Any) -> bool:
    if value is MISSING:
        return wanted is None
    if isinstance(value, bool) or isinstance(wanted, bool):
        return value is wanted
    return bool(value == wanted)


def _compares(operator: str, value: Any, wanted: Any) -> bool:
    are_numbers = all(
        isinstance(each, int | float) and not isinstance(each, bool) for each in (value, wanted)
    )
    if not are_numbers and not (isinstance(value, str) and isinstance(wanted, str)):
        return False
    if operator in ("<", "<="):
        return bool(value < wanted or (operator == "<=" and value == wanted))
    return bool(value > wanted or (operator == ">=" and value == wanted))
