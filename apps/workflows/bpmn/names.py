"""Namespaces and qualified names of BPMN files."""

from typing import Final

BPMN: Final = "http://www.omg.org/spec/BPMN/20100524/MODEL"
BPMNDI: Final = "http://www.omg.org/spec/BPMN/20100524/DI"
XSI: Final = "http://www.w3.org/2001/XMLSchema-instance"
ZEEBE: Final = "http://camunda.org/schema/zeebe/1.0"
RPA: Final = "https://controlroom.dev/schema/rpa/1.0"
MODELER: Final = "http://camunda.org/schema/modeler/1.0"
# Camunda 7, and what it grew from
CAMUNDA: Final = frozenset(
    {
        "http://camunda.org/schema/1.0/bpmn",
        "http://www.camunda.org/schema/1.0/bpmn",
        "http://activiti.org/bpmn",
        "http://camunda.com/fox",
    }
)
PREFIXES: Final = {
    "bpmn": BPMN,
    "bpmndi": BPMNDI,
    "xsi": XSI,
    "zeebe": ZEEBE,
    "rpa": RPA,
    "modeler": MODELER,
}
_SHORT: Final = {uri: prefix for prefix, uri in PREFIXES.items()} | dict.fromkeys(
    CAMUNDA, "camunda"
)


def qualified(name: str) -> str:
    """Return `zeebe:script` in lxml's form. A name without a prefix is BPMN's."""
    prefix, colon, local = name.rpartition(":")
    return f"{{{PREFIXES[prefix] if colon else BPMN}}}{local}"


def split(tag: object) -> tuple[str, str]:
    """Return namespace and local name of an lxml tag; ("", "") for comments and instructions."""
    if not isinstance(tag, str):
        return "", ""
    namespace, brace, local = tag.rpartition("}")
    return (namespace[1:], local) if brace else ("", local)


def short(tag: object) -> str:
    """Return an lxml tag as people write it: zeebe:script; without a prefix where none is known."""
    namespace, local = split(tag)
    prefix = _SHORT.get(namespace, "")
    return local if prefix in ("", "bpmn") else f"{prefix}:{local}"
