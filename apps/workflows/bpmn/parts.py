"""One XML element on its way into the graph: what it says, and where to report what is wrong."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from . import names
from .model import Element, line_of, text_in
from .problems import Findings, Problem


@dataclass(frozen=True, slots=True)
class Part:
    """An element of BPMN or of an extension. Names without a prefix are BPMN's."""

    element: Element
    findings: Findings

    @property
    def tag(self) -> str:
        """The name, with a prefix where it isn't BPMN's: task, zeebe:script."""
        return names.short(self.element.tag)

    @property
    def id(self) -> str:
        """The id of the element, or of the nearest one around it that has one."""
        at: Element | None = self.element
        while at is not None:
            if names.split(at.tag)[0] == names.BPMN and at.get("id"):
                return at.get("id", "")
            at = at.getparent()
        return ""

    @property
    def own_id(self) -> str:
        return self.element.get("id", "")

    @property
    def line(self) -> int:
        return line_of(self.element)

    @property
    def label(self) -> str:
        """What to call it in a sentence: its name, else its id, else its tag."""
        return self.text_of("name") or self.own_id or self.tag

    @property
    def text(self) -> str:
        """Its text as it stands; comments inside don't count."""
        return text_in(self.element)

    def get(self, name: str, default: str = "") -> str:
        return (self.element.get(name) or default).strip()

    def text_of(self, name: str) -> str:
        """Return an attribute with its runs of white space made single spaces."""
        return " ".join((self.element.get(name) or "").split())

    def flag(self, name: str, default: bool = False) -> bool:  # noqa: FBT001,FBT002
        value = self.get(name)
        if value not in ("", "true", "false", "1", "0"):
            self.warn(f"{self.tag}: {name}=“{value[:40]}” is neither true nor false.")
        return value in ("true", "1") if value else default

    def at(self, element: Element) -> "Part":
        return Part(element, self.findings)

    def children(self, *tags: str) -> Iterator["Part"]:
        wanted = {names.qualified(tag) for tag in tags}
        for each in self.element.iterchildren("*"):
            if not wanted or each.tag in wanted:
                yield Part(each, self.findings)

    def child(self, *tags: str) -> "Part | None":
        return next(self.children(*tags), None)

    def extensions(self, *tags: str) -> Iterator["Part"]:
        """Yield the elements of these names inside its extension elements."""
        for holder in self.children("extensionElements"):
            yield from holder.children(*tags)

    def extension(self, tag: str) -> "Part | None":
        return next(self.extensions(tag), None)

    def error(self, message: str, advice: str = "", *, line: int | None = None) -> None:
        self._report(message, advice, line, "error")

    def warn(self, message: str, advice: str = "") -> None:
        self._report(message, advice, None, "warning")

    def _report(
        self, message: str, advice: str, line: int | None, severity: Literal["error", "warning"]
    ) -> None:
        where = self.line if line is None else line
        self.findings.add(Problem(self.id, where, message, advice, severity))
