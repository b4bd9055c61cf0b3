"""A form made from values, for gates that bring none: pure.

Numbers, dates, texts, lists and objects become fields of their kind; what is null may stay so.
"""

import re
from collections.abc import Iterable
from typing import Any

from apps.lib.json import Json, JsonObject

MAX_DEPTH = 6
LONG_TEXT = 200
WIDE = 2_000

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9.]+)?(Z|[+-][0-9:]{5})")


def made_form(values: JsonObject, paths: Iterable[str] = ()) -> JsonObject:
    """Return a JSON Schema that shows `values`, and the dotted `paths` that are not among them."""
    return with_paths(_schema_of(values, 0), paths)


def with_paths(schema: JsonObject, paths: Iterable[str]) -> JsonObject:
    """Return the schema with a text field for each dotted path that it does not show.

    Whoever must look at a field must see it. Places in lists are left to the list.
    """
    for path in paths:
        schema = _with_path(schema, path.split("."))
    return schema


def _with_path(schema: JsonObject, path: list[str]) -> JsonObject:
    name, *inner = path
    if name.isdigit() or not _is_object(schema):
        return schema
    given = schema.get("properties")
    properties: JsonObject = dict(given) if isinstance(given, dict) else {}
    known = properties.get(name)
    if not inner:
        properties.setdefault(name, {"type": "string", "title": title_of_name(name)})
    elif known is None or isinstance(known, dict):
        start: JsonObject = known or {"type": "object", "title": title_of_name(name)}
        properties[name] = _with_path(start, inner)
    return {**schema, "type": "object", "properties": properties}


def _is_object(schema: JsonObject) -> bool:
    return schema.get("type", "object") == "object" and "$ref" not in schema


def title_of_name(name: str) -> str:
    """Return a name as people write it: `cost_centre` and `costCentre` are “Cost centre”."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ")
    text = " ".join(words.split())
    return text[:1].upper() + (text[1:].lower() if not text.isupper() else text[1:])


def _schema_of(value: Json, depth: int, name: str = "") -> JsonObject:
    schema = _kind_of(value, depth)
    return {"title": title_of_name(name), **schema} if name else schema


def _kind_of(value: Json, depth: int) -> JsonObject:
    if depth > MAX_DEPTH:
        return {}
    if isinstance(value, dict):
        properties: JsonObject = {
            name: _schema_of(inner, depth + 1, name) for name, inner in value.items()
        }
        return {"type": "object", "properties": properties}
    if isinstance(value, list):
        return {"type": "array", "items": _items_of(value, depth + 1)}
    return _plain_kind(value)


def _plain_kind(value: Json) -> JsonObject:
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int | float):
        # somebody may correct 12 to 12.50
        return {"type": "number"}
    if value is None:
        return {"type": ["string", "null"]}
    return _text_kind(str(value))


def _text_kind(text: str) -> JsonObject:
    if _DATE.fullmatch(text):
        return {"type": "string", "format": "date"}
    if _MOMENT.fullmatch(text):
        return {"type": "string", "format": "date-time"}
    if len(text) > LONG_TEXT or "\n" in text:
        return {"type": "string", "maxLength": max(WIDE, 2 * len(text))}
    return {"type": "string"}


def _items_of(values: list[Any], depth: int) -> JsonObject:
    """One schema for all of a list: of objects every name that one of them has."""
    if values and all(isinstance(each, dict) for each in values):
        merged: JsonObject = {}
        for each in values:
            for name, inner in each.items():
                if merged.get(name) is None:
                    merged[name] = inner
        return _schema_of(merged, depth)
    kinds = {str(_plain_kind(each)) for each in values if not isinstance(each, dict | list)}
    is_plain = len(kinds) == 1 and not any(isinstance(each, dict | list) for each in values)
    return _plain_kind(values[0]) if is_plain else {}
