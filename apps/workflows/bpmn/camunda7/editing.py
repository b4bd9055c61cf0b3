"""Changing one element of a copied model, and noting what could not be taken over."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from apps.lib.texts import gettext as _
from apps.workflows.bpmn import names
from apps.workflows.bpmn.model import Element, line_of, text_in

from .juel import NotConvertibleError, is_juel, to_feel


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not taken over as it stood. `attribute` names it: camunda:class."""

    element: str
    line: int
    attribute: str
    message: str


@dataclass(slots=True)
class Report:
    """What was noted so far, and the extension elements that a note is about."""

    notes: list[Note] = field(default_factory=list)
    noted: set[Element] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Editor:
    """One element of BPMN, with Camunda's attributes and extension elements."""

    element: Element
    report: Report

    @property
    def tag(self) -> str:
        return names.short(self.element.tag)

    @property
    def id(self) -> str:
        at: Element | None = self.element
        while at is not None and not at.get("id"):
            at = at.getparent()
        return "" if at is None else at.get("id", "")

    @property
    def text(self) -> str:
        return text_in(self.element).strip()

    def note(self, attribute: str, message: str, *, at: Element | None = None) -> None:
        if at is not None:
            self.report.noted.add(at)
        line = line_of(self.element if at is None else at) or line_of(self.element)
        found = Note(self.id, line, attribute, message)
        if found not in self.report.notes:
            self.report.notes.append(found)

    # --- reading and taking away

    def camunda(self, name: str) -> str:
        """Return one of Camunda's attributes, "" where it is missing."""
        return next((v.strip() for n, v in self._attributes() if names.split(n)[1] == name), "")

    def take(self, name: str) -> str:
        """Return the same, and remove it: it was taken over."""
        value = self.camunda(name)
        for key, _value in self._attributes():
            if names.split(key)[1] == name:
                del self.element.attrib[key]
        return value

    def camunda_attributes(self) -> list[str]:
        return [names.split(key)[1] for key, _value in self._attributes()]

    def _attributes(self) -> list[tuple[str, str]]:
        return [
            (str(key), str(value))
            for key, value in self.element.attrib.items()
            if names.split(key)[0] in names.CAMUNDA
        ]

    def extensions(self, *tags: str) -> Iterator[Element]:
        """Yield Camunda's extension elements of these local names, or all."""
        for holder in self.element.iterchildren(names.qualified("extensionElements")):
            for each in holder.iterchildren("*"):
                namespace, local = names.split(each.tag)
                if namespace in names.CAMUNDA and (not tags or local in tags):
                    yield each

    def children(self, *tags: str) -> Iterator["Editor"]:
        for tag in tags:
            for each in self.element.iterchildren(names.qualified(tag)):
                yield Editor(each, self.report)

    # --- adding

    def extend(self, tag: str, **attributes: str | None) -> Element:
        """Return the extension element of that name, made if it is missing, with these attributes.

        Attributes that are None or "" are left out.
        """
        holder = self._holder()
        found = holder.find(names.qualified(tag))
        if found is None:
            found = self.add(holder, tag)
        for name, value in attributes.items():
            if value:
                found.set(name, value)
        return found

    def add(self, parent: Element, tag: str, **attributes: str | None) -> Element:
        given = {name: value for name, value in attributes.items() if value is not None}
        made = etree.SubElement(parent, names.qualified(tag), given)
        made.sourceline = self.element.sourceline
        return made

    def extension(self, tag: str) -> Element | None:
        """Return an extension element of ours or zeebe's, or None."""
        for holder in self.element.iterchildren(names.qualified("extensionElements")):
            found = holder.find(names.qualified(tag))
            if found is not None:
                return found
        return None

    def _holder(self) -> Element:
        """Return its extensionElements; they stand behind the documentation, before all else."""
        tag = names.qualified("extensionElements")
        found = self.element.find(tag)
        if found is None:
            found = etree.Element(tag)
            found.sourceline = self.element.sourceline
            before = len(list(self.element.iterchildren(names.qualified("documentation"))))
            self.element.insert(before, found)
        return found

    def drop(self, element: Element) -> None:
        """Remove an extension element that was taken over, and its holder when that is empty."""
        holder = element.getparent()
        if holder is None:
            return
        remove(element)
        if len(holder) == 0 and names.split(holder.tag)[1] == "extensionElements":
            remove(holder)

    # --- expressions

    def feel(self, text: str, attribute: str) -> str | None:
        """Return a value for zeebe: `=` and FEEL for `${…}`, else the text. None: noted."""
        if not is_juel(text):
            return text
        try:
            return f"={to_feel(text)}"
        except NotConvertibleError as error:
            words = {"text": text[:100], "reason": str(error)}
            self.note(attribute, _("“%(text)s” can't be said in FEEL: %(reason)s.") % words)
            return None

    def taken_feel(self, name: str) -> str | None:
        """Return the same for one of Camunda's attributes, which is removed when it worked."""
        text = self.camunda(name)
        value = self.feel(text, f"camunda:{name}") if text else None
        if value is not None:
            self.take(name)
        return value


def remove(element: Element) -> None:
    """Remove an element and keep the text behind it, which is not the element's own."""
    parent = element.getparent()
    if parent is None:
        return
    if element.tail and element.tail.strip():
        before = element.getprevious()
        if before is not None:
            before.tail = (before.tail or "") + element.tail
        else:
            parent.text = (parent.text or "") + element.tail
    parent.remove(element)
