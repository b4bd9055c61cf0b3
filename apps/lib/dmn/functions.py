"""Functions that models define, as FEEL calls them: arguments bound, checked and bounded."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from django.utils.translation import gettext as _

from apps.lib.feel.run import Run
from apps.lib.feel.values import Function, Value

from .compiling import warn_misfit
from .running import DecisionRun, Scope
from .types import ANYTHING, MISFIT, ItemType, fit

Body = Callable[[DecisionRun, Scope], Value]


@dataclass(frozen=True, slots=True)
class Signature:
    """What a function is called, takes and gives."""

    name: str
    parameters: tuple[tuple[str, ItemType], ...]
    result: ItemType = ANYTHING


class _NotCallable:
    """The answer where arguments don't fit the parameters."""


REFUSED: Final = _NotCallable()


def make_function(signature: Signature, body: Body) -> Function:
    """Return the function that runs `body` with its parameters as scope.

    With arguments of wrong number, name or type, the function isn't run: null, and a warning.
    """

    def call(run: Run, args: Sequence[Value], named: Mapping[str, Value] | None) -> Value:
        scope = _bind(run, signature, args, named)
        if isinstance(scope, _NotCallable):
            return None
        deep = as_decision_run(run)
        deep.enter()
        try:
            return _result(deep, signature, body(deep, scope))
        finally:
            deep.leave()

    return Function(
        signature.name,
        [name for name, _type in signature.parameters],
        call,
        types=[each.type for _name, each in signature.parameters],
        result=signature.result.type,
    )


def as_decision_run(run: Run) -> DecisionRun:
    """Return `run`, which a decision began: functions of models are never called by others."""
    if not isinstance(run, DecisionRun):
        raise TypeError("functions of decision models run within an evaluation of a decision")
    return run


def _bind(
    run: Run, signature: Signature, args: Sequence[Value], named: Mapping[str, Value] | None
) -> Scope | _NotCallable:
    names = [name for name, _type in signature.parameters]
    given = dict(zip(names, args, strict=False)) if named is None else dict(named)
    count = len(args) if named is None else len(named)
    if count != len(names) or set(given) != set(names):
        run.warn(
            _("%(name)s was not called: it takes (%(parameters)s).")
            % {"name": signature.name, "parameters": ", ".join(names)}
        )
        return REFUSED
    for name, wanted in signature.parameters:
        fitting = fit(given[name], wanted)
        if fitting is MISFIT:
            warn_misfit(run, f"{signature.name}({name})", given[name], wanted)
            return REFUSED
        given[name] = fitting
    return given


def _result(run: Run, signature: Signature, value: Value) -> Value:
    fitting = fit(value, signature.result)
    if fitting is not MISFIT:
        return fitting
    warn_misfit(run, signature.name, value, signature.result)
    return None
