"""Where variables live: of an activity itself, of a scope, of the scopes around it.

A name is looked up from the inside out. A result goes to where its name lives already, else to the
root.
"""

from dataclasses import dataclass, field, replace
from typing import Protocol

from apps.lib.json import Json, JsonObject

from .faults import StepError, too_large_text
from .state import Subscription
from .step import Step
from .weighing import weight


class Place(Protocol):
    """From where variables are seen; every token is one."""

    @property
    def scope(self) -> int: ...
    @property
    def local(self) -> JsonObject: ...


@dataclass(frozen=True, slots=True)
class Spot:
    """A place without a token of its own."""

    scope: int
    local: JsonObject = field(default_factory=dict)


def around(step: Step, row: Subscription) -> Place:
    """Return from where a subscription sees variables: its activity, a subprocess from inside."""
    token = step.tokens.get(row.token)
    if token is None:
        return Spot(row.scope)
    inside = step.scopes.get(token.facts["scope"]) if token.waits_for == "scope" else None
    is_subprocess = inside is not None and inside.kind == "subprocess"
    return Spot(token.facts["scope"]) if is_subprocess else token


def layers(step: Step, place: Place) -> list[JsonObject]:
    """Return the variables that `place` sees, innermost first."""
    found = [place.local] if place.local else []
    number: int | None = place.scope
    while number is not None:
        scope = step.scopes[number]
        if scope.variables:
            found.append(scope.variables)
        number = scope.parent
    return found


def visible(step: Step, place: Place) -> JsonObject:
    """Return all variables that `place` sees; inner ones hide outer ones."""
    found: JsonObject = {}
    for layer in reversed(layers(step, place)):
        found.update(layer)
    return found


def look_up(step: Step, place: Place, name: str) -> Json:
    """Return a variable, None if there is none."""
    return next((layer[name] for layer in layers(step, place) if name in layer), None)


def merge(step: Step, scope: int, values: JsonObject) -> None:
    """Put each value where its name lives, seen from `scope`; new names go to the root.

    Raises StepError "variables_too_large", and has changed nothing then.
    """
    homes: dict[int, JsonObject] = {}
    for name, value in values.items():
        homes.setdefault(_home(step, scope, name), {})[name] = value
    put_all(step, homes)


def put(step: Step, scope: int, values: JsonObject) -> None:
    """Put values into this very scope. Raises StepError "variables_too_large"."""
    if values:
        put_all(step, {scope: values})


def put_all(step: Step, homes: dict[int, JsonObject]) -> None:
    growth = 0
    for number, values in homes.items():
        before = step.scopes[number].variables
        growth += weight(values) - weight({name: before[name] for name in values if name in before})
    grow(step, growth)
    for number, values in homes.items():
        scope = step.scopes[number]
        step.scopes.add(replace(scope, variables={**scope.variables, **values}))
        if step.graph.has_conditions:
            step.changed.update(values)


def grow(step: Step, growth: int) -> None:
    """Count `growth` bytes of variables. Raises StepError "variables_too_large"."""
    insist_on_room(step, growth)
    step.size += growth


def insist_on_room(step: Step, growth: int) -> None:
    """Raise StepError "variables_too_large" if the instance can't take `growth` bytes more."""
    size = step.size + growth
    if growth > 0 and size > step.world.max_size:
        raise StepError("variables_too_large", too_large_text(size, step.world.max_size))


def _home(step: Step, number: int, name: str) -> int:
    scope = step.scopes[number]
    while name not in scope.variables and scope.parent is not None:
        scope = step.scopes[scope.parent]
    return scope.number
