"""Forms drawn with form-js, as JSON Schemas: what people fill in, not how it looks.

`convert` returns the schema and what it could not express. It is pure: no database, no Django.
"""

from dataclasses import dataclass, field
from typing import Any, Final

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _

from .fields import FILES, LOOKS, NOTES, SIMPLE, Teller, plain_text, typed

MAX_DEPTH: Final = 10
MAX_COMPONENTS: Final = 1_000
HIDE_KEYWORD: Final = "x-show-if"


@dataclass(frozen=True)
class Problem:
    """Something that the schema can't say. `is_error`: the form can't be used without it."""

    key: str
    message: str
    advice: str = ""
    is_error: bool = False


@dataclass
class Converted:
    schema: JsonObject
    problems: list[Problem] = field(default_factory=list)


def is_form_js(document: Any) -> bool:
    """Whether a document is a form of form-js rather than a JSON Schema."""
    return isinstance(document, dict) and isinstance(document.get("components"), list)


def convert(form: JsonObject) -> Converted:
    """Return the schema of a form, and what of it a schema can't express."""
    converter = _Converter()
    schema = converter.object_of(form.get("components"), 0)
    return Converted(schema, converter.problems)


@dataclass
class _Place:
    """An object of the schema while it is being filled."""

    schema: JsonObject
    section: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def properties(self) -> dict[str, Any]:
        found: Any = self.schema.setdefault("properties", {})
        return dict(found) if not isinstance(found, dict) else found

    def require(self, name: str) -> None:
        needed: Any = self.schema.setdefault("required", [])
        if name not in needed:
            needed.append(name)

    def below(self, name: str) -> "_Place":
        """Return the object at `name`, made where there is none."""
        inner: Any = self.properties.setdefault(
            name, {"type": "object", "properties": {}, "x-order": len(self.properties) + 1}
        )
        inner.setdefault("type", "object")
        inner.setdefault("properties", {})
        return _Place(inner)


class _Converter(Teller):
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.amount = 0

    def warn(self, key: str, message: str, advice: str = "") -> None:
        self.problems.append(Problem(key[:200], message, advice))

    def object_of(self, components: Any, depth: int) -> JsonObject:
        place = _Place({"type": "object", "properties": {}})
        self.collect(components, place, depth)
        if place.notes:
            place.schema["description"] = "\n".join(place.notes)
        return place.schema

    def collect(self, components: Any, place: _Place, depth: int) -> None:
        if depth > MAX_DEPTH:
            said = _("The form is nested too deep.")
            self.problems.append(Problem("", said, _("Make it flatter."), is_error=True))
            return
        for each in components if isinstance(components, list) else []:
            self.amount += 1
            if isinstance(each, dict) and self.amount <= MAX_COMPONENTS:
                self.take(each, place, depth)

    def take(self, component: dict[str, Any], place: _Place, depth: int) -> None:
        kind, key = str(component.get("type")), _key(component)
        if kind in NOTES:
            self.note(component, place)
        elif kind in LOOKS:
            if LOOKS[kind]:
                self.warn(key, _("A component “%(kind)s” is not shown.") % {"kind": kind[:40]})
        elif kind == "group":
            self.group(component, place, key, depth)
        elif key:
            self.field(component, place, key, depth)

    def note(self, component: dict[str, Any], place: _Place) -> None:
        text = plain_text(component.get("text") or component.get("content"))
        if "{{" in text:
            self.warn("", _("A text is computed from data, shown here as it is written."))
        place.notes += [text] if text else []

    def group(self, component: dict[str, Any], place: _Place, key: str, depth: int) -> None:
        """A group with a path is an object; one without is a section of the form."""
        title = self.said(component, "label")
        if not key:
            outer = place.section
            place.section = title or outer
            self.collect(component.get("components"), place, depth + 1)
            place.section = outer
            return
        inner = self._place_of(place, key.split(".")[:-1]).below(key.split(".")[-1])
        if title:
            inner.schema["title"] = title
        self._show_if(component, inner.schema)
        self._note_before(place, inner.schema)
        self.collect(component.get("components"), inner, depth + 1)

    def field(self, component: dict[str, Any], place: _Place, key: str, depth: int) -> None:
        *above, name = key.split(".")
        at = self._place_of(place, above)
        schema: JsonObject = {}
        for target, text in (("title", self.said(component, "label")), ("description", "")):
            if said := text or self._help(component, target):
                schema[target] = said
        self._defaults(component, schema)
        if component.get("type") == "dynamiclist":
            items = self.object_of(component.get("components"), depth + 1)
            schema |= {"type": "array", "items": items}
        else:
            schema |= typed(component, self)
        self._show_if(component, schema)
        self._note_before(place, schema)
        if place.section:
            schema["x-section"] = place.section
        at.properties[name] = {**schema, "x-order": len(at.properties) + 1}
        if _is_required(component):
            at.require(name)

    def _defaults(self, component: dict[str, Any], schema: JsonObject) -> None:
        if "defaultValue" in component:
            schema["default"] = component["defaultValue"]
        for word in ("readonly", "disabled"):
            said = component.get(word)
            if said is True:
                schema["readOnly"] = True
            elif isinstance(said, str) and said.startswith("="):
                self.warn(_key(component), _("“%(key)s” is read-only by a rule; here it is not.")
                    % {"key": _key(component)})  # fmt: skip

    def _help(self, component: dict[str, Any], target: str) -> str:
        if target != "description":
            return ""
        look = component.get("appearance")
        around = look if isinstance(look, dict) else {}
        units = [str(around.get(side) or "") for side in ("prefixAdorner", "suffixAdorner")]
        unit = " ".join(text for text in units if text and not text.startswith("="))
        return " · ".join(filter(None, (self.said(component, "description"), unit)))

    def said(self, component: dict[str, Any], name: str) -> str:
        """Return a text of the component; "" when it is computed, which is told."""
        text = component.get(name)
        if not isinstance(text, str) or not text:
            return ""
        if text.startswith("=") or "{{" in text:
            words = {"key": _key(component), "name": name}
            said = _("The %(name)s of “%(key)s” is computed from data.") % words
            self.warn(_key(component), said, _("Write it out."))
            return ""
        return plain_text(text)

    def _show_if(self, component: dict[str, Any], schema: JsonObject) -> None:
        conditional = component.get("conditional")
        hide = conditional.get("hide") if isinstance(conditional, dict) else None
        if isinstance(hide, str) and hide.strip().removeprefix("=").strip():
            schema[HIDE_KEYWORD] = f"not({hide.strip().removeprefix('=').strip()})"

    def _note_before(self, place: _Place, schema: JsonObject) -> None:
        """What was written before a field is its note."""
        if place.notes:
            schema["x-note"] = "\n".join(place.notes)
            place.notes.clear()

    def _place_of(self, place: _Place, above: list[str]) -> _Place:
        for name in above[:MAX_DEPTH]:
            place = place.below(name)
        return place


def _key(component: dict[str, Any]) -> str:
    """Return the dotted path of a component's value, "" for one that has none."""
    found = component.get("key") or component.get("path")
    text = found if isinstance(found, str) else ""
    return text if all(text.split(".")) else text.replace(".", "")


def _is_required(component: dict[str, Any]) -> bool:
    found = component.get("validate")
    return isinstance(found, dict) and found.get("required") is True


__all__ = ["FILES", "LOOKS", "NOTES", "SIMPLE", "Converted", "Problem", "convert", "is_form_js"]
