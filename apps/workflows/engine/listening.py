"""Subscriptions: what tokens and scopes listen for."""

from collections.abc import Iterable
from typing import Any

from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    ConditionEvent,
    EventDefinition,
    MessageEvent,
    Node,
    SignalEvent,
    TimerEvent,
)

from . import expressions
from .state import Subscription
from .step import Step
from .timing import first_due
from .variables import Place


def subscriptions_for(
    step: Step, elements: Iterable[str], place: Place, *, owner: int | None
) -> list[Subscription]:
    """Return what to listen for, for those of `elements` that wait for something outside.

    `owner`: the token; None: the scope of `place`. Raises StepError.
    """
    found = (_subscription(step, step.graph.nodes[name], place, owner) for name in elements)
    return [row for row in found if row is not None]


def listen(step: Step, subscriptions: Iterable[Subscription]) -> None:
    for row in subscriptions:
        step.subscriptions.add(row)
        if row.kind == "condition":
            step.fresh.add(row.number)


def listen_for_event_subprocesses(step: Step, scope: int, place: Place) -> None:
    """Listen for what starts the event subprocesses of a scope. Raises StepError."""
    inside = step.graph.event_subprocesses.get(step.scopes[scope].node, ())
    if inside:
        starts = [step.graph.nodes[name].starts for name in inside]
        listen(step, subscriptions_for(step, starts, place, owner=None))


def _subscription(step: Step, node: Node, place: Place, owner: int | None) -> Subscription | None:
    event = node.event
    if not isinstance(event, TimerEvent | MessageEvent | SignalEvent | ConditionEvent):
        return None
    given = _heard(step, event, place)
    return Subscription(number=step.number(), scope=place.scope, node=node.id, token=owner, **given)


def _heard(step: Step, event: EventDefinition, place: Place) -> dict[str, Any]:
    if isinstance(event, TimerEvent):
        due_at, repeats = first_due(step, event, place)
        return {"kind": "timer", "due_at": due_at, "repeats": repeats}
    if isinstance(event, MessageEvent):
        return {"kind": "message", **_message(step, event, place)}
    if isinstance(event, SignalEvent):
        name = expressions.text(step, event.name, place, _("The name of the signal"))
        return {"kind": "signal", "name": name}
    assert isinstance(event, ConditionEvent)
    return {"kind": "condition", "reads": tuple(sorted(event.condition.reads))}


def _message(step: Step, event: MessageEvent, place: Place) -> dict[str, Any]:
    name = expressions.text(step, event.name, place, _("The name of the message"))
    if event.key is None:
        return {"name": name}
    return {
        "name": name,
        "key": expressions.text(step, event.key, place, _("The correlation key")),
    }
