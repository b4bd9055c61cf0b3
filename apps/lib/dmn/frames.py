"""Walks the requirement graph: each decision is evaluated once, its requirements first."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext as _

from apps.lib.feel.values import Value

from .compiling import warn_misfit
from .nodes import DecisionNode, InputNode, Key, Need, ServiceNode, aliases_of, variable_of
from .running import DecisionRun, Scope
from .types import ANYTHING, MISFIT, fit, from_text

NOTHING: Mapping[str, Value] = MappingProxyType({})


class Frame:
    """The values of one walk. A decision service walks in a frame of its own."""

    __slots__ = ("given", "run", "values")

    def __init__(
        self, run: DecisionRun, given: Mapping[str, Value], values: dict[Key, Value] | None = None
    ) -> None:
        self.run = run
        self.given = given
        self.values: dict[Key, Value] = {} if values is None else values

    def value_of(self, decision: DecisionNode) -> Value:
        """Return the decision's value. Raises FeelLimitError when it takes too much."""
        if decision.key not in self.values:
            self.run.enter()
            self.values[decision.key] = self._evaluate(decision)
            self.run.leave()
        return self.values[decision.key]

    def _evaluate(self, decision: DecisionNode) -> Value:
        if decision.logic is None:
            return self._undrawn(decision)
        scope: Scope = {**self.given, **decision.functions}
        for need in decision.needs:
            self._provide(need, scope)
        return decision.logic(self.run, scope)

    def _undrawn(self, decision: DecisionNode) -> Value:
        """Return the given value of a decision without logic, as if it were input data."""
        for name in aliases_of(decision):
            if name in self.given:
                return self.given[name]
        self.run.warn(
            _("%(place)s has no logic, and no value was given.") % {"place": decision.way}
        )
        return None

    def _provide(self, need: Need, scope: Scope) -> None:
        node = need.node
        if isinstance(node, InputNode):
            # one that is absent stays so: FEEL tells about it where it is read
            if node.name in self.given:
                _put(scope, need.within, (node.name,), taken(self.run, node, self.given[node.name]))
        else:
            _put(scope, need.within, aliases_of(node), self.value_of(node))


def _put(scope: Scope, within: str, names: tuple[str, ...], value: Value) -> None:
    if within:
        # a new context each time: `functions` are shared between threads
        scope[within] = {**_context(scope.get(within)), **dict.fromkeys(names, value)}
    else:
        scope.update(dict.fromkeys(names, value))


def _context(value: Any) -> Mapping[str, Value]:
    return value if isinstance(value, dict) else {}


def taken(run: DecisionRun, node: InputNode | DecisionNode, value: Value) -> Value:
    """Return `value` as the node's type has it; null, and a warning, where it doesn't fit."""
    if node.type is ANYTHING:
        return value
    fitting = fit(from_text(value, node.type.type), node.type)
    if fitting is not MISFIT:
        return fitting
    warn_misfit(run, node.name, value, node.type)
    return None


def service_frame(
    run: DecisionRun,
    service: ServiceNode,
    given: Mapping[str, Value],
    beside: Mapping[str, Value] = NOTHING,
) -> Frame:
    """Return a frame that knows the service's parameters, absent ones as null, and `beside`."""
    arguments = {variable_of(each): given.get(variable_of(each)) for each in service.parameters}
    decided = {
        each.key: taken(run, each, arguments[each.variable])
        for each in service.parameters
        if isinstance(each, DecisionNode)
    }
    return Frame(run, {**beside, **arguments}, decided)


def service_value(frame: Frame, service: ServiceNode) -> Value:
    """Return the value of the service's one output decision, or a context of several."""
    values = {variable_of(each): frame.value_of(each) for each in service.outputs}
    value = next(iter(values.values())) if len(values) == 1 else values
    fitting = fit(value, service.result)
    if fitting is not MISFIT:
        return fitting
    warn_misfit(frame.run, service.name, value, service.result)
    return None
