"""Expressions and unary tests, compiled: the front door of FEEL."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeVar

from .compiling import Code, Compiler, Env, Scope, TestCode
from .errors import FeelSyntaxError
from .limits import LIMITS, MAX_NESTING, Limits
from .parsing import parse_expression, parse_unary_tests
from .run import Clock, Run, too_deep
from .types import Type
from .values import Value

CACHED_TEXTS = 4096

_Compiled = TypeVar("_Compiled")


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What an expression gave, and why parts of it are null."""

    value: Value
    warnings: list[str]


class Expression:
    """A compiled expression. It may be evaluated by many threads at once.

    `reads` are the names of the variables that it uses; of a filter's condition, also names that
    turn out to be members of the elements. `calls` are those that it calls: neither built in nor
    its own, so variables must hold them.
    """

    __slots__ = ("_code", "calls", "reads", "text")

    def __init__(
        self, text: str, code: Code, reads: frozenset[str], calls: frozenset[str] = frozenset()
    ) -> None:
        self.text = text
        self.reads = reads
        self.calls = calls
        self._code = code

    def evaluate(
        self,
        variables: Mapping[str, Value],
        *,
        clock: Clock | None = None,
        limits: Limits = LIMITS,
    ) -> Value:
        """Return the value for these variables. Raises FeelLimitError, and nothing else."""
        return self.run(Run(clock, limits), variables)

    def trace(
        self,
        variables: Mapping[str, Value],
        *,
        clock: Clock | None = None,
        limits: Limits = LIMITS,
    ) -> Evaluation:
        """Return the value together with its warnings. Raises FeelLimitError."""
        run = Run(clock, limits)
        return Evaluation(self.run(run, variables), run.warnings)

    def run(self, run: Run, variables: Mapping[str, Value]) -> Value:
        """Return the value, as part of a larger run. Raises FeelLimitError."""
        try:
            return self._code(Scope(run, variables))
        except RecursionError:
            raise too_deep() from None

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


class UnaryTests:
    """Compiled unary tests: `< 5`, `"a","b"`, `not(null)`, `-`; `?` is the tested value."""

    __slots__ = ("_code", "reads", "text")

    def __init__(self, text: str, code: TestCode, reads: frozenset[str]) -> None:
        self.text = text
        self.reads = reads
        self._code = code

    def matches(
        self,
        value: Value,
        variables: Mapping[str, Value],
        *,
        clock: Clock | None = None,
        limits: Limits = LIMITS,
    ) -> bool | None:
        """Tell whether `value` passes; None where FEEL says null. Raises FeelLimitError."""
        return self.run(Run(clock, limits), value, variables)

    def run(self, run: Run, value: Value, variables: Mapping[str, Value]) -> bool | None:
        """Tell the same, as part of a larger run. Raises FeelLimitError."""
        try:
            return self._code(Scope(run, variables), value)
        except RecursionError:
            raise too_deep() from None

    def __repr__(self) -> str:
        return f"UnaryTests({self.text!r})"


def compile_expression(
    text: str, *, names: Collection[str] = (), types: Mapping[str, Type] | None = None
) -> Expression:
    """Return the expression that `text` says. Raises FeelSyntaxError.

    `names` are known names with blanks or odd characters in them, of variables and of members
    alike; `types` are the types beside FEEL's own that `instance of` may name. The result is kept
    for the next time.
    """
    return _expression(text, _hashable(names), _frozen(types))


def compile_unary_tests(
    text: str, *, names: Collection[str] = (), types: Mapping[str, Type] | None = None
) -> UnaryTests:
    """Return the tests that `text` says, as a cell of a decision table does; see above."""
    return _unary_tests(text, _hashable(names), _frozen(types))


def _hashable(names: Collection[str]) -> frozenset[str]:
    return frozenset((names,) if isinstance(names, str) else names)


def _frozen(types: Mapping[str, Type] | None) -> frozenset[tuple[str, Type]]:
    return frozenset(types.items()) if types else frozenset()


@lru_cache(maxsize=CACHED_TEXTS)
def _expression(text: str, names: frozenset[str], types: frozenset[tuple[str, Type]]) -> Expression:
    compiler = Compiler(dict(types))
    node = parse_expression(text, names)
    code = _guarded(lambda: compiler.compile(node, Env()))
    return Expression(text, code, frozenset(compiler.reads), frozenset(compiler.calls))


@lru_cache(maxsize=CACHED_TEXTS)
def _unary_tests(
    text: str, names: frozenset[str], types: frozenset[tuple[str, Type]]
) -> UnaryTests:
    compiler = Compiler(dict(types))
    node = parse_unary_tests(text, names)
    code = _guarded(lambda: compiler.compile_tests(node, Env()))
    return UnaryTests(text, code, frozenset(compiler.reads))


def _guarded(compile_node: Callable[[], _Compiled]) -> _Compiled:
    try:
        return compile_node()
    except RecursionError:
        raise FeelSyntaxError(
            f"The expression is nested deeper than {MAX_NESTING} levels; split it up"
        ) from None
