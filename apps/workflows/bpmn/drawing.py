"""The flow elements of one process, found and put in order, before they become nodes."""

from collections import defaultdict
from dataclasses import dataclass, field

from apps.lib.texts import gettext as _

from . import names, support
from .extensions import check_extensions
from .model import Model
from .parts import Part
from .problems import Findings

_INSIDE = support.DRAWN | support.CONTENTS | support.DEFINITIONS | {"eventDefinitionRef"}
MAX_ID = 200  # characters; ids are columns of rows


@dataclass(slots=True)
class Drawing:
    """`scope_of`: the process or subprocess around each flow element. `compensations`: from the
    boundary event to the activity that an association leads to."""

    process: Part
    model: Model
    flow_elements: dict[str, Part] = field(default_factory=dict)
    scope_of: dict[str, str] = field(default_factory=dict)
    flows: dict[str, Part] = field(default_factory=dict)
    flow_scope: dict[str, str] = field(default_factory=dict)
    incoming: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    outgoing: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    compensations: dict[str, str] = field(default_factory=dict)

    def inside(self, scope: str) -> list[Part]:
        return [part for id, part in self.flow_elements.items() if self.scope_of[id] == scope]

    def is_event_subprocess(self, id: str) -> bool:
        part = self.flow_elements.get(id)
        return part is not None and part.tag == "subProcess" and part.flag("triggeredByEvent")


def draw(process: Part, model: Model, findings: Findings) -> Drawing:
    """Return what lies in a process, with all problems of single elements reported."""
    drawing = Drawing(process, model)
    _gather(process, drawing)
    for element in process.element.iter(names.qualified("association")):
        _associate(process.at(element), drawing)
    _connect(drawing)
    return drawing


def _gather(holder: Part, drawing: Drawing) -> None:
    check_extensions(holder)
    scope = holder.own_id
    for part in holder.children():
        tag = part.tag
        if tag in support.EXECUTED:
            _take(part, scope, drawing)
            continue
        check_extensions(part)
        if tag == "sequenceFlow":
            _take_flow(part, scope, drawing)
        elif tag in support.WITHOUT_EFFECT:
            _say_without_effect(part)
        elif tag not in support.DRAWN | support.CONTENTS and ":" not in tag:
            part.error(*support.refusal(tag))


def _take(part: Part, scope: str, drawing: Drawing) -> None:
    id = part.own_id
    if not id or len(id) > MAX_ID:
        part.error(
            _("A %(tag)s has no id, or one of more than %(n)d characters.")
            % {"tag": part.tag, "n": MAX_ID},
            _("Give it an id."),
        )
        return
    if id in drawing.flow_elements or id == drawing.process.own_id:
        return  # reported with the duplicates
    drawing.flow_elements[id] = part
    drawing.scope_of[id] = scope
    if part.tag == "subProcess":
        _gather(part, drawing)
    else:
        check_extensions(part)
        _look_inside(part)


def _look_inside(part: Part) -> None:
    for child in part.children():
        tag = child.tag
        check_extensions(child)
        if tag in support.WITHOUT_EFFECT:
            _say_without_effect(child)
        elif tag not in _INSIDE and ":" not in tag:
            child.error(*support.refusal(tag))


def _say_without_effect(part: Part) -> None:
    part.warn(
        _("“%(tag)s” has no effect here.") % {"tag": part.tag},
        _("Variables pass by input and output mappings, people by an assignment definition."),
    )


def _take_flow(part: Part, scope: str, drawing: Drawing) -> None:
    id = part.own_id or _made_id(part, drawing)
    if len(id) > MAX_ID:
        part.error(_("The id of a sequence flow is too long."), _("Give it a shorter one."))
    elif id not in drawing.flows:
        drawing.flows[id] = part
        drawing.flow_scope[id] = scope


def _made_id(part: Part, drawing: Drawing) -> str:
    """Return an id for a flow that has none, which BPMN allows: the same at every reading."""
    made = f"{part.get('sourceRef')}--{part.get('targetRef')}"
    count = sum(1 for id in drawing.flows if id == made or id.startswith(f"{made}--"))
    return f"{made}--{count + 1}" if count else made


def _associate(part: Part, drawing: Drawing) -> None:
    source = drawing.flow_elements.get(part.get("sourceRef"))
    target = drawing.flow_elements.get(part.get("targetRef"))
    if source and target and source.tag == "boundaryEvent" and source.child(support.COMPENSATE):
        drawing.compensations[source.own_id] = target.own_id


def _connect(drawing: Drawing) -> None:
    for id, part in list(drawing.flows.items()):
        source, target = part.get("sourceRef"), part.get("targetRef")
        missing = [end for end in (source, target) if end not in drawing.flow_elements]
        if missing:
            _say_dangling(part, missing)
            del drawing.flows[id]
            continue
        if {drawing.scope_of[source], drawing.scope_of[target]} != {drawing.flow_scope[id]}:
            part.error(
                _("The flow “%(name)s” crosses the border of a subprocess.") % {"name": part.label},
                _("Lead flows to the subprocess itself, and begin inside with a start event."),
            )
        drawing.outgoing[source].append(id)
        drawing.incoming[target].append(id)


def _say_dangling(part: Part, missing: list[str]) -> None:
    words = {"name": part.label, "ends": ", ".join(f"“{end}”" for end in missing)}
    part.error(
        _("The flow “%(name)s” leads from or to %(ends)s, which isn't there.") % words,
        _("Connect it, or delete it."),
    )
