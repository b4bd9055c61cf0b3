"""`for`, `some` and `every`."""

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from apps.lib.feel.parsing.syntax import For, Iterator, Quantified
from apps.lib.feel.run import Run
from apps.lib.feel.values import Value

from .compiler import Code, Compiler, Env, Scope
from .iterating import elements_of, steps_between

# (name, what it goes through); each iterator sees those before it
Source: TypeAlias = tuple[str, Callable[[Scope], "Iterable[Value] | None"]]
Visit: TypeAlias = Callable[[Scope], bool]


def compile_for(compiler: Compiler, node: For, env: Env) -> Code:
    sources, inner = _sources(compiler, node.iterators, env.inside("partial"))
    body = compiler.compile(node.body, inner)

    def collect(scope: Scope) -> Value:
        run, results = scope.run, _Results(scope.run)

        def visit(within: Scope) -> bool:
            run.produce(1)
            results.values.append(body(within))
            return False

        whole = _walk(sources, 0, Scope(run, results, scope), visit)  # type: ignore[arg-type]
        return None if whole is None else results.values

    return collect


class _Results:
    """The scope that holds `partial`, the results so far: copied only when somebody reads it."""

    __slots__ = ("_run", "values")

    def __init__(self, run: Run) -> None:
        self._run = run
        self.values: list[Value] = []

    def get(self, name: str, default: Value) -> Value:
        if name != "partial":
            return default
        self._run.produce(len(self.values))
        return list(self.values)


def compile_quantified(compiler: Compiler, node: Quantified, env: Env) -> Code:
    sources, inner = _sources(compiler, node.iterators, env)
    condition, decisive = compiler.compile(node.condition, inner), not node.is_every

    def tell(scope: Scope) -> Value:
        unsure = False

        def visit(within: Scope) -> bool:
            nonlocal unsure
            value = condition(within)
            unsure = unsure or not isinstance(value, bool)
            return value is decisive

        found = _walk(sources, 0, scope, visit)
        if found is None:
            return None
        return decisive if found else None if unsure else not decisive

    return tell


def _sources(
    compiler: Compiler, iterators: tuple[Iterator, ...], env: Env
) -> tuple[list[Source], Env]:
    sources: list[Source] = []
    for iterator in iterators:
        sources.append((iterator.name, _elements(compiler, iterator, env)))
        env = env.inside(iterator.name)
    return sources, env


def _elements(
    compiler: Compiler, iterator: Iterator, env: Env
) -> Callable[[Scope], Iterable[Value] | None]:
    start = compiler.compile(iterator.start, env)
    if iterator.end is None:
        return lambda scope: elements_of(scope.run, start(scope))
    end = compiler.compile(iterator.end, env)
    return lambda scope: steps_between(scope.run, start(scope), end(scope))


def _walk(sources: list[Source], at: int, scope: Scope, visit: Visit) -> bool | None:
    """Visit every combination until one visit says enough; None if something can't be iterated."""
    if at == len(sources):
        return visit(scope)
    name, elements = sources[at]
    through = elements(scope)
    if through is None:
        return None
    for element in through:
        scope.run.spend()
        enough = _walk(sources, at + 1, Scope(scope.run, {name: element}, scope), visit)
        if enough is not False:
            return enough
    return False


HANDLERS: dict[type, Callable[[Compiler, Any, Env], Any]] = {
    For: compile_for,
    Quantified: compile_quantified,
}
