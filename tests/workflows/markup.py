"""The XML that the builder of `models.py` puts together: elements, event definitions, drawings."""

from dataclasses import dataclass, field
from typing import Any
from xml.sax.saxutils import escape, quoteattr

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n'
    '<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"'
    ' xmlns:bpmndi="http://www.omg.org/spec/BPMN/20100524/DI"'
    ' xmlns:dc="http://www.omg.org/spec/DD/20100524/DC"'
    ' xmlns:di="http://www.omg.org/spec/DD/20100524/DI"'
    ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
    ' xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"'
    ' xmlns:camunda="http://camunda.org/schema/1.0/bpmn"'
    ' xmlns:rpa="https://controlroom.dev/schema/rpa/1.0"'
    ' id="definitions" targetNamespace="https://controlroom.dev/tests">\n'
)


def attributes(**values: Any) -> str:
    """Return XML attributes; what is None is left out, and True is written true."""
    texts = {name: _text(value) for name, value in values.items() if value is not None}
    return "".join(f" {name}={quoteattr(text)}" for name, text in texts.items())


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def element(tag: str, body: str = "", **values: Any) -> str:
    """Return one XML element as text. A name's __ stands for the colon of a prefix."""
    named = {name.replace("__", ":"): value for name, value in values.items()}
    return (
        f"<{tag}{attributes(**named)}>{body}</{tag}>" if body else f"<{tag}{attributes(**named)} />"
    )


@dataclass(frozen=True)
class Definition:
    """An event definition, and the root element that it refers to."""

    body: str
    root: str = ""


def timer(*, date: str = "", duration: str = "", cycle: str = "") -> Definition:
    how, value = next(
        (tag, text)
        for tag, text in (("timeDate", date), ("timeDuration", duration), ("timeCycle", cycle))
        if text
    )
    inner = f'<bpmn:{how} xsi:type="bpmn:tFormalExpression">{escape(value)}</bpmn:{how}>'
    return Definition(element("bpmn:timerEventDefinition", inner))


def message(name: str, key: str = "") -> Definition:
    """`key`: the correlation key, with its =."""
    reference = f"Message_{id_of(name)}"
    extra = element("zeebe:subscription", correlationKey=key) if key else ""
    body = element("bpmn:extensionElements", extra) if extra else ""
    return Definition(
        element("bpmn:messageEventDefinition", messageRef=reference),
        element("bpmn:message", body, id=reference, name=name),
    )


def signal(name: str) -> Definition:
    reference = f"Signal_{id_of(name)}"
    return Definition(
        element("bpmn:signalEventDefinition", signalRef=reference),
        element("bpmn:signal", id=reference, name=name),
    )


def error(code: str = "", *, code_variable: str = "", message_variable: str = "") -> Definition:
    """`code` "" catches every error."""
    return _coded("error", code, code_variable, message_variable)


def escalation(code: str = "", *, code_variable: str = "") -> Definition:
    return _coded("escalation", code, code_variable, "")


def _coded(kind: str, code: str, code_variable: str, message_variable: str) -> Definition:
    reference = f"{kind.title()}_{id_of(code)}" if code else None
    caught = element(
        "rpa:caught",
        codeVariable=code_variable or None,
        messageVariable=message_variable or None,
    )
    has_variables = code_variable or message_variable
    body = element("bpmn:extensionElements", caught) if has_variables else ""
    root = element(f"bpmn:{kind}", id=reference, name=code, **{f"{kind}Code": code})
    tag = f"bpmn:{kind}EventDefinition"
    return Definition(element(tag, body, **{f"{kind}Ref": reference}), root if code else "")


def condition(text: str) -> Definition:
    inner = expression("bpmn:condition", text)
    return Definition(element("bpmn:conditionalEventDefinition", inner))


def link(name: str) -> Definition:
    return Definition(element("bpmn:linkEventDefinition", name=name))


def terminate() -> Definition:
    return Definition(element("bpmn:terminateEventDefinition"))


def compensation(activity: str | None = None) -> Definition:
    return Definition(element("bpmn:compensateEventDefinition", activityRef=activity))


def id_of(text: str) -> str:
    return "".join(character if character.isalnum() else "_" for character in text)


def expression(tag: str, text: str) -> str:
    written = text if text.startswith("=") else f"={text}"
    return f'<{tag} xsi:type="bpmn:tFormalExpression">{escape(written)}</{tag}>'


@dataclass
class Element:
    tag: str
    id: str
    scope: str
    values: dict[str, Any]
    body: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    column: int = 0
    row: int = 0


@dataclass
class Flow:
    id: str
    source: str
    target: str
    scope: str
    condition: str = ""


def sequence_flow(flow: Flow) -> str:
    inner = expression("bpmn:conditionExpression", flow.condition) if flow.condition else ""
    return element(
        "bpmn:sequenceFlow", inner, id=flow.id, sourceRef=flow.source, targetRef=flow.target
    )


def shape(one: Element) -> str:
    small = one.tag.endswith(("Event", "Gateway"))
    size = {"width": 36, "height": 36} if small else {"width": 100, "height": 80}
    bounds = element("dc:Bounds", x=one.column * 160, y=one.row * 120, **size)
    return element("bpmndi:BPMNShape", bounds, id=f"{one.id}_di", bpmnElement=one.id)
