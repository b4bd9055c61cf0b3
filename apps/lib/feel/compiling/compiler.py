"""The frame of the compiler: scopes at compile time and at run time, and who compiles what."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeAlias

from apps.lib.feel.parsing.syntax import Node
from apps.lib.feel.run import Run
from apps.lib.feel.types import Type
from apps.lib.feel.values import Value


class Scope:
    """The names that an expression sees while it runs: `values`, and then those of `parent`."""

    __slots__ = ("parent", "run", "values")

    def __init__(
        self, run: Run, values: Mapping[str, Value], parent: "Scope | None" = None
    ) -> None:
        self.run = run
        self.values = values
        self.parent = parent


Code: TypeAlias = Callable[[Scope], Value]
TestCode: TypeAlias = Callable[[Scope, Value], "bool | None"]


class Env:
    """What is known of a scope while compiling: its names, scope by scope.

    The outermost one is the caller's variables; of these nothing is known.
    """

    __slots__ = ("names", "parent")

    def __init__(self, names: frozenset[str] = frozenset(), parent: "Env | None" = None) -> None:
        self.names = names
        self.parent = parent

    def inside(self, *names: str) -> "Env":
        return Env(frozenset(names), self)

    def knows(self, name: str) -> bool:
        env: Env | None = self
        while env is not None:
            if name in env.names:
                return True
            env = env.parent
        return False


class Compiler:
    """Compiles one text. `reads` collects the names of the caller's variables that it uses, `calls`
    those that it calls as functions."""

    handlers: ClassVar[dict[type, Callable[["Compiler", Any, Env], Any]]] = {}

    def __init__(self, types: Mapping[str, Type]) -> None:
        self.types = types
        self.reads: set[str] = set()
        self.calls: set[str] = set()

    def compile(self, node: Node, env: Env) -> Code:
        code: Code = self.handlers[type(node)](self, node, env)
        return code

    def compile_tests(self, node: Node, env: Env) -> TestCode:
        code: TestCode = self.handlers[type(node)](self, node, env)
        return code
