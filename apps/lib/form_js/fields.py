"""The kinds of fields that form-js knows, each as the schema of its value."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Final

import nh3

from apps.lib.json import JsonObject
from apps.lib.texts import gettext as _

MAX_NOTE: Final = 5_000
MAX_LONG_TEXT: Final = 10_000
TIME_PATTERN: Final = r"^([01]\d|2[0-3]):[0-5]\d"
MARKDOWN: Final = (
    (re.compile(r"!?\[([^\]\n]{0,500})\]\([^)\n]{0,1000}\)"), r"\1"),
    (re.compile(r"^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"(\*\*|__|`)"), ""),
)

# texts for people, kept as notes beside the fields
NOTES: Final = frozenset({"text", "html"})
# what only looks; True: what it shows is missed, and that is told
LOOKS: Final[dict[str, bool]] = {
    "button": False,
    "separator": False,
    "spacer": False,
    "image": True,
    "iframe": True,
    "table": True,
    "expression": True,
    "documentPreview": True,
}
FILES: Final = "filepicker"


class Teller(ABC):
    """Hears what can't be converted."""

    @abstractmethod
    def warn(self, key: str, message: str, advice: str = "") -> None: ...


def typed(component: dict[str, Any], teller: Teller) -> JsonObject:
    """Return the schema of the value that a component asks for; {} for a kind nobody knows."""
    kind, key = str(component.get("type")), str(component.get("key") or "")
    if kind == FILES:
        return _files(component)
    if kind not in SIMPLE:
        teller.warn(
            key,
            _("The form's “%(key)s” is a %(kind)s, shown here as JSON.")
            % {"key": key, "kind": kind[:40]},
            _("Describe the form as a JSON Schema in rpa:form."),
        )
        return {}
    _tell_what_is_lost(component, key, teller)
    return SIMPLE[kind](component)


def plain_text(source: Any) -> str:
    """Return Markdown or HTML as plain text: no markup of a form reaches the page."""
    text = source if isinstance(source, str) else ""
    text = nh3.clean(text[: MAX_NOTE * 2], tags=set(), clean_content_tags={"script", "style"})
    for pattern, replacement in MARKDOWN:
        text = pattern.sub(replacement, text)
    for entity, sign in (("&lt;", "<"), ("&gt;", ">"), ("&nbsp;", " "), ("&amp;", "&")):
        text = text.replace(entity, sign)
    lines = [line.strip() for line in text.splitlines()]
    return "\n".join(line for line in lines if line)[:MAX_NOTE]


def _tell_what_is_lost(component: dict[str, Any], key: str, teller: Teller) -> None:
    for name in ("valuesKey", "valuesExpression"):
        if component.get(name) and not component.get("values"):
            teller.warn(
                key,
                _("The choices of “%(key)s” come from data; here it is a free text.")
                % {"key": key},
                _("List the values in the form."),
            )
    if component.get("disallowPassedDates") is True:
        teller.warn(key, _("“%(key)s” takes dates in the past, too.") % {"key": key})
    default = component.get("defaultValue")
    if isinstance(default, str) and default.startswith("="):
        teller.warn(key, _("The first value of “%(key)s” is computed from data.") % {"key": key})


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
    elif validation.get("validationType") == "phone":
        schema["pattern"] = r"^\+?[0-9 ()/.-]{5,30}$"
    if validation.get("validationType") == "email":
        schema["format"] = "email"
    if component["type"] == "textarea":
        schema.setdefault("maxLength", MAX_LONG_TEXT)
        schema["x-multiline"] = True
    if validation.get("required"):
        schema.setdefault("minLength", 1)
    return schema


def _number(component: dict[str, Any]) -> JsonObject:
    if component.get("serializeToString") is True:
        return {"type": "string", "format": "decimal", "pattern": r"^-?\d+(\.\d+)?$"}
    whole = component.get("decimalDigits") == 0
    schema: JsonObject = {"type": "integer" if whole else "number"}
    return schema | _kept(_validation(component), min="minimum", max="maximum")


def _yes_or_no(component: dict[str, Any]) -> JsonObject:
    """A box that must be ticked takes nothing but yes."""
    must = _validation(component).get("required") is True
    return {"type": "boolean", "enum": [True]} if must else {"type": "boolean"}


def _choice(component: dict[str, Any]) -> JsonObject:
    rows = component.get("values")
    options: list[Any] = [
        {"const": row["value"], "title": str(row.get("label") or row["value"])}
        for row in (rows if isinstance(rows, list) else [])
        if isinstance(row, dict) and "value" in row
    ]
    return {"oneOf": options} if options else {"type": "string"}


def _several(component: dict[str, Any]) -> JsonObject:
    schema: JsonObject = {"type": "array", "uniqueItems": True, "items": _choice(component)}
    return schema | ({"minItems": 1} if _validation(component).get("required") else {})


def _moment(component: dict[str, Any]) -> JsonObject:
    kind = component.get("subtype", "date")
    if kind == "time":  # form-js writes it with a zone, or without
        return {"type": "string", "pattern": TIME_PATTERN}
    return {"type": "string", "format": {"datetime": "date-time"}.get(str(kind), "date")}


def _files(component: dict[str, Any]) -> JsonObject:
    one: JsonObject = {"type": "string", "format": "x-file"}
    if isinstance(component.get("accept"), str):
        one["x-accept"] = component["accept"][:500]
    must = _validation(component).get("required") is True
    if component.get("multiple") is True:
        several: JsonObject = {"type": "array", "items": one}
        return {**several, "minItems": 1} if must else several
    return {**one, "minLength": 1} if must else one


SIMPLE: Final[dict[str, Callable[[dict[str, Any]], JsonObject]]] = {
    "textfield": _text,
    "textarea": _text,
    "number": _number,
    "checkbox": _yes_or_no,
    "select": _choice,
    "radio": _choice,
    "checklist": _several,
    "taglist": _several,
    "datetime": _moment,
}
