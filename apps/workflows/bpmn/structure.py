"""Whether the drawing hangs together: starts, ends, gateways, links, boundaries, compensation."""

from collections import Counter
from collections.abc import Iterator

from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    CompensateEvent,
    ErrorEvent,
    EscalationEvent,
    Flow,
    LinkEvent,
    Node,
)  # fmt: skip

from . import cycles, support
from .drawing import Drawing
from .parts import Part
from .paths import Ways, walk, ways_on

_AFTER_EVENT_GATEWAY = frozenset(
    {support.TIMER, support.MESSAGE, support.SIGNAL, support.CONDITION}
)


def check_structure(drawing: Drawing, nodes: dict[str, Node], flows: dict[str, Flow]) -> None:
    """Report what can't be walked as it is drawn."""
    _check_starts(drawing, nodes, drawing.process)
    for node in nodes.values():
        part = drawing.flow_elements[node.id]
        if node.kind in ("subprocess", "event_subprocess"):
            _check_starts(drawing, nodes, part)
        _check_ends_of_flows(part, node, drawing)
        if node.kind in ("exclusive", "event_based"):
            _check_gateway(part, node, drawing, nodes, flows)
        _check_catchers(part, [nodes[id] for id in node.boundaries])
    for scope, starts in _event_starts(nodes).items():
        _check_catchers(drawing.flow_elements.get(scope, drawing.process), starts)
    _check_links(drawing, nodes)
    _check_compensation(drawing, nodes)
    ways = ways_on(nodes, flows)
    _check_reach(drawing, nodes, ways)
    cycles.check_cycles(drawing, nodes, flows)


# --- starts


def _check_starts(drawing: Drawing, nodes: dict[str, Node], holder: Part) -> None:
    starts = [n for n in nodes.values() if n.kind == "start" and n.scope == holder.own_id]
    words = {"name": holder.label, "tag": holder.tag}
    if not starts:
        holder.error(_("“%(name)s” has no start event.") % words, _("Draw where it begins."))
    is_process = holder.own_id == drawing.process.own_id
    plain = [n for n in starts if not drawing.flow_elements[n.id].child(*support.DEFINITIONS)]
    if len(plain if is_process else starts) > 1:
        holder.error(
            _("“%(name)s” has several start events that begin it alike.") % words,
            _("Keep one; lead the others' flows to what follows it."),
        )


# --- flows at elements


def _check_ends_of_flows(part: Part, node: Node, drawing: Drawing) -> None:
    words = {"name": part.label}
    is_apart = node.kind == "event_subprocess" or node.is_compensation
    if node.incoming and (is_apart or node.kind in ("start", "boundary")):
        part.error(_("A flow leads to “%(name)s”, which begins by itself.") % words,
            _("Lead the flow to the element behind it."))  # fmt: skip
    elif node.incoming and isinstance(node.event, LinkEvent) and node.kind == "catch":
        part.error(_("A flow leads to the link “%(name)s”, which is come to by its name.") % words,
            _("Lead the flow to the element behind it."))  # fmt: skip
    is_last = node.kind == "end" or (node.kind == "throw" and isinstance(node.event, LinkEvent))
    if node.outgoing and (is_apart or is_last):
        part.error(
            _("A flow leaves “%(name)s”, where the way ends.") % words, _("Delete the flow.")
        )
    if isinstance(node.event, CompensateEvent) and node.kind == "boundary" and node.outgoing:
        part.error(_("A flow leaves “%(name)s”.") % words,
            _("What undoes the work is connected by an association, not by a flow."))  # fmt: skip


def _check_gateway(
    part: Part, node: Node, drawing: Drawing, nodes: dict[str, Node], flows: dict[str, Flow]
) -> None:
    words = {"name": part.label}
    if node.kind == "exclusive":
        for id in node.outgoing if len(node.outgoing) > 1 else ():
            flow = drawing.flows[id]
            if id != node.default_flow and not _has_condition(flow):
                flow.error(
                    _("The flow “%(flow)s” leaves the gateway “%(name)s” without a condition.")
                    % (words | {"flow": flow.label}),
                    _("Write a condition, or make it the default flow."),
                )
        return
    if part.get("eventGatewayType") == "Parallel" or part.flag("instantiate"):
        part.error(_("“%(name)s” waits for all its events, or starts the workflow.") % words,
            _("Draw start events, or a parallel gateway with catching events."))  # fmt: skip
    if len(node.outgoing) < 2:
        part.error(_("The event-based gateway “%(name)s” has less than two events to wait for.")
            % words, _("Draw the events, or a single catching event instead."))  # fmt: skip
    for id in node.outgoing:
        _check_awaited(part, drawing.flow_elements[flows[id].target], drawing)
        _check_plain(nodes[flows[id].target], drawing)


def _check_plain(node: Node, drawing: Drawing) -> None:
    if node.boundaries or node.loop is not None:
        part = drawing.flow_elements[node.id]
        part.error(
            _("The gateway waits for “%(name)s” alone, not for its instances or what is attached.")
            % {"name": part.label},
            _("Draw what is attached as one more event behind the gateway."),
        )


def _has_condition(flow: Part) -> bool:
    condition = flow.child("conditionExpression")
    return condition is not None and bool(condition.text.strip())


def _check_awaited(gateway: Part, target: Part, drawing: Drawing) -> None:
    waits = target.tag == "receiveTask" or (
        target.tag == "intermediateCatchEvent" and target.child(*_AFTER_EVENT_GATEWAY)
    )
    if not waits or len(drawing.incoming[target.own_id]) > 1:
        target.error(
            _("“%(name)s” can't stand behind the event-based gateway “%(gateway)s”.")
            % {"name": target.label, "gateway": gateway.label},
            _("Only timers, messages, signals, conditions and receive tasks can, each with no "
              "other flow to it."),
        )  # fmt: skip


# --- events


def _check_catchers(part: Part, catchers: list[Node]) -> None:
    """Report boundary events of an activity, or event subprocesses of a scope, for the same."""
    keys = Counter(key for node in catchers if (key := _caught(node)))
    for (kind, code), count in keys.items():
        if count > 1:
            words = {"name": part.label, "code": code or _("everything"), "kind": kind}
            part.error(
                _("“%(name)s” has several events that catch %(code)s (%(kind)s).") % words,
                _("Keep one of them."),
            )


def _event_starts(nodes: dict[str, Node]) -> dict[str, list[Node]]:
    """Return the starts of event subprocesses by the scope they lie in."""
    found: dict[str, list[Node]] = {}
    for node in nodes.values():
        if node.kind == "event_subprocess" and node.starts in nodes:
            found.setdefault(node.scope, []).append(nodes[node.starts])
    return found


def _caught(node: Node) -> tuple[str, str] | None:
    event = node.event
    if isinstance(event, ErrorEvent):
        return "error", event.code
    return ("escalation", event.code) if isinstance(event, EscalationEvent) else None


def _check_links(drawing: Drawing, nodes: dict[str, Node]) -> None:
    caught = Counter((n.scope, name) for n, name in _links(nodes, "catch"))
    thrown = {(n.scope, name) for n, name in _links(nodes, "throw")}
    for node, name in _links(nodes, "throw"):
        if not caught[(node.scope, name)]:
            drawing.flow_elements[node.id].error(
                _("No link event here catches “%(link)s”.") % {"link": name},
                _("Draw a catching link of that name in the same process or subprocess."),
            )
    for node, name in _links(nodes, "catch"):
        if caught[(node.scope, name)] > 1 or (node.scope, name) not in thrown:
            drawing.flow_elements[node.id].error(
                _("The link “%(link)s” is caught twice, or thrown nowhere.") % {"link": name},
                _("Keep one catching event and at least one throwing one."),
            )


def _links(nodes: dict[str, Node], kind: str) -> Iterator[tuple[Node, str]]:
    for node in nodes.values():
        if node.kind == kind and isinstance(node.event, LinkEvent):
            yield node, node.event.name


def _check_compensation(drawing: Drawing, nodes: dict[str, Node]) -> None:
    handlers = {node.compensated_by for node in nodes.values()}
    for node in nodes.values():
        part = drawing.flow_elements[node.id]
        if node.compensated_by and not nodes[node.compensated_by].is_compensation:
            part.error(
                _("“%(name)s” undoes work, but is not marked as compensation.")
                % {"name": drawing.flow_elements[node.compensated_by].label},
                _("Mark it as compensation."),
            )
        if node.is_compensation and node.id not in handlers:
            part.error(
                _("“%(name)s” is marked as compensation, but undoes nothing.")
                % {"name": part.label},
                _("Draw an association to it from a compensation boundary event."),
            )
        if isinstance(node.event, CompensateEvent) and node.kind != "boundary":
            _check_undone(part, node, node.event, nodes)


def _check_undone(
    part: Part, thrower: Node, event: CompensateEvent, nodes: dict[str, Node]
) -> None:
    if event.activity is None:
        return
    activity = nodes.get(event.activity)
    can_be_undone = activity and (activity.compensated_by or activity.kind == "subprocess")
    if activity is None or not can_be_undone or not _is_around(thrower, activity, nodes):
        part.error(
            _("“%(name)s” is to undo “%(activity)s”, which can't be undone.")
            % {"name": part.label, "activity": event.activity},
            _("Name an activity with a compensation boundary event, or none to undo all."),
        )


def _is_around(thrower: Node, activity: Node, nodes: dict[str, Node]) -> bool:
    """Tell whether the activity lies in the thrower's scope, or around its event subprocess."""
    scopes = {thrower.scope}
    holder = nodes.get(thrower.scope)
    while holder is not None and holder.kind == "event_subprocess":
        scopes.add(holder.scope)
        holder = nodes.get(holder.scope)
    around: Node | None = activity
    while around is not None and around.scope not in scopes:
        around = nodes.get(around.scope)
    return around is not None


# --- what can be reached


def _check_reach(drawing: Drawing, nodes: dict[str, Node], ways: Ways) -> None:
    inside: dict[str, list[str]] = {}
    for node in nodes.values():
        inside.setdefault(node.scope, []).append(node.id)
    for scope, ids in inside.items():
        begin = [id for id in ids if _begins(nodes[id])]
        if not any(nodes[id].kind == "start" for id in begin):
            continue  # said already
        reached = walk(begin, ways)
        lost = [id for id in ids if id not in reached]
        for id in [id for id in lost if not nodes[id].incoming] or lost:
            _say_lost(drawing.flow_elements[id])
        _check_ends(drawing, ids, nodes, ways, scope)


def _begins(node: Node) -> bool:
    return node.kind in ("start", "event_subprocess") or node.is_compensation or (
        node.kind == "boundary" and isinstance(node.event, CompensateEvent)
    )  # fmt: skip


def _say_lost(part: Part) -> None:
    if part.tag == "boundaryEvent" or part.child(support.LINK):
        return  # its host, or its other half, is said
    part.error(
        _("No way leads to “%(name)s”.") % {"name": part.label},
        _("Connect it, or delete it."),
    )


def _check_ends(
    drawing: Drawing, ids: list[str], nodes: dict[str, Node], ways: Ways, scope: str
) -> None:
    if all(ways[id] for id in ids):
        part = drawing.flow_elements.get(scope, drawing.process)
        part.warn(
            _("No way through “%(name)s” comes to an end.") % {"name": part.label},
            _("Draw an end event if it isn't meant to go on for ever."),
        )
