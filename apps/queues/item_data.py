"""The data of an item as people read it: what matters first, lists as small tables.

The order is the schema's (`x-order`); what it does not name comes last. Nothing here hides what is
personal: hand in the masked data.
"""

import json
from dataclasses import dataclass, field
from typing import Any

from django.utils import formats, timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.schema_forms import read_shape
from apps.lib.schema_forms.shapes import Kind, Shape

MAX_FIGURES = 12  # more than that is folded away
MAX_ROWS = 50
MAX_COLUMNS = 9
MAX_TEXT = 2_000
NUMBERS = (Kind.NUMBER, Kind.INTEGER)

Pair = tuple[str, str]


@dataclass(frozen=True)
class Column:
    title: str
    is_number: bool


@dataclass(frozen=True)
class Table:
    """A list of objects, one a row."""

    title: str
    columns: list[Column]
    rows: list[list[tuple[str, bool]]]  # text, and whether it is a number
    n_hidden: int


@dataclass(frozen=True)
class Group:
    """An object within the data."""

    title: str
    pairs: list[Pair]


@dataclass(frozen=True)
class DataView:
    figures: list[Pair] = field(default_factory=list)
    more: list[Pair] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)


def view_of(payload: Json, schema: Any) -> DataView:
    """Return `payload` sorted into figures, the less important ones, objects and tables."""
    if not isinstance(payload, dict):
        return DataView(figures=[(_("Data"), _pretty(payload))])
    figures: list[Pair] = []
    groups: list[Group] = []
    tables: list[Table] = []
    for name, shape in _parts(_root(schema), payload):
        value = payload[name]
        if _is_table(value):
            tables.append(_table(shape, value))
        elif isinstance(value, dict) and value:
            groups.append(Group(shape.title, _pairs(shape, value)))
        else:
            figures.append((shape.title, _say(shape, value)))
    return DataView(figures[:MAX_FIGURES], figures[MAX_FIGURES:], groups, tables)


def _root(schema: Any) -> Shape:
    described = schema if isinstance(schema, dict) else {}
    return read_shape({"type": "object", **described}, root=described)


def _parts(shape: Shape, value: JsonObject) -> list[tuple[str, Shape]]:
    """Return the parts that `value` has, in the order of the schema."""
    named = [(name, child) for name, child in shape.children() if name in value]
    known = {name for name, _child in named}
    return [
        *named,
        *((name, shape.unnamed(name, value[name])) for name in value if name not in known),
    ]


def _pairs(shape: Shape, value: JsonObject) -> list[Pair]:
    return [(child.title, _say(child, value[name])) for name, child in _parts(shape, value)]


def _is_table(value: Json) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, dict) for row in value)


def _table(shape: Shape, rows: Any) -> Table:
    shown: list[JsonObject] = rows[:MAX_ROWS]
    together: JsonObject = {name: value for row in shown for name, value in row.items()}
    columns = _parts(shape.item(), together)[:MAX_COLUMNS]
    heads = [Column(child.title, _is_number(child)) for _name, child in columns]
    cells = [
        [(_say(child, row.get(name)), _is_number(child)) for name, child in columns]
        for row in shown
    ]
    return Table(shape.title, heads, cells, len(rows) - len(shown))


def _is_number(shape: Shape) -> bool:
    return shape.kind in NUMBERS or shape.schema.get("format") == "decimal"


def _say(shape: Shape, value: Json) -> str:
    if value is None or value in ("", [], {}):
        return "–"
    elif isinstance(value, bool):
        return _("yes") if value else _("no")
    elif shape.kind is Kind.CHOICE:
        return next((label for choice, label in shape.choices if choice == value), str(value))
    elif isinstance(value, list) and not any(isinstance(each, dict | list) for each in value):
        return _cut(", ".join(str(each) for each in value))
    elif isinstance(value, dict | list):
        return _cut(_pretty(value))
    else:
        return _moment(value) if shape.kind is Kind.DATE_TIME else _cut(str(value))


def _moment(value: Any) -> str:
    """Return a date and time in the reader's zone; what is none stays as it is."""
    try:
        moment = parse_datetime(str(value))
    except ValueError:
        moment = None
    if moment is None or timezone.is_naive(moment):
        return str(value)
    return formats.date_format(timezone.localtime(moment), "Y-m-d H:i:s")


def _cut(text: str) -> str:
    return text if len(text) <= MAX_TEXT else f"{text[:MAX_TEXT]}…"


def _pretty(value: Json) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
