"""Nodes and flows of the graph, from what is drawn."""

from typing import Any

from apps.lib.feel import Expression
from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CompensateEvent,
    ErrorEvent,
    EventDefinition,
    Flow,
    Kind,
    LinkEvent,
    MessageEvent,
    Node,
    SignalEvent,
    TerminateEvent,
    Work,
)

from . import events, loops, support, tasks, values
from .drawing import Drawing
from .parts import Part

_UNCONDITIONAL = frozenset({"parallelGateway", "eventBasedGateway"})


def read_nodes(drawing: Drawing) -> dict[str, Node]:
    """Return the nodes by id, in the order of the file; what can't be read is reported."""
    attached = _attached(drawing)
    undone_by = {
        drawing.flow_elements[event].get("attachedToRef"): handler
        for event, handler in drawing.compensations.items()
    }
    return {
        id: _node(part, drawing, attached.get(id, ()), undone_by.get(id, ""))
        for id, part in drawing.flow_elements.items()
    }


def _attached(drawing: Drawing) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for id, part in drawing.flow_elements.items():
        if part.tag == "boundaryEvent" and not part.child(support.COMPENSATE):
            host = part.get("attachedToRef")
            found[host] = (*found.get(host, ()), id)
    return found


def _node(part: Part, drawing: Drawing, boundaries: tuple[str, ...], undone_by: str) -> Node:
    id = part.own_id
    kind, details = _details(part, drawing)
    node = Node(
        id=id,
        kind=kind,
        scope=drawing.scope_of[id],
        name=part.text_of("name"),
        line=part.line,
        incoming=tuple(drawing.incoming.get(id, ())),
        outgoing=tuple(drawing.outgoing.get(id, ())),
        loop=loops.read_loop(part),
        inputs=tasks.read_mappings(part, "input"),
        outputs=tasks.read_mappings(part, "output"),
        boundaries=boundaries,
        default_flow=_default(part, drawing),
        is_compensation=part.flag("isForCompensation"),
        compensated_by=undone_by,
        documentation=_documentation(part),
        **details,
    )
    _check_effects(part, node)
    return node


def _check_effects(part: Part, node: Node) -> None:
    """Say what is written at an element that has no use for it."""
    words = {"name": part.label}
    if node.kind == "event_subprocess" and node.loop is not None:
        part.error(
            _("The event subprocess “%(name)s” can't have several instances.") % words,
            _("Put a subprocess with several instances into it."),
        )
    throws = node.kind in events.THROWING
    tells = throws and isinstance(node.event, MessageEvent | SignalEvent)
    ends = throws and isinstance(node.event, LinkEvent | ErrorEvent | TerminateEvent)
    advice = _("Set variables by the outputs of the element before it.")
    if node.inputs and not (node.is_activity or node.work or tells):
        part.warn(_("The inputs of “%(name)s” have no effect.") % words, advice)
    if node.outputs and ends:
        part.warn(_("The outputs of “%(name)s” have no effect.") % words, advice)


def _details(part: Part, drawing: Drawing) -> tuple[Kind, dict[str, Any]]:
    kind = support.EXECUTED[part.tag]
    if kind in ("start", "end", "catch", "throw", "boundary"):
        return kind, _event(part, kind, drawing)
    if kind == "subprocess":
        starts = next((each.own_id for each in drawing.inside(part.own_id)
            if each.tag == "startEvent"), "")  # fmt: skip
        is_event = part.flag("triggeredByEvent")
        return ("event_subprocess" if is_event else kind), {"starts": starts}
    if part.tag.endswith("Gateway"):
        return kind, {}
    kind, work = tasks.read_work(part, drawing.model)
    received = _received(part, drawing) if kind == "receive" else None
    return kind, {"work": work, "event": received}


def _received(part: Part, drawing: Drawing) -> MessageEvent | None:
    if part.flag("instantiate"):
        part.error(
            _("The receive task “%(name)s” is to start the workflow.") % {"name": part.label},
            _("Draw a start event with the message instead."),
        )
    return events.message_event(part, part, "catch", drawing.model)


def _event(part: Part, kind: Kind, drawing: Drawing) -> dict[str, Any]:
    place = str(kind)
    interrupts = True
    if kind == "start":
        place, interrupts = _start_place(part, drawing)
    elif kind == "boundary":
        interrupts = part.flag("cancelActivity", default=True)
    event: EventDefinition | None = events.read_event(
        part, place, drawing.model, interrupts=interrupts
    )
    if part.flag("parallelMultiple"):
        part.error(
            _("“%(name)s” waits for several events at once.") % {"name": part.label},
            _("Use a parallel gateway with one catching event behind each flow."),
        )
    found: dict[str, Any] = {"event": event, "interrupts": interrupts}
    if kind == "boundary":
        found["attached_to"] = _host(part, drawing, event)
    if kind in events.THROWING:
        found["work"] = _thrown_work(part)
    return found


def _thrown_work(part: Part) -> Work | None:
    if part.child(support.MESSAGE):
        return tasks.thrown_work(part)
    if tasks.has_job(part):
        part.error(
            _("“%(name)s” has work for a bot, but throws no message.") % {"name": part.label},
            _("Make it a message event, or draw a service task before it."),
        )
    return None


def _start_place(part: Part, drawing: Drawing) -> tuple[str, bool]:
    scope = drawing.scope_of[part.own_id]
    if scope == drawing.process.own_id:
        return "start", True
    if drawing.is_event_subprocess(scope):
        return "start of an event subprocess", part.flag("isInterrupting", default=True)
    return "start of a subprocess", True


def _host(part: Part, drawing: Drawing, event: EventDefinition | None) -> str:
    reference = part.get("attachedToRef")
    host = drawing.flow_elements.get(reference)
    words = {"name": part.label, "host": reference}
    is_activity = host is not None and not host.tag.endswith(("Event", "Gateway"))
    if host is None or not is_activity or drawing.is_event_subprocess(reference):
        part.error(
            _("“%(name)s” is attached to “%(host)s”, which is no task or subprocess here.") % words,
            _("Attach it to one, or delete it."),
        )
    elif drawing.scope_of[reference] != drawing.scope_of[part.own_id]:
        part.error(
            _("“%(name)s” is attached to “%(host)s”, which lies elsewhere.") % words,
            _("Put both into the same process or subprocess."),
        )
    if isinstance(event, CompensateEvent) and part.own_id not in drawing.compensations:
        part.error(
            _("“%(name)s” leads to nothing that undoes the work.") % words,
            _("Draw an association from it to a task that is marked as compensation."),
        )
    return reference


def _default(part: Part, drawing: Drawing) -> str:
    default = part.get("default")
    if default and default not in drawing.outgoing.get(part.own_id, ()):
        part.error(
            _("The default flow “%(flow)s” of “%(name)s” does not leave it.")
            % {"flow": default, "name": part.label},
            _("Choose one of its flows."),
        )
        return ""
    return default


def _documentation(part: Part) -> str:
    found = part.child("documentation")
    return found.text.strip() if found else ""


def read_flows(drawing: Drawing) -> dict[str, Flow]:
    """Return the flows by id, in the order of the file."""
    return {
        id: Flow(
            id,
            part.get("sourceRef"),
            part.get("targetRef"),
            _condition(part, drawing),
            part.text_of("name"),
        )
        for id, part in drawing.flows.items()
    }


def _condition(part: Part, drawing: Drawing) -> Expression | None:
    inner = part.child("conditionExpression")
    if inner is None or not inner.text.strip():
        return None
    source = drawing.flow_elements[part.get("sourceRef")]
    what = _("The condition of “%(name)s”") % {"name": part.label}
    condition = values.expression_of(inner, what)
    if source.tag in _UNCONDITIONAL:
        part.error(
            _("The flow “%(name)s” has a condition, but leaves a gateway that takes every flow.")
            % {"name": part.label},
            _("Use an inclusive gateway, or remove the condition."),
        )
    if part.own_id and source.get("default") == part.own_id:
        part.error(
            _("“%(name)s” is the default flow and has a condition.") % {"name": part.label},
            _("Remove the condition: the default flow is taken when no other is."),
        )
    return condition
