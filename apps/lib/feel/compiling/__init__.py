"""From a tree to Python closures: `Compiler(...).compile(node, env)` gives code to run."""

from . import basics, calls, loops, operators, selecting, unary
from .compiler import Code, Compiler, Env, Scope, TestCode

__all__ = ["Code", "Compiler", "Env", "Scope", "TestCode"]

for _module in (basics, calls, loops, operators, selecting, unary):
    Compiler.handlers.update(_module.HANDLERS)
