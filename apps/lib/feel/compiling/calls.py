"""Functions of the author's own, and calls of any."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from apps.lib.feel.functions import BUILTINS
from apps.lib.feel.parsing.syntax import Call, Lambda, Name, Parameter
from apps.lib.feel.run import Run
from apps.lib.feel.types import MISFIT, Type, coerced, resolve
from apps.lib.feel.values import Function, Value

from .basics import look_up, null_because
from .compiler import Code, Compiler, Env, Scope


def compile_call(compiler: Compiler, node: Call, env: Env) -> Code:
    function = _callee(compiler, node, env)
    arguments = [compiler.compile(argument, env) for argument in node.arguments]
    named = [(name, compiler.compile(argument, env)) for name, argument in node.named]
    said = node.function.name if isinstance(node.function, Name) else "This"
    if len({name for name, _ in named}) != len(named):
        return null_because(f"An argument of `{said}` is given twice.")

    def call(scope: Scope) -> Value:
        found, run = function(scope), scope.run
        if not isinstance(found, Function):
            run.warn(f"`{said}` is no function.")
            return None
        run.spend()
        if named:
            return found.call(run, (), {name: argument(scope) for name, argument in named})
        return found.call(run, [argument(scope) for argument in arguments], None)

    return call


def _callee(compiler: Compiler, node: Call, env: Env) -> Code:
    callee = node.function
    if isinstance(callee, Name) and callee.name not in BUILTINS and not env.knows(callee.name):
        compiler.calls.add(callee.name)
    if not isinstance(callee, Name) or callee.name not in BUILTINS or env.knows(callee.name):
        return compiler.compile(callee, env)
    name, builtin = callee.name, BUILTINS[callee.name]

    def find(scope: Scope) -> Value:
        # a variable that is called like a built-in, but is no function, does not hide it
        found = look_up(scope, name, builtin)
        return found if isinstance(found, Function) else builtin

    return find


def compile_lambda(compiler: Compiler, node: Lambda, env: Env) -> Code:
    names = [parameter.name for parameter in node.parameters]
    types = [_type(compiler, parameter) for parameter in node.parameters]
    if node.body is None:
        return lambda scope: Function("external", names, _refuse, types=types)
    body = compiler.compile(node.body, env.inside(*names))

    def define(scope: Scope) -> Value:
        def call(run: Run, args: Sequence[Value], named: Mapping[str, Value] | None) -> Value:
            values = _bound(run, names, types, args, named)
            if values is None:
                return None
            run.enter()
            result = body(Scope(run, values, scope))
            run.leave()
            return result

        return Function("function", names, call, types=types)

    return define


def _type(compiler: Compiler, parameter: Parameter) -> Type | None:
    return None if parameter.type is None else resolve(parameter.type, compiler.types)


def _refuse(run: Run, args: Sequence[Value], named: Mapping[str, Value] | None) -> Value:
    run.warn("External functions are never called.")


def _bound(
    run: Run,
    names: Sequence[str],
    types: Sequence[Type | None],
    args: Sequence[Value],
    named: Mapping[str, Value] | None,
) -> dict[str, Value] | None:
    """Return the parameters with their values; None, and a warning, if they do not fit."""
    if named is None:
        given, fits = dict(zip(names, args, strict=False)), len(args) == len(names)
    else:
        given, fits = dict(named), set(named) == set(names)
    if not fits:
        run.warn(f"The function takes ({', '.join(names)}).")
        return None
    for name, wanted in zip(names, types, strict=True):
        if wanted is None:
            continue
        given[name] = coerced(given[name], wanted)
        if given[name] is MISFIT:
            run.warn(f"The argument `{name}` must be a {wanted.name}.")
            return None
    return given


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {
    Call: compile_call,
    Lambda: compile_lambda,
}
