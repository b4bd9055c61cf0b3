"""Errors and escalations: who catches them, from the inside out, and what follows."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from apps.lib.json import JsonObject
from apps.workflows.graph import (
    ErrorEvent,
    EscalationEvent,
    Graph,
    MultiInstance,
    Node,
)

from .changes import Escalate, StepOutcome
from .ending import finish
from .leaving import leave
from .passes import fail_pass, tolerates_one_more
from .scopes import cancel_token, start_event_subprocess
from .state import Scope, Token
from .step import Step

Thrown: TypeAlias = type[ErrorEvent] | type[EscalationEvent]


@dataclass(frozen=True, slots=True)
class Catcher:
    """`node`: a boundary event of `token`'s activity, or the start of an event subprocess in
    `scope`; None: the loop whose body is `scope` tolerates that its pass `token` failed."""

    node: Node | None
    token: Token | None
    scope: Scope


def throw_error(
    step: Step, token: Token, code: str, message: str, *, outcome: StepOutcome = "failed"
) -> bool:
    """Let the nearest catcher of an error take over from `token`; False if there is none.

    `outcome`: what history says of the token's visit.
    """
    found = _find(step, token, ErrorEvent, code)
    if found is None:
        return False
    if token.number in step.tokens:
        cancel_token(step, token, outcome)
    if found.node is None:
        assert found.token is not None
        if found.token.number in step.tokens:
            cancel_token(step, found.token, "failed")
        fail_pass(step, step.scopes[found.scope.number])
    else:
        _take_over(step, found, found.node, _error_variables(found.node, code, message))
    return True


def escalate(step: Step, token: Token, code: str) -> bool:
    """Tell the nearest catcher of an escalation; False if there is none. `token` goes on, unless
    the catcher interrupts it."""
    found = _find(step, token, EscalationEvent, code)
    if found is None or found.node is None:
        step.tell(Escalate(code=code))
        return False
    event = found.node.event
    assert isinstance(event, EscalationEvent)
    told: JsonObject = {event.code_variable: code} if event.code_variable else {}
    _take_over(step, found, found.node, told)
    return True


def fail(step: Step, code: str, message: str) -> None:
    """End the instance with an error that nobody in it caught; its caller may."""
    step.error = (code, message)
    finish(step, "failed")


def catches_error(graph: Graph, element: str, code: str) -> bool:
    """Tell whether error `code`, thrown at an element, would be caught somewhere around it."""
    node: Node | None = graph.nodes[element]
    while node is not None:
        loop = node.loop
        if isinstance(loop, MultiInstance) and loop.tolerate:
            return True
        beside = _starts_beside(graph, node)
        if _best(graph, [*node.boundaries, *beside], ErrorEvent, code):
            return True
        node = graph.nodes.get(node.scope)
    return False


def _find(step: Step, token: Token, kind: Thrown, code: str) -> Catcher | None:
    """Walk from the token outwards, over the boundaries of activities and the event subprocesses
    of scopes. Of one place, who names the code goes before who catches all."""
    place: Token | None = token
    while place is not None:
        scope = step.scopes[place.scope]
        node = step.node_of(place)
        if scope.kind == "loop":
            # what is attached to the activity belongs to the loop as a whole
            if kind is ErrorEvent and tolerates_one_more(step, scope):
                return Catcher(None, place, scope)
        else:
            at_boundary = _best(step.graph, node.boundaries, kind, code)
            if at_boundary is not None:
                return Catcher(at_boundary, place, scope)
            inside = _best(step.graph, _starts_beside(step.graph, node), kind, code)
            if inside is not None:
                return Catcher(inside, None, scope)
        place = step.tokens.get(scope.token)
    return None


def _starts_beside(graph: Graph, node: Node) -> list[str]:
    """Return the starts of event subprocesses beside `node` that may catch what it throws.

    What an interrupting event subprocess throws is for those around its scope: it has taken the
    place of all in it. No event subprocess catches what comes from itself.
    """
    if node.kind == "event_subprocess" and graph.nodes[node.starts].interrupts:
        return []
    names = graph.event_subprocesses.get(node.scope, ())
    return [graph.nodes[name].starts for name in names if name != node.id]


def _best(graph: Graph, elements: Iterable[str], kind: Thrown, code: str) -> Node | None:
    catching = [graph.nodes[name] for name in elements]
    of_kind = [(node, node.event) for node in catching if isinstance(node.event, kind)]
    exact = next((node for node, event in of_kind if event.code == code), None)
    return exact or next((node for node, event in of_kind if event.code == ""), None)


def _take_over(step: Step, found: Catcher, node: Node, told: JsonObject) -> None:
    if node.kind == "start":
        start_event_subprocess(step, found.scope.number, node, told)
    else:
        if node.interrupts and found.token is not None and found.token.number in step.tokens:
            cancel_token(step, step.tokens[found.token.number])
        leave(step, step.token(node.id, found.scope.number), told)


def _error_variables(node: Node, code: str, message: str) -> JsonObject:
    event = node.event
    assert isinstance(event, ErrorEvent)
    told: JsonObject = {}
    if event.code_variable:
        told[event.code_variable] = code
    if event.message_variable:
        told[event.message_variable] = message
    return told
