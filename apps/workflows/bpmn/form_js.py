"""Forms drawn with form-js, as JSON Schemas: what people fill in, not how it looks."""

from collections.abc import Callable
from typing import Any, Final

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _

from .parts import Part

LOOKS = frozenset({"text", "html", "image", "separator", "spacer", "button", "documentPreview"})
MAX_DEPTH = 10


def schema_of(form: JsonObject, part: Part) -> JsonObject:
    """Return the schema of a form. What it can't express is reported at `part`."""
    return _object(form.get("components"), part, 0)


def _object(components: Any, part: Part, depth: int) -> JsonObject:
    properties: dict[str, Any] = {}
    required: list[Any] = []
    _collect(components, properties, required, part, depth)
    schema: JsonObject = {"type": "object", "properties": properties}
    return schema | ({"required": required} if required else {})


def _collect(
    components: Any, properties: dict[str, Any], required: list[Any], part: Part, depth: int
) -> None:
    if depth > MAX_DEPTH:
        part.error(_("The form is nested too deep."), _("Make it flatter."))
        return
    for each in components if isinstance(components, list) else []:
        if not isinstance(each, dict) or str(each.get("type")) in LOOKS:
            continue
        key = each.get("key") or each.get("path")
        if each.get("type") == "group" and not key:
            _collect(each.get("components"), properties, required, part, depth + 1)
        elif isinstance(key, str) and key:
            properties[key] = _field(each, part, depth)
            if _validation(each).get("required"):
                required.append(key)


def _field(component: dict[str, Any], part: Part, depth: int) -> JsonObject:
    kind = str(component.get("type"))
    schema: JsonObject = {}
    for source, target in (("label", "title"), ("description", "description")):
        text = component.get(source)
        if isinstance(text, str) and text:
            schema[target] = text
    if "defaultValue" in component:
        schema["default"] = component["defaultValue"]
    if component.get("readonly") is True:
        schema["readOnly"] = True
    schema |= _typed(kind, component, part, depth)
    return schema


def _typed(kind: str, component: dict[str, Any], part: Part, depth: int) -> JsonObject:
    if kind in SIMPLE:
        return SIMPLE[kind](component)
    if kind in ("group", "dynamiclist"):
        inner = _object(component.get("components"), part, depth + 1)
        return inner if kind == "group" else {"type": "array", "items": inner}
    part.warn(
        _("The form's “%(key)s” is a %(kind)s, shown here as JSON.")
        % {"key": component.get("key", ""), "kind": kind[:40]},
        _("Describe the form as a JSON Schema in rpa:form."),
    )
    return {}


def _validation(component: dict[str, Any]) -> dict[str, Any]:
    found = component.get("validate")
    return found if isinstance(found, dict) else {}


def _kept(validation: dict[str, Any], **names: str) -> JsonObject:
    """Return the limits that are numbers, under their names in JSON Schema."""
    found = {target: validation.get(source) for source, target in names.items()}
    return {name: value for name, value in found.items() if type(value) in (int, float)}


def _text(component: dict[str, Any]) -> JsonObject:
    validation = _validation(component)
    schema: JsonObject = {"type": "string"}
    schema |= _kept(validation, minLength="minLength", maxLength="maxLength")
    if isinstance(validation.get("pattern"), str) and validation["pattern"]:
        schema["pattern"] = validation["pattern"]
    if validation.get("validationType") == "email":
        schema["format"] = "email"
    if component["type"] == "textarea":
        schema.setdefault("maxLength", 10_000)
    if validation.get("required"):
        schema.setdefault("minLength", 1)
    return schema


def _number(component: dict[str, Any]) -> JsonObject:
    whole = component.get("decimalDigits") == 0
    schema: JsonObject = {"type": "integer" if whole else "number"}
    return schema | _kept(_validation(component), min="minimum", max="maximum")


def _choice(component: dict[str, Any]) -> JsonObject:
    rows = component.get("values")
    options: list[Any] = [
        {"const": row["value"], "title": str(row.get("label") or row["value"])}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and "value" in row
    ]
    return {"oneOf": options} if options else {"type": "string"}


def _several(component: dict[str, Any]) -> JsonObject:
    return {"type": "array", "uniqueItems": True, "items": _choice(component)}


def _moment(component: dict[str, Any]) -> JsonObject:
    kind = component.get("subtype", "date")
    return {"type": "string", "format": {"datetime": "date-time"}.get(kind, str(kind))}


SIMPLE: Final[dict[str, Callable[[dict[str, Any]], JsonObject]]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": lambda _component: {"type": "boolean"},
    "select": _choice,
    "radio": _choice,
    "checklist": _several,
    "taglist": _several,
    "datetime": _moment,
}
