"""Literals, names, lists, contexts, ranges, paths, `if` and `instance of`."""

from collections.abc import Callable
from typing import Any, Final

from apps.lib.feel.comparing import compare
from apps.lib.feel.functions import BUILTINS
from apps.lib.feel.parsing.syntax import (
    Context,
    If,
    InstanceOf,
    Interval,
    Lambda,
    ListOf,
    Literal,
    Name,
    Path,
    TestRange,
)
from apps.lib.feel.run import Run
from apps.lib.feel.types import conforms, resolve
from apps.lib.feel.values import Range, Value, type_name

from .compiler import Code, Compiler, Env, Scope

MISSING: Final = object()


def compile_literal(compiler: Compiler, node: Literal, env: Env) -> Code:
    value = node.value
    return lambda scope: value


def compile_name(compiler: Compiler, node: Name, env: Env) -> Code:
    name = node.name
    if name in env.names:
        return _nearest(name)
    if not env.knows(name):
        compiler.reads.add(name)
    builtin = BUILTINS.get(name)
    if env.parent is None:
        return _variable(name, builtin)
    return _looked_up(name, builtin)


def _nearest(name: str) -> Code:
    """Return code for a name of the innermost scope. In a context it may not be there *yet*."""

    def read(scope: Scope) -> Value:
        value = scope.values.get(name, MISSING)
        return look_up(scope, name, None) if value is MISSING else value

    return read


def _variable(name: str, default: Value) -> Code:
    def read(scope: Scope) -> Value:
        value = scope.values.get(name, MISSING)
        if value is not MISSING:
            return value
        if default is None:
            scope.run.warn(f"There is no variable `{name}`.")
        return default

    return read


def _looked_up(name: str, default: Value) -> Code:
    return lambda scope: look_up(scope, name, default)


def look_up(scope: Scope, name: str, default: Value) -> Value:
    """Return what `name` means here, or `default`; when that is None, warn."""
    at: Scope | None = scope
    while at is not None:
        value = at.values.get(name, MISSING)
        if value is not MISSING:
            return value
        at = at.parent
    default = BUILTINS.get(name) if default is None else default
    if default is None:
        scope.run.warn(f"There is no variable `{name}`.")
    return default


def compile_list(compiler: Compiler, node: ListOf, env: Env) -> Code:
    items = [compiler.compile(item, env) for item in node.items]
    size = len(items)

    def build(scope: Scope) -> Value:
        scope.run.produce(size)
        return [item(scope) for item in items]

    return build


def compile_context(compiler: Compiler, node: Context, env: Env) -> Code:
    names = [name for name, _ in node.entries]
    entries = [
        # in {total: total} the second one is the variable outside
        (name, compiler.compile(entry, env.inside(*names[: position + isinstance(entry, Lambda)])))
        for position, (name, entry) in enumerate(node.entries)
    ]
    if twice := next((name for name in names if names.count(name) > 1), None):
        return null_because(f"The context has two entries `{twice}`.")

    def build(scope: Scope) -> Value:
        scope.run.produce(len(entries))
        made: dict[str, Value] = {}
        # each entry sees those before it, and functions see themselves
        within = Scope(scope.run, made, scope)
        for name, entry in entries:
            made[name] = entry(within)
        return made

    return build


def null_because(reason: str) -> Code:
    """Return code that gives null and warns."""

    def give_null(scope: Scope) -> Value:
        scope.run.warn(reason)

    return give_null


def compile_interval(compiler: Compiler, node: Interval, env: Env) -> Code:
    start_of, end_of = compiler.compile(node.start, env), compiler.compile(node.end, env)
    start_included, end_included = node.start_included, node.end_included

    def build(scope: Scope) -> Value:
        start, end = start_of(scope), end_of(scope)
        if (start is None and start_included) or (end is None and end_included):
            scope.run.warn("A range can't include null.")
            return None
        if start is not None and end is not None and compare(start, end) is None:
            kinds = f"{type_name(start)} and {type_name(end)}"
            scope.run.warn(f"A range can't go between {kinds}.")
            return None
        return Range(start, end, start_included, end_included)

    return build


def compile_test_range(compiler: Compiler, node: TestRange, env: Env) -> Code:
    operand, operator = compiler.compile(node.operand, env), node.operator
    return lambda scope: Range.compared(operator, operand(scope))


def compile_path(compiler: Compiler, node: Path, env: Env) -> Code:
    source, name = compiler.compile(node.source, env), node.name

    def read(scope: Scope) -> Value:
        value = source(scope)
        if type(value) is dict:
            found = value.get(name, MISSING)
            if found is not MISSING:
                return found
        return member_of(scope.run, value, name)

    return read


_RANGE_MEMBERS: dict[str, Callable[[Range], Value]] = {
    "start": lambda value: value.start,
    "end": lambda value: value.end,
    "start included": lambda value: value.start_included,
    "end included": lambda value: value.end_included,
}


def member_of(run: Run, value: Value, name: str) -> Value:
    """Return `value.name`; of a list, the list of its elements' ones. null has null members."""
    if value is None:
        return None
    if type(value) is list:
        run.produce(len(value))
        run.spend(len(value))
        return [member_of(run, element, name) for element in value]
    try:
        return _member(value, name)
    except KeyError:
        run.warn(f"A {type_name(value)} has no `{name}`.")
        return None


def _member(value: Any, name: str) -> Value:
    if type(value) is dict:
        return value[name]
    if type(value) is Range:
        return _RANGE_MEMBERS[name](value)
    if hasattr(value, "member"):
        return value.member(name)
    raise KeyError(name)


def compile_if(compiler: Compiler, node: If, env: Env) -> Code:
    condition = compiler.compile(node.condition, env)
    then, otherwise = compiler.compile(node.then, env), compiler.compile(node.otherwise, env)

    def choose(scope: Scope) -> Value:
        holds = condition(scope)
        if holds is True:
            return then(scope)
        if holds is not False:
            scope.run.warn(f"The condition of an 'if' is {type_name(holds)}, not true or false.")
        return otherwise(scope)

    return choose


def compile_instance_of(compiler: Compiler, node: InstanceOf, env: Env) -> Code:
    operand, wanted = compiler.compile(node.operand, env), resolve(node.type, compiler.types)
    if wanted is None:
        return null_because(f"There is no type `{node.type.name}`.")
    return lambda scope: conforms(operand(scope), wanted)


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {
    Literal: compile_literal,
    Name: compile_name,
    ListOf: compile_list,
    Context: compile_context,
    Interval: compile_interval,
    TestRange: compile_test_range,
    Path: compile_path,
    If: compile_if,
    InstanceOf: compile_instance_of,
}
