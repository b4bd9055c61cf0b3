"""Filters: list[condition], where names may be members of the elements, and list[number]."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from apps.lib.feel.parsing.syntax import And, Between, Comparison, Filter, In, Or
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value, type_name

from .compiler import Code, Compiler, Env, Scope
from .operators import number_in

_NO_MEMBERS: Mapping[str, Value] = {}
_TELLING = (And, Or, Comparison, Between, In)  # these give no number, whatever their operands are


def compile_filter(compiler: Compiler, node: Filter, env: Env) -> Code:
    source = compiler.compile(node.source, env)
    # two scopes: `item`, and before it the members of the element
    condition = compiler.compile(node.condition, env.inside("item").inside())
    if number_in(node.condition) is not None:
        return lambda scope: element_at(scope.run, _list(source(scope)), condition(scope))
    may_be_index = not isinstance(node.condition, _TELLING)

    def select(scope: Scope) -> Value:
        values = _list(source(scope))
        if may_be_index:
            index = condition(_within(scope, values[0] if values else None))
            if type(index) is Decimal:
                return element_at(scope.run, values, index)
        kept = []
        for element in values:
            scope.run.spend()
            if condition(_within(scope, element)) is True:
                kept.append(element)
        scope.run.produce(len(kept))
        return kept

    return select


def element_at(run: Run, values: list[Value], index: Value) -> Value:
    """Return the element at `index`, from 1, or from -1 backwards; null if there is none."""
    if type(index) is not Decimal or index != index.to_integral_value():
        run.warn(f"A {type_name(index)} is no place in a list.")
        return None
    if abs(index) > len(values) or not index:
        run.warn(f"The list has {len(values)} elements, but none at {index}.")
        return None
    at = int(index)
    return values[at - 1] if at > 0 else values[at]


def _list(value: Value) -> list[Value]:
    """Return the list that a filter works on: any other value but null is a list of itself."""
    if type(value) is list:
        return value
    return [] if value is None else [value]


def _within(scope: Scope, element: Value) -> Scope:
    run = scope.run
    members = element if type(element) is dict else _NO_MEMBERS
    return Scope(run, members, Scope(run, {"item": element}, scope))


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {Filter: compile_filter}
