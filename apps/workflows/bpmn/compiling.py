"""Compiles a model to graphs for the engine, or says everything that stands against it."""

from collections import Counter
from dataclasses import dataclass

from apps.lib.texts import gettext as _
from apps.workflows.graph import (
    ConditionEvent,
    Constant,
    Graph,
    LinkEvent,
    Node,
    Work,
)  # fmt: skip

from . import forms, names, support
from .drawing import draw
from .extensions import check_extensions
from .model import Model
from .nodes import read_flows, read_nodes
from .parts import Part
from .paths import reaches
from .policies import read_policy
from .problems import Findings, Problem
from .properties import expanded
from .structure import check_structure

MAX_NODES = 2000
MAX_INCLUSIVE = 200


@dataclass(frozen=True, slots=True)
class Compiled:
    """`graphs`: one for each executable process, in the order of the file."""

    graphs: tuple[Graph, ...]
    warnings: tuple[Problem, ...] = ()


def compile_model(model: Model) -> Compiled:
    """Return the graphs of the executable processes. The same file always gives the same.

    Raises ModelError with every problem that was found.
    """
    model = expanded(model)
    findings = Findings()
    _check_ids(model, findings)
    root = Part(model.root, findings)
    for part in root.children():
        if part.tag != "process":
            check_extensions(part)
    processes = [process for process in _processes(root) if _has_fair_size(process)]
    graphs = tuple(_compile(process, model) for process in processes)
    findings.require_none()
    return Compiled(graphs, tuple(findings.warnings))


def _check_ids(model: Model, findings: Findings) -> None:
    for element in model.duplicates:
        part = Part(element, findings)
        part.error(
            _("The id “%(id)s” is used twice.") % {"id": part.own_id},
            _("Give one of the elements another id."),
        )


def _processes(root: Part) -> list[Part]:
    """Return the executable processes; all, with a problem, if none is."""
    found = list(root.children("process"))
    executable = [part for part in found if part.flag("isExecutable")]
    if not found:
        root.error(_("The file has no process."), _("Draw one, or hand in another file."))
    elif not executable:
        found[0].error(
            _("No process of the file is marked as executable."),
            _("Set isExecutable at the process that is to run."),
        )
    return executable or found


def _has_fair_size(process: Part) -> bool:
    """Tell whether the checks, some of which compare everything with everything, stay quick."""
    tags = Counter(each.tag for each in process.element.iter())
    nodes = sum(tags[names.qualified(tag)] for tag in support.EXECUTED)
    flows = tags[names.qualified("sequenceFlow")]
    inclusive = tags[names.qualified("inclusiveGateway")]
    is_fair = nodes <= MAX_NODES and flows <= 2 * MAX_NODES and inclusive <= MAX_INCLUSIVE
    if not is_fair:
        process.error(
            _("The process has more than %(nodes)d elements or %(inclusive)d inclusive gateways.")
            % {"nodes": MAX_NODES, "inclusive": MAX_INCLUSIVE},
            _("Split it: a call activity starts a workflow of another file."),
        )
    return is_fair


def _compile(process: Part, model: Model) -> Graph:
    if not process.own_id:
        process.error(_("The process has no id."), _("Give it one: it is the workflow's key."))
    drawing = draw(process, model, process.findings)
    nodes = read_nodes(drawing)
    flows = read_flows(drawing)
    check_structure(drawing, nodes, flows)
    starts = [id for id, node in nodes.items()
        if node.kind == "start" and node.scope == process.own_id]  # fmt: skip
    plain = next((id for id in starts if nodes[id].event is None), "")
    start = drawing.flow_elements.get(plain)
    tag = process.extension("zeebe:versionTag")
    documentation = process.child("documentation")
    return Graph(
        key=process.own_id,
        name=process.text_of("name") or process.own_id,
        nodes=nodes,
        flows=flows,
        starts=tuple(starts),
        event_subprocesses=_event_subprocesses(nodes),
        reaches=reaches(nodes, flows),
        links=_links(nodes),
        queues=_queues(nodes),
        policy=read_policy(process),
        input_schema=forms.read_input_schema(process, start, model),
        version_tag=tag.get("value") if tag else "",
        documentation=documentation.text.strip() if documentation else "",
        has_conditions=any(isinstance(node.event, ConditionEvent) for node in nodes.values()),
        has_compensation=any(node.compensated_by for node in nodes.values()),
    )


def _event_subprocesses(nodes: dict[str, Node]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for node in nodes.values():
        if node.kind == "event_subprocess":
            found[node.scope] = (*found.get(node.scope, ()), node.id)
    return found


def _links(nodes: dict[str, Node]) -> dict[tuple[str, str], str]:
    return {
        (node.scope, node.event.name): node.id
        for node in nodes.values()
        if node.kind == "catch" and isinstance(node.event, LinkEvent)
    }


def _queues(nodes: dict[str, Node]) -> tuple[str, ...]:
    works = [node.work for node in nodes.values() if isinstance(node.work, Work)]
    keys = [str(work.queue.value) for work in works if isinstance(work.queue, Constant)]
    return tuple(dict.fromkeys(keys))
