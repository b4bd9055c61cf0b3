"""What a JSON Schema means to a person: the shape of one value, and whether a form can show it.

Schemas come from strangers. Whatever is not understood here becomes the shape JSON, a text area
with the value as it is; `check_payload` has the last word on what is valid.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, TypeAlias

from django.utils.translation import gettext as _

from apps.lib.json import Json

MAX_DEPTH = 6
MAX_CHOICES = 500
MAX_TITLE = 200
MAX_NOTE = 5_000
MULTILINE_FROM = 1_001  # characters; a longer text gets several lines
MAX_REFERENCES = 20


class Missing(Enum):
    """The value of a name that an object does not have; not the same as null."""

    TOKEN = 0


MISSING: Final = Missing.TOKEN
Value: TypeAlias = "Json | Missing"


class Kind(Enum):
    """How a value is shown."""

    TEXT = "text"
    NUMBER = "number"
    INTEGER = "integer"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    DATE = "date"
    DATE_TIME = "date-time"
    EMAIL = "email"
    URI = "uri"
    FILE = "file"
    CONSTANT = "constant"
    JSON = "json"
    OBJECT = "object"
    ARRAY = "array"


BY_FORMAT = {
    "date": Kind.DATE,
    "date-time": Kind.DATE_TIME,
    "email": Kind.EMAIL,
    "idn-email": Kind.EMAIL,
    "uri": Kind.URI,
    "x-file": Kind.FILE,
}
BY_TYPE = {
    "string": Kind.TEXT,
    "number": Kind.NUMBER,
    "integer": Kind.INTEGER,
    "boolean": Kind.BOOLEAN,
    "object": Kind.OBJECT,
    "array": Kind.ARRAY,
}


@dataclass(frozen=True)
class Shape:
    """One value as a form sees it."""

    kind: Kind
    title: str
    help: str = ""
    note: str = ""  # to be read before the field
    section: str = ""  # of the form; fields of one section stand together
    is_required: bool = False
    is_nullable: bool = False
    is_personal: bool = False
    is_read_only: bool = False
    is_multiline: bool = False
    choices: tuple[tuple[Json, str], ...] = ()
    schema: dict[str, Any] = field(default_factory=dict)
    root: dict[str, Any] = field(default_factory=dict)

    @property
    def constant(self) -> Json:
        return self.schema.get("const")

    def children(self) -> Iterator[tuple[str, "Shape"]]:
        """Yield name and shape of each property, in the order a person should see them."""
        properties = _dict(self.schema.get("properties"))
        required = _names(self.schema.get("required"))
        for name in sorted(properties, key=lambda name: _rank(name, properties[name], required)):
            yield name, self._child(properties[name], name, is_required=name in required)

    def unnamed(self, name: str, value: Json) -> "Shape":
        """Return the shape of a property that the schema does not name."""
        described = self.schema.get("additionalProperties")
        return self._child(described if isinstance(described, dict) else {}, name).filled(value)

    def item(self) -> "Shape":
        child = self._child(self.schema.get("items"), "")
        return child if child.title else replace(child, title=self.title)

    def filled(self, value: Value) -> "Shape":
        """Return the shape to show `value` with: its own where the schema left the type open,
        and JSON when the value is not of the kind that the schema asks for."""
        shape = self
        if shape.kind is Kind.JSON and not shape.schema.keys() & SHAPING and not shape.is_nullable:
            shape = replace(shape, kind=_kind_of(value), is_nullable=value is None)
        return shape if _can_show(shape, value) else replace(shape, kind=Kind.JSON)

    def _child(self, schema: Any, name: str, *, is_required: bool = False) -> "Shape":
        child = read_shape(schema, root=self.root, name=name, is_required=is_required)
        return replace(
            child,
            is_personal=child.is_personal or self.is_personal,
            is_read_only=child.is_read_only or self.is_read_only,
        )


# keywords that say what a value is; without any of them the value itself is asked
SHAPING = {"type", "anyOf", "oneOf", "allOf", "not", "if", "$ref", "$dynamicRef", "enum", "const"}


def read_shape(
    schema: Any, *, root: dict[str, Any], name: str = "", is_required: bool = False
) -> Shape:
    """Return the shape of `schema`, a part of the document `root`. Never raises."""
    described, is_nullable = _without_null(_resolved(schema, root), root)
    choices = _choices(described)
    shape = Shape(
        kind=_kind(described, choices),
        title=_title(described, name),
        help=_text(described.get("x-help")) or _text(described.get("description")),
        note=_text(described.get("x-note"))[:MAX_NOTE],
        section=_text(described.get("x-section"))[:MAX_TITLE],
        is_required=is_required,
        is_nullable=is_nullable,
        is_personal=described.get("x-personal") is True,
        is_read_only=described.get("readOnly") is True or "const" in described,
        is_multiline=_is_multiline(described),
        choices=choices,
        schema=described,
        root=root,
    )
    if shape.kind is Kind.JSON and _holds_personal(described, root):
        shape = replace(shape, is_personal=True)
    return shape


def _resolved(schema: Any, root: dict[str, Any]) -> dict[str, Any]:
    """Follow `$ref` within the document; {} for what can't be followed."""
    found = _dict(schema)
    for _hop in range(MAX_REFERENCES):
        reference = found.get("$ref")
        if not isinstance(reference, str):
            return found
        target = _pointed_at(reference, root)
        if target is None:
            return found
        found = {**target, **{key: value for key, value in found.items() if key != "$ref"}}
    return {"not": {}}


def _pointed_at(reference: str, root: Any) -> dict[str, Any] | None:
    if reference != "#" and not reference.startswith("#/"):
        return None
    place = root
    for token in reference.split("/")[1:]:
        key = token.replace("~1", "/").replace("~0", "~")
        place = place.get(key) if isinstance(place, dict) else None
    return place if isinstance(place, dict) else None


def _without_null(schema: dict[str, Any], root: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the schema of what is not null, and whether null is allowed beside it."""
    types = schema.get("type")
    if isinstance(types, list) and len(types) == 2 and "null" in types:
        other = next((name for name in types if name != "null"), "null")
        return {**schema, "type": other}, True
    for keyword in ("anyOf", "oneOf"):
        options = schema.get(keyword)
        if isinstance(options, list) and len(options) == 2 and {"type": "null"} in options:
            other = next((option for option in options if option != {"type": "null"}), {})
            rest = {key: value for key, value in schema.items() if key != keyword}
            return {**_resolved(other, root), **rest}, True
    return schema, False


def _kind(schema: dict[str, Any], choices: tuple[tuple[Json, str], ...]) -> Kind:
    if "const" in schema:
        return Kind.CONSTANT
    elif choices:
        return Kind.CHOICE
    declared = schema.get("type")
    if declared is None and isinstance(schema.get("properties"), dict):
        declared = "object"
    elif declared is None and isinstance(schema.get("items"), dict):
        declared = "array"
    kind = BY_TYPE.get(declared, Kind.JSON) if isinstance(declared, str) else Kind.JSON
    if kind is Kind.TEXT and isinstance(schema.get("contentMediaType"), str):
        return Kind.FILE
    elif kind is Kind.TEXT:
        return BY_FORMAT.get(_text(schema.get("format")), Kind.TEXT)
    elif kind is Kind.ARRAY and not _has_even_items(schema):
        return Kind.JSON
    else:
        return kind


def _has_even_items(schema: dict[str, Any]) -> bool:
    return isinstance(schema.get("items"), dict) and "prefixItems" not in schema


def _kind_of(value: Value) -> Kind:
    if isinstance(value, bool):
        return Kind.BOOLEAN
    elif isinstance(value, str) or value in (MISSING, None):
        return Kind.TEXT
    elif isinstance(value, int | float):
        return Kind.NUMBER
    elif isinstance(value, dict):
        return Kind.OBJECT
    elif value and not any(isinstance(inner, dict | list) for inner in value):
        return Kind.ARRAY
    else:
        return Kind.JSON


def _can_show(shape: Shape, value: Value) -> bool:
    if value is MISSING or (value is None and shape.is_nullable):
        return True
    elif shape.kind is Kind.OBJECT:
        return isinstance(value, dict)
    elif shape.kind is Kind.ARRAY:
        return isinstance(value, list)
    elif shape.kind is Kind.BOOLEAN:
        return isinstance(value, bool)
    elif shape.kind in (Kind.JSON, Kind.CONSTANT):
        return True
    else:
        return not isinstance(value, dict | list | bool) or shape.kind is Kind.CHOICE


def _choices(schema: dict[str, Any]) -> tuple[tuple[Json, str], ...]:
    listed = schema.get("enum")
    if isinstance(listed, list):
        found = [(value, _choice_text(value)) for value in listed]
    else:
        options = schema.get("oneOf")
        described = options if isinstance(options, list) else []
        if not all(isinstance(option, dict) and "const" in option for option in described):
            return ()
        found = [
            (option["const"], _text(option.get("title")) or _choice_text(option["const"]))
            for option in described
        ]
    return tuple(found) if len(found) <= MAX_CHOICES else ()


def _choice_text(value: Json) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    return "–" if value is None else str(value)[:MAX_TITLE]


def _holds_personal(schema: Any, root: dict[str, Any], depth: int = 0) -> bool:
    """Say whether anything within `schema` is marked personal; a reference out of reach counts."""
    if isinstance(schema, list):
        return any(_holds_personal(part, root, depth + 1) for part in schema)
    if not isinstance(schema, dict):
        return False
    if schema.get("x-personal") is True or depth > 3 * MAX_DEPTH:
        return True
    target = _resolved(schema, root) if "$ref" in schema else schema
    return any(_holds_personal(part, root, depth + 1) for part in target.values())


def _is_multiline(schema: dict[str, Any]) -> bool:
    longest = schema.get("maxLength")
    is_long = isinstance(longest, int) and longest >= MULTILINE_FROM
    return schema.get("x-multiline", is_long) is True


def _rank(name: str, schema: Any, required: list[str]) -> tuple[Any, int, str]:
    """Order by x-order, then as `required` lists them (stored objects keep no order), then name."""
    place = _dict(schema).get("x-order")
    is_number = isinstance(place, int | float) and not isinstance(place, bool) and place == place
    return (
        place if is_number else float("inf"),
        required.index(name) if name in required else len(required),
        name,
    )


def _title(schema: dict[str, Any], name: str) -> str:
    written = _text(schema.get("title"))
    return (_(written) if written else humanised(name))[:MAX_TITLE]


def humanised(name: str) -> str:
    """Return a property's name as words: `invoiceNumber` and `invoice_number` → Invoice number."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").split()
    if not words:
        return name.strip()
    plain = " ".join(word if word.isupper() else word.lower() for word in words)
    return plain[:1].upper() + plain[1:]


def _names(value: Any) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
