"""Our extension elements written as properties, which is all that element templates can write.

Camunda Modeler's templates bind their fields to zeebe's elements and to zeebe:property, and to
nothing of other namespaces. So these say the same:

    <zeebe:property name="rpa:work.backoff" value="fixed" />      <rpa:work backoff="fixed" />
    <zeebe:property name="rpa:form" value="{…}" />                <rpa:form>{…}</rpa:form>
    <zeebe:property name="rpa:decision.approve" value="Yes" />    <rpa:decision key="approve" …
    <zeebe:property name="rpa:rule.1.then" value="skip" />        a rule in rpa:errorPolicy
    <zeebe:property name="rpa:rung.1.do" value="remind" />        a rung in rpa:handling
"""

import copy
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from lxml import etree

from . import names
from .model import Element, Model, model_of

PREFIX: Final = "rpa:"
# Numbered rows, and the element that they stand in.
_NUMBERED: Final = {"rule": "rpa:errorPolicy", "rung": "rpa:handling"}
# Elements that stand inside something else than the task or event itself.
_INSIDE: Final = {
    "tolerate": ("multiInstanceLoopCharacteristics",),
    "caught": ("errorEventDefinition", "escalationEventDefinition"),
    "message": ("messageEventDefinition",),
}


def expanded(model: Model) -> Model:
    """Return the model with such properties made elements; the model itself stays as it is."""
    if not any(True for _row in _rows(model.root)):
        return model
    root = copy.deepcopy(model.root)
    numbered: dict[tuple[Element, str, str], Element] = {}
    for row in list(_rows(root)):
        _expand(row, numbered)
    return replace(model_of(root), dialect=model.dialect)


def _rows(root: Element) -> Iterator[Element]:
    for row in root.iter(names.qualified("zeebe:property")):
        if (row.get("name") or "").startswith(PREFIX) and (row.get("value") or "").strip():
            yield row


def _expand(row: Element, numbered: dict[tuple[Element, str, str], Element]) -> None:
    block = row.getparent()
    holder = None if block is None else block.getparent()
    host = None if holder is None else holder.getparent()
    if holder is None or host is None:
        return
    name, _dot, rest = (row.get("name") or "").removeprefix(PREFIX).partition(".")
    value = row.get("value") or ""
    if name in _NUMBERED:
        number, _dot, attribute = rest.partition(".")
        place = (holder, name, number)
        if place not in numbered:  # they stand in the order in which they are named first
            numbered[place] = _add(_found(holder, _NUMBERED[name], row), f"rpa:{name}", row)
        numbered[place].set(_attribute(attribute), value)
    elif name == "decision":
        _add(holder, "rpa:decision", row, key=rest, title=value)
    elif rest:
        made = _found(_home(name, host, holder), f"rpa:{_attribute(name)}", row)
        made.set(_attribute(rest), value)
    else:
        _add(holder, f"rpa:{_attribute(name)}", row).text = value


def _attribute(name: str) -> str:
    """Return a name that XML allows; what is odd about it is reported as unknown later."""
    return "".join(each if each.isascii() and each.isalnum() else "_" for each in name) or "_"


def _home(name: str, host: Element, holder: Element) -> Element:
    for tag in _INSIDE.get(name, ()):
        inner = host.find(names.qualified(tag))
        if inner is not None:
            found = inner.find(names.qualified("extensionElements"))
            if found is None:
                found = etree.Element(names.qualified("extensionElements"))
                inner.insert(0, found)
            return found
    return holder


def _found(holder: Element, tag: str, row: Element) -> Element:
    found = holder.find(names.qualified(tag))
    return _add(holder, tag, row) if found is None else found


def _add(holder: Element, tag: str, row: Element, **attributes: str) -> Element:
    prefix, _colon, local = tag.partition(":")
    made = etree.SubElement(holder, f"{{{names.PREFIXES[prefix]}}}{local}", attributes)
    made.sourceline = row.sourceline
    return made
