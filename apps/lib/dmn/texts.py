"""FEEL texts, names and names of types, as they stand in the XML."""

from django.utils.translation import gettext as _

from .elements import Place, Text
from .errors import Problems
from .markup import Element, child, line_of, written_in


def read_text(element: Element, name: str, place: Place) -> Text | None:
    """Return the FEEL text inside the child `name`, or None where there is none or it is empty."""
    holder = child(element, name)
    inner = None if holder is None else child(holder, "text")
    if inner is None:
        return None
    text = written_in(inner)
    return Text(text, place.at(line_of(inner))) if text.strip() else None


def type_ref_of(element: Element, name: str = "typeRef") -> str | None:
    """Return the name of the type from an attribute or a child, or None.

    DMN 1.1 writes qualified names such as feel:string; what stands before the colon counts only
    where it isn't declared as a prefix.
    """
    inner = child(element, name)
    raw = element.get(name) or (inner.text if inner is not None else None)
    written = " ".join((raw or "").split())
    prefix, colon, rest = written.partition(":")
    return (rest if colon and prefix in element.nsmap else written) or None


def refuse_language(element: Element, place: Place, problems: Problems) -> None:
    language = element.get("expressionLanguage", "")
    if language and "feel" not in language.lower():
        problems.add(
            place.element,
            line_of(element),
            _("%(place)s is written in %(language)s.") % {"place": place.way, "language": language},
            _("Only FEEL is executed; write the expression in FEEL."),
        )
