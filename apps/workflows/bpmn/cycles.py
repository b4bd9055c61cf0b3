"""Cycles in which no token ever waits: they would keep a step busy for ever."""

from collections.abc import Mapping

from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CompensateEvent,
    Flow,
    LinkEvent,
    MessageEvent,
    MultiInstance,
    Node,
    StandardLoop,
    Work,
)  # fmt: skip

from .drawing import Drawing
from .paths import knots, ways_on

_INSTANT = frozenset(
    {"manual", "script", "rule", "exclusive", "parallel", "inclusive", "throw", "catch"}
)


def check_cycles(drawing: Drawing, nodes: dict[str, Node], flows: dict[str, Flow]) -> None:
    """Report cycles of elements that don't wait.

    An error where it is certain that a token never leaves: no gateway leads out, or nothing on the
    way changes a variable, so that the gateways decide the same again. Otherwise a warning, since
    the engine stops what goes round too often.
    """
    instant = {id for id, node in nodes.items() if _is_instant(node, nodes)}
    ways = {
        id: tuple(target for target in targets if target in instant)
        for id, targets in ways_on(nodes, flows).items()
        if id in instant
    }
    for knot in knots(ways):
        _report(drawing, knot, nodes, flows)


def _report(
    drawing: Drawing, knot: frozenset[str], nodes: dict[str, Node], flows: dict[str, Flow]
) -> None:
    in_order = [id for id in nodes if id in knot]
    part = drawing.flow_elements[in_order[0]]
    labels = ", ".join(f"“{drawing.flow_elements[id].label}”" for id in in_order[:6])
    leads_out = any(_leads_out(nodes[id], knot, flows) for id in knot)
    if leads_out and any(_changes_variables(nodes[id], nodes) for id in knot):
        part.warn(
            _("The cycle through %(names)s never waits.") % {"names": labels},
            _("If it goes round too often, its instance is stopped with an incident."),
        )
    else:
        part.error(
            _("The cycle through %(names)s never waits, so it would never end.")
            % {"names": labels},
            _("Put something into it that takes time: a task for a bot or a person, or a timer."),
        )


def _leads_out(node: Node, knot: frozenset[str], flows: dict[str, Flow]) -> bool:
    """Tell whether a token may leave the cycle here, with none that goes round again."""
    inside = [id for id in node.outgoing if flows[id].target in knot]
    if len(inside) == len(node.outgoing):
        return False
    return node.kind == "exclusive" or all(
        flows[id].condition is not None or id == node.default_flow for id in inside
    )


def _is_instant(node: Node, nodes: Mapping[str, Node]) -> bool:
    """Tell whether a token certainly passes at once. In case of doubt it waits."""
    if node.kind in ("parallel", "inclusive") and len(node.incoming) > 1:
        return False  # waits for others
    if node.kind == "subprocess":
        inner = [each for each in nodes.values() if each.scope == node.id]
        return not node.boundaries and all(
            each.kind in ("start", "end") or _is_instant(each, nodes) for each in inner
        )
    if isinstance(node.work, Work) or isinstance(node.event, CompensateEvent):
        return False
    waits = node.kind == "catch" and not _is_link(node)
    return node.kind in _INSTANT and not waits


def _is_link(node: Node) -> bool:
    return isinstance(node.event, LinkEvent)


def _changes_variables(node: Node, nodes: Mapping[str, Node]) -> bool:
    if node.outputs or node.kind in ("script", "rule"):
        return True
    if isinstance(node.loop, MultiInstance | StandardLoop) or isinstance(node.event, MessageEvent):
        return True
    return any(_changes_variables(each, nodes) for each in nodes.values() if each.scope == node.id)
