"""Which flows a token leaves by."""

from apps.lib.texts import gettext as _
from apps.workflows.graph import Flow, Node

from .expressions import is_true
from .faults import StepError
from .step import Step
from .variables import Place


def choose(step: Step, node: Node, place: Place) -> list[Flow]:
    """Return the flows to take: one of an exclusive gateway, else all whose condition holds.

    Raises StepError if there are flows but none can be taken.
    """
    flows = [step.graph.flows[name] for name in node.outgoing]
    if node.kind == "exclusive":
        chosen = next(([flow] for flow in flows if _is_open(step, node, flow, place)), [])
    elif node.kind in ("parallel", "event_based"):
        return flows
    else:
        chosen = [flow for flow in flows if _is_open(step, node, flow, place)]
    if not chosen and node.default_flow:
        return [step.graph.flows[node.default_flow]]
    if not chosen and flows:
        raise StepError("no_flow", _no_flow(node))
    return chosen


def _is_open(step: Step, node: Node, flow: Flow, place: Place) -> bool:
    if flow.id == node.default_flow:
        return False
    return flow.condition is None or is_true(step, flow.condition, place)


def _no_flow(node: Node) -> str:
    text = _(
        "No condition of the flows that leave “%(name)s” holds, and none is the default. "
        "Change the variables that they read, then retry."
    )
    return text % {"name": node.name or node.id}
