"""A BPMN file that was read safely. It keeps everything, so that it can be written out again."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from lxml import etree

from . import names

Element: TypeAlias = etree._Element
Dialect = Literal["zeebe", "camunda", "none"]


@dataclass(frozen=True, slots=True)
class ProcessInfo:
    """`is_executable` None: the file does not say."""

    id: str
    name: str
    is_executable: bool | None
    line: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """The tree of one file; nobody changes it once it is here.

    `elements`: what has an id, by id, without the drawing; of several with one id the first.
    `duplicates`: the others.
    """

    root: Element
    dialect: Dialect
    processes: tuple[ProcessInfo, ...]
    elements: Mapping[str, Element] = field(repr=False)
    duplicates: tuple[Element, ...] = field(default=(), repr=False)

    def element(self, id: str) -> Element | None:
        """Return the element of that id, or None. References may carry a prefix."""
        found = self.elements.get(id)
        return found if found is not None else self.elements.get(id.rpartition(":")[2])

    def to_xml(self) -> bytes:
        """Return the file: every element, attribute, text, comment and drawing that was in it."""
        tree = self.root.getroottree()
        return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def model_of(root: Element) -> Model:
    """Return the model of a tree that has been checked for size already."""
    elements: dict[str, Element] = {}
    duplicates = []
    for each in root.iter(f"{{{names.BPMN}}}*"):
        id = each.get("id")
        if id is None:
            continue
        if id in elements:
            duplicates.append(each)
        else:
            elements[id] = each
    return Model(
        root=root,
        dialect=_dialect(root),
        processes=tuple(_info(each) for each in root.iterchildren(names.qualified("process"))),
        elements=elements,
        duplicates=tuple(duplicates),
    )


def line_of(element: Element) -> int:
    """Return the line that an element begins in, 0 where that is unknown."""
    line = element.sourceline
    return line if isinstance(line, int) else 0


def text_in(element: Element) -> str:
    """Return an element's own text, without that of elements and comments inside."""
    return (element.text or "") + "".join(each.tail or "" for each in element)


def _info(process: Element) -> ProcessInfo:
    executable = process.get("isExecutable")
    return ProcessInfo(
        id=process.get("id", ""),
        name=" ".join(process.get("name", "").split()),
        is_executable=None if executable is None else executable.strip() in ("true", "1"),
        line=line_of(process),
    )


def _dialect(root: Element) -> Dialect:
    used = _namespaces_in_use(root)
    platform = root.get(names.qualified("modeler:executionPlatform"), "")
    if used & {names.ZEEBE, names.RPA} or platform == "Camunda Cloud":
        return "zeebe"
    if used & names.CAMUNDA or platform == "Camunda Platform" or _has_juel(root):
        return "camunda"
    declared = set(root.nsmap.values())
    return "camunda" if declared & names.CAMUNDA and names.ZEEBE not in declared else "none"


def _namespaces_in_use(root: Element) -> set[str]:
    used = set()
    for each in root.iter("*"):
        used.add(names.split(each.tag)[0])
        used.update(names.split(name)[0] for name in each.attrib)
    return used


def _has_juel(root: Element) -> bool:
    """Tell whether an expression is written in the language of Camunda 7."""
    tags = ("conditionExpression", "timeDate", "timeDuration", "timeCycle", "loopCardinality")
    texts = (each.text or "" for tag in tags for each in root.iter(names.qualified(tag)))
    return any(text.strip().startswith(("${", "#{")) for text in texts)
