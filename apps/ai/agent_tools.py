"""The tools that every room has: they look and reckon, and change nothing."""

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.exceptions import BusinessException
from apps.lib.feel import FeelError, compile_expression, from_json, to_json
from apps.lib.json import Json, JsonObject

from .agent.tools import ToolError, ToolUse, tool
from .reading import read_documents

MAX_PIECE = 8_000
MAX_ROWS = 20
TEXT: JsonObject = {"type": "string", "maxLength": 2_000}


@tool(
    "calculate",
    title=gettext_lazy("Calculate"),
    description="Evaluates a FEEL expression, for example: 3 * (12.5 + 7), or"
    ' date("2026-03-31") + duration("P30D"). `values` are names that it may use.',
    schema={
        "type": "object",
        "required": ["expression"],
        "additionalProperties": False,
        "properties": {"expression": TEXT, "values": {"type": "object"}},
    },
    repeatable=True,
)
def calculate(use: ToolUse, arguments: JsonObject) -> Json:
    """FEEL is bounded and reaches nothing but its values: no code of Python is run."""
    given: Any = arguments.get("values") or {}
    values = {name: from_json(value) for name, value in given.items()}
    try:
        found = compile_expression(str(arguments["expression"])).trace(values)
    except FeelError as error:
        raise ToolError(str(error)) from None
    return {"value": to_json(found.value), "warnings": list[Json](found.warnings)}


@tool(
    "read_field",
    title=gettext_lazy("Read a field of the item"),
    description="Returns a field of the item by its dotted path, such as lines.0.amount.",
    schema={
        "type": "object",
        "required": ["path"],
        "additionalProperties": False,
        "properties": {"path": {"type": "string", "maxLength": 300}},
    },
    repeatable=True,
)
def read_field(use: ToolUse, arguments: JsonObject) -> Json:
    value: Any = use.data
    path = str(arguments["path"])
    for part in path.split("."):
        if isinstance(value, dict) and part in value:
            value = value[part]
        elif isinstance(value, list) and part.isdecimal() and int(part) < len(value):
            value = value[int(part)]
        else:
            raise ToolError(_("The item has no field “%s”.") % path)
    found: Json = value
    return found


@tool(
    "read_file",
    title=gettext_lazy("Read a file of the item"),
    description="Returns text of one of the item's files, 8000 characters at a time.",
    schema={
        "type": "object",
        "required": ["name"],
        "additionalProperties": False,
        "properties": {
            "name": {"type": "string", "maxLength": 300},
            "from": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        },
    },
    repeatable=True,
)
def read_file(use: ToolUse, arguments: JsonObject) -> Json:
    try:
        (document,) = read_documents(use.item.files, [str(arguments["name"])])[:1]
    except BusinessException as error:
        raise ToolError(error.message) from None
    start = arguments.get("from") or 0
    assert isinstance(start, int)  # noqa: S101 - the schema says so
    piece = document.text[start : start + MAX_PIECE]
    end = start + len(piece)
    return {"text": piece, "next": end if end < len(document.text) else None}


@tool(
    "look_up",
    title=gettext_lazy("Look up in a table"),
    description="Returns rows of a table whose columns have just these values, 20 at most.",
    schema={
        "type": "object",
        "required": ["table"],
        "additionalProperties": False,
        "properties": {
            "table": {"type": "string", "maxLength": 100},
            "where": {
                "type": "object",
                "additionalProperties": {"type": ["string", "number", "boolean", "null"]},
            },
        },
    },
    repeatable=True,
)
def look_up(use: ToolUse, arguments: JsonObject) -> Json:
    rows = use.tables.get(str(arguments["table"]))
    if not isinstance(rows, list):
        names = ", ".join(sorted(use.tables)) or "–"
        raise ToolError(_("There is no such table. There are: %s") % names)
    where: Any = arguments.get("where") or {}
    found: list[Json] = [
        row
        for row in rows
        if isinstance(row, dict) and all(row.get(name) == value for name, value in where.items())
    ]
    return {"rows": found[:MAX_ROWS], "n_found": len(found)}
