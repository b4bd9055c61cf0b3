"""A workflow's elements in words, in the order of reading: what tables show beside a diagram."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .graph import (
    CompensateEvent,
    ConditionEvent,
    ErrorEvent,
    EscalationEvent,
    Graph,
    LinkEvent,
    MessageEvent,
    Node,
    SignalEvent,
    TerminateEvent,
    TimerEvent,
)
from .lifecycle.definitions import graph_of

__all__ = ["Element", "elements_of", "graph_of", "kind_of", "name_of"]

KINDS: dict[str, str | Promise] = {
    "start": gettext_lazy("Start"),
    "end": gettext_lazy("End"),
    "catch": gettext_lazy("Wait"),
    "throw": gettext_lazy("Event"),
    "boundary": gettext_lazy("Boundary event"),
    "service": gettext_lazy("Bot"),
    "send": gettext_lazy("Bot, sends"),
    "receive": gettext_lazy("Waits for a message"),
    "user": gettext_lazy("Person"),
    "manual": gettext_lazy("By hand"),
    "script": gettext_lazy("Calculation"),
    "rule": gettext_lazy("Decision"),
    "exclusive": gettext_lazy("Choice"),
    "parallel": gettext_lazy("Branches"),
    "inclusive": gettext_lazy("Choice of several"),
    "event_based": gettext_lazy("First event"),
    "subprocess": gettext_lazy("Subprocess"),
    "event_subprocess": gettext_lazy("Event subprocess"),
    "call": gettext_lazy("Another workflow"),
}
EVENTS: dict[type, str | Promise] = {
    TimerEvent: gettext_lazy("time"),
    MessageEvent: gettext_lazy("message"),
    SignalEvent: gettext_lazy("signal"),
    ConditionEvent: gettext_lazy("condition"),
    ErrorEvent: gettext_lazy("error"),
    EscalationEvent: gettext_lazy("escalation"),
    LinkEvent: gettext_lazy("link"),
    TerminateEvent: gettext_lazy("end of all"),
    CompensateEvent: gettext_lazy("compensation"),
}
GATEWAYS = frozenset({"exclusive", "parallel", "inclusive", "event_based"})


@dataclass(frozen=True, slots=True)
class Element:
    """One drawn element as people read it; `depth`: how many subprocesses it lies in."""

    id: str
    name: str
    kind: str
    depth: int
    is_gateway: bool
    is_activity: bool


def name_of(graph: Graph, element_id: str) -> str:
    """Return the element's name, or else its kind and id, so that people can find it."""
    node = graph.nodes.get(element_id)
    if node is None:
        return element_id
    return node.name.strip() or f"{kind_of(node)} ({node.id})"


def kind_of(node: Node) -> str:
    kind = str(KINDS.get(node.kind, node.kind))
    event = EVENTS.get(type(node.event))
    if event is None or node.kind == "receive":
        return kind
    return _("%(kind)s: %(event)s") % {"kind": kind, "event": event}


def elements_of(graph: Graph) -> list[Element]:
    """Return the elements as tokens pass them; what lies in a subprocess comes after it."""
    depths = _depths(graph)
    return [
        Element(
            node.id,
            name_of(graph, node.id),
            kind_of(node),
            depths[node.scope],
            node.kind in GATEWAYS,
            node.is_activity,
        )
        for node in _in_order(graph)
    ]


def _in_order(graph: Graph) -> Iterator[Node]:
    """Walk along the flows; then whatever they don't reach, as it was drawn."""
    seen: set[str] = set()
    waiting = deque(graph.starts)
    rest = iter(graph.nodes)
    while True:
        if not waiting:
            missing = next((each for each in rest if each not in seen), None)
            if missing is None:
                return
            waiting.append(missing)
        node = graph.nodes[waiting.popleft()]
        if node.id in seen:
            continue
        seen.add(node.id)
        yield node
        waiting.extendleft(reversed(_after(graph, node)))


def _after(graph: Graph, node: Node) -> list[str]:
    """Return what is inside of a node, at its edge, and behind it."""
    inside = [node.starts] if node.starts else []
    behind = [graph.flows[each].target for each in node.outgoing if each in graph.flows]
    found = [*inside, *node.boundaries, *([node.compensated_by] if node.compensated_by else [])]
    return [each for each in [*found, *behind] if each in graph.nodes]


def _depths(graph: Graph) -> dict[str, int]:
    """Return how deep each scope lies, by the element that opens it."""
    depths: dict[str, int] = {}

    def depth(scope: str) -> int:
        if scope not in depths:
            opener = graph.nodes.get(scope)
            depths[scope] = 0  # a scope that names itself is a fault elsewhere, not a loop here
            depths[scope] = 0 if opener is None else depth(opener.scope) + 1
        return depths[scope]

    for node in graph.nodes.values():
        depth(node.scope)
    return depths
