"""BPMN models for tests, written as one chain of calls.

    xml = (
        process("invoice")
        .start()
        .service("extract", retries=3)
        .exclusive("amount")
        .when("total > 1000").user("approve").end("approved")
        .at("amount").otherwise().service("post").end("posted")
        .xml()
    )

Every element method goes on from the element made last, by a new sequence flow, and leaves the
cursor there. `at` moves the cursor, `to` closes a flow to an element that stands already. An event
takes a definition made by `timer`, `message` and so on; what the builder has no words for goes in
by `extra` (extension elements) and `body` (elements of BPMN) as XML text. Every model has a
drawing, so that pages can show it.
"""

import json
from typing import Any, Self
from xml.sax.saxutils import escape

from . import markup
from .markup import (
    Definition,
    Element,
    Flow,
    compensation,
    condition,
    element,
    error,
    escalation,
    link,
    message,
    signal,
    terminate,
    timer,
)

__all__ = [
    "ProcessBuilder", "compensation", "condition", "element", "error", "escalation", "link",
    "message", "process", "signal", "terminate", "timer",
]  # fmt: skip


class ProcessBuilder:
    """Builds one process; see the module's docstring. `xml()` gives the whole file."""

    def __init__(self, key: str, *, name: str = "", is_executable: bool = True) -> None:
        self.key = key
        self.root = Element(
            "process", key, "", {"name": name or None, "isExecutable": is_executable}
        )
        self.elements: dict[str, Element] = {}
        self.flows: list[Flow] = []
        self.roots: dict[str, None] = {}
        self.loose: list[tuple[str, str]] = []  # (scope, XML) of associations and the like
        self._cursor = ""  # where the next flow begins
        self._last = ""  # what `extend` and the like add to
        self._scopes = [key]
        self._condition = ""
        self._is_default = False

    # --- events

    def start(self, id: str = "start", event: Definition | None = None, **given: Any) -> Self:
        self._cursor = ""
        return self._event("startEvent", id, event, **given)

    def end(self, id: str = "end", event: Definition | None = None, **given: Any) -> Self:
        return self._event("endEvent", id, event, **given)

    def catch(self, id: str, event: Definition, **given: Any) -> Self:
        return self._event("intermediateCatchEvent", id, event, **given)

    def throw(self, id: str, event: Definition | None = None, **given: Any) -> Self:
        return self._event("intermediateThrowEvent", id, event, **given)

    def boundary(
        self, activity: str, id: str, event: Definition, *, interrupts: bool = True, **given: Any
    ) -> Self:
        """Attach an event to `activity`, and go on from the event."""
        self._cursor = ""
        host = self.elements.get(activity)
        self._scopes[-1:] = [host.scope if host else self._scopes[-1]]
        self._event("boundaryEvent", id, event, **given)
        made = self.elements[id]
        made.values["attachedToRef"] = activity
        if not interrupts:
            made.values["cancelActivity"] = False
        if host:
            made.column, made.row = host.column, host.row + 1
        return self

    def undone_by(self, activity: str, handler: str) -> Self:
        """Let the existing `handler` undo `activity`, by a boundary event that compensates."""
        self.boundary(activity, f"{activity}_undo", compensation())
        self.elements[handler].values["isForCompensation"] = True
        line = element(
            "bpmn:association",
            id=f"{activity}_undo_by",
            associationDirection="One",
            sourceRef=f"{activity}_undo",
            targetRef=handler,
        )
        self.loose.append((self.elements[activity].scope, line))
        return self

    def _event(self, tag: str, id: str, event: Definition | None, **given: Any) -> Self:
        self._add(tag, id, **given)
        if event is not None:
            self.elements[id].body.append(event.body)
            if event.root:
                self.roots[event.root] = None
        return self

    # --- tasks

    def service(
        self, id: str, type: str | None = None, *, retries: Any = None, **given: Any
    ) -> Self:
        """A bot's step in the queue `type` (the id when None; "" for no task definition)."""
        return self._job("serviceTask", id, type, retries, **given)

    def send(self, id: str, type: str | None = None, *, retries: Any = None, **given: Any) -> Self:
        return self._job("sendTask", id, type, retries, **given)

    def _job(self, tag: str, id: str, type: str | None, retries: Any, **given: Any) -> Self:
        self._add(tag, id, **given)
        kind = id if type is None else type
        if kind:
            self.extend(element("zeebe:taskDefinition", type=kind, retries=retries))
        return self

    def user(
        self,
        id: str,
        *,
        form: dict[str, Any] | None = None,
        assignee: str | None = None,
        groups: str | None = None,
        due: str | None = None,
        decisions: dict[str, str] | None = None,
        **given: Any,
    ) -> Self:
        """`form`: a JSON Schema. `decisions`: title by key."""
        self._add("userTask", id, **given).extend("<zeebe:userTask />")
        if form is not None:
            self.extend(element("rpa:form", escape(json.dumps(form))))
        if assignee or groups:
            self.extend(
                element("zeebe:assignmentDefinition", assignee=assignee, candidateGroups=groups)
            )
        if due:
            self.extend(element("zeebe:taskSchedule", dueDate=due))
        for key, title in (decisions or {}).items():
            self.extend(element("rpa:decision", key=key, title=title))
        return self

    def manual(self, id: str, **given: Any) -> Self:
        return self._add("manualTask", id, **given)

    def script(self, id: str, expression: str, result: str, **given: Any) -> Self:
        self._add("scriptTask", id, **given)
        written = expression if expression.startswith("=") else f"={expression}"
        return self.extend(element("zeebe:script", expression=written, resultVariable=result))

    def rule(self, id: str, decision: str, result: str, **given: Any) -> Self:
        self._add("businessRuleTask", id, **given)
        return self.extend(
            element("zeebe:calledDecision", decisionId=decision, resultVariable=result)
        )

    def receive(self, id: str, name: str, key: str, **given: Any) -> Self:
        event = message(name, key)
        self._add("receiveTask", id, messageRef=f"Message_{markup.id_of(name)}", **given)
        self.roots[event.root] = None
        return self

    def call(self, id: str, workflow: str, **given: Any) -> Self:
        """`all_in`, `all_out`: False keeps variables from going down, or from coming back."""
        down, up = given.pop("all_in", None), given.pop("all_out", None)
        self._add("callActivity", id, **given)
        return self.extend(
            element(
                "zeebe:calledElement",
                processId=workflow,
                propagateAllParentVariables=down,
                propagateAllChildVariables=up,
            )
        )

    # --- gateways

    def exclusive(self, id: str, **given: Any) -> Self:
        return self._add("exclusiveGateway", id, **given)

    def parallel(self, id: str, **given: Any) -> Self:
        return self._add("parallelGateway", id, **given)

    def inclusive(self, id: str, **given: Any) -> Self:
        return self._add("inclusiveGateway", id, **given)

    def event_based(self, id: str, **given: Any) -> Self:
        return self._add("eventBasedGateway", id, **given)

    def when(self, text: str) -> Self:
        """Give the next flow a condition."""
        self._condition = text
        return self

    def otherwise(self) -> Self:
        """Make the next flow the default one of the element it leaves."""
        self._is_default = True
        return self

    # --- subprocesses

    def subprocess(self, id: str, **given: Any) -> Self:
        """Open a subprocess; what follows lies in it until `done`."""
        self._add("subProcess", id, **given)
        self._scopes.append(id)
        self._cursor = ""
        return self

    def event_subprocess(self, id: str, **given: Any) -> Self:
        self._cursor = ""
        return self.subprocess(id, triggeredByEvent=True, **given)

    def done(self) -> Self:
        """Close the subprocess opened last, and go on from it."""
        self._cursor = self._last = self._scopes.pop()
        return self

    # --- where to go on

    def at(self, id: str) -> Self:
        """Go on from an element that stands already."""
        self._cursor = self._last = id
        self._scopes[-1] = self.elements[id].scope
        return self

    def apart(self) -> Self:
        """Make the next element without a flow to it."""
        self._cursor = ""
        return self

    def to(self, id: str) -> Self:
        """Lead a flow to an element that stands already, and go on from there."""
        self._flow(id)
        self._cursor = self._last = id
        return self

    # --- what the element made last has besides

    def extend(self, xml: str) -> Self:
        """Add extension elements to the element made last."""
        self.elements[self._last].extra.append(xml)
        return self

    def hold(self, xml: str) -> Self:
        """Add BPMN elements to the element made last."""
        self.elements[self._last].body.append(xml)
        return self

    def work(self, **given: Any) -> Self:
        """Add rpa:work: queue, priority, reference, backoff, delaySeconds, slaSeconds."""
        return self.extend(element("rpa:work", **given))

    def policy(self, *rules: dict[str, Any], default_output: str | None = None) -> Self:
        """Add an error policy; without an element made yet it is the workflow's own."""
        inner = "".join(element("rpa:rule", **rule) for rule in rules)
        xml = element("rpa:errorPolicy", inner, defaultOutput=default_output)
        holder = self.elements[self._last] if self._last else self.root
        holder.extra.append(xml)
        return self

    def input_schema(self, schema: dict[str, Any]) -> Self:
        self.root.extra.append(element("rpa:inputSchema", escape(json.dumps(schema))))
        return self

    def inputs(self, **sources: str) -> Self:
        return self._mapping("zeebe:input", sources)

    def outputs(self, **sources: str) -> Self:
        return self._mapping("zeebe:output", sources)

    def _mapping(self, tag: str, sources: dict[str, str]) -> Self:
        rows = "".join(element(tag, source=text, target=name) for name, text in sources.items())
        extra = self.elements[self._last].extra
        if extra and extra[-1].startswith("<zeebe:ioMapping>"):
            extra[-1] = extra[-1].replace("</zeebe:ioMapping>", f"{rows}</zeebe:ioMapping>")
        else:
            extra.append(element("zeebe:ioMapping", rows))
        return self

    def each(
        self,
        collection: str = "",
        *,
        element_name: str = "item",
        sequential: bool = False,
        cardinality: str = "",
        output: str | None = None,
        output_element: str | None = None,
        completion: str = "",
        tolerate: float | None = None,
    ) -> Self:
        """Make the activity made last one of several instances."""
        extra = element("rpa:tolerate", share=tolerate) if tolerate is not None else ""
        if collection:
            extra += element(
                "zeebe:loopCharacteristics",
                inputCollection=collection if collection.startswith("=") else f"={collection}",
                inputElement=element_name,
                outputCollection=output,
                outputElement=output_element,
            )
        body = element("bpmn:extensionElements", extra) if extra else ""
        body += markup.expression("bpmn:loopCardinality", cardinality) if cardinality else ""
        body += markup.expression("bpmn:completionCondition", completion) if completion else ""
        tag = "bpmn:multiInstanceLoopCharacteristics"
        return self.hold(element(tag, body, isSequential=sequential or None))

    def again_while(
        self, expression: str, *, before: bool = False, maximum: int | None = None
    ) -> Self:
        """Make the activity made last a standard loop."""
        inner = markup.expression("bpmn:loopCondition", expression)
        tag = "bpmn:standardLoopCharacteristics"
        return self.hold(element(tag, inner, testBefore=before, loopMaximum=maximum))

    # --- putting it together

    def xml(self) -> bytes:
        """Return the whole file: the process, what it refers to, and a drawing."""
        shapes = "".join(markup.shape(each) for each in self.elements.values())
        lines = "".join(self._edge(flow) for flow in self.flows)
        plane = element("bpmndi:BPMNPlane", shapes + lines, id="plane", bpmnElement=self.key)
        drawing = element("bpmndi:BPMNDiagram", f"\n{plane}\n", id="diagram")
        text = f"{markup.HEAD}{self._rendered(self.root)}\n" + "\n".join(self.roots)
        return f"{text}\n{drawing}\n</bpmn:definitions>\n".encode()

    def _rendered(self, one: Element) -> str:
        parts = []
        if one.extra:
            parts.append(element("bpmn:extensionElements", "".join(one.extra)))
        flows = self.flows
        parts += [f"<bpmn:incoming>{f.id}</bpmn:incoming>" for f in flows if f.target == one.id]
        parts += [f"<bpmn:outgoing>{f.id}</bpmn:outgoing>" for f in flows if f.source == one.id]
        parts += one.body
        parts += [self._rendered(each) for each in self.elements.values() if each.scope == one.id]
        parts += [markup.sequence_flow(flow) for flow in flows if flow.scope == one.id]
        parts += [xml for scope, xml in self.loose if scope == one.id]
        body = "\n" + "\n".join(parts) + "\n" if parts else ""
        return element(f"bpmn:{one.tag}", body, id=one.id, **one.values)

    def _add(self, tag: str, id: str, *, extra: str = "", body: str = "", **values: Any) -> Self:
        before = self.elements.get(self._cursor)
        made = Element(tag, id, self._scopes[-1], values)
        made.column = before.column + 1 if before else 0
        taken = {(each.column, each.row) for each in self.elements.values()}
        made.row = before.row if before else 0
        while (made.column, made.row) in taken:
            made.row += 1
        made.extra += [extra] if extra else []
        made.body += [body] if body else []
        self.elements[id] = made
        if before:
            self._flow(id)
        self._cursor = "" if tag == "endEvent" else id
        self._last = id
        return self

    def _flow(self, target: str) -> None:
        source = self._cursor
        count = sum(1 for flow in self.flows if (flow.source, flow.target) == (source, target))
        id = f"{source}_to_{target}" + (f"_{count + 1}" if count else "")
        scope = self.elements[source].scope
        self.flows.append(Flow(id, source, target, scope, self._condition))
        if self._is_default:
            self.elements[source].values["default"] = id
        self._condition, self._is_default = "", False

    def _edge(self, flow: Flow) -> str:
        source, target = self.elements[flow.source], self.elements[flow.target]
        points = element("di:waypoint", x=source.column * 160 + 100, y=source.row * 120 + 40)
        points += element("di:waypoint", x=target.column * 160, y=target.row * 120 + 40)
        return element("bpmndi:BPMNEdge", points, id=f"{flow.id}_di", bpmnElement=flow.id)


def process(key: str = "invoice", *, name: str = "", is_executable: bool = True) -> ProcessBuilder:
    return ProcessBuilder(key, name=name, is_executable=is_executable)
