"""Tools for tests: one that can't be undone, one that acts, and some that go wrong."""

from apps.ai.agent.tools import ToolError, ToolUse, tool
from apps.lib.json import Json, JsonObject

# what was done in the outside world
payments: list[JsonObject] = []
notes: list[str] = []
PAYMENT = {
    "type": "object",
    "required": ["to", "amount"],
    "additionalProperties": False,
    "properties": {"to": {"type": "string"}, "amount": {"type": "number", "maximum": 1000}},
}


@tool("pay", title="Pay", description="Pays.", schema=PAYMENT, irreversible=True)
def pay(use: ToolUse, arguments: JsonObject) -> Json:
    payments.append(arguments)
    return {"payment": len(payments)}


@tool("note", title="Note", description="Notes.", schema={"type": "object"})
def note(use: ToolUse, arguments: JsonObject) -> Json:
    text = str(arguments.get("text", ""))
    if text == "refuse":
        raise ToolError("The notebook is closed.")
    notes.append(text)
    if text == "break":
        raise RuntimeError("torn page")
    return "noted"


@tool("dangerous", title="D", description="Nobody is given this.", schema={"type": "object"})
def dangerous(use: ToolUse, arguments: JsonObject) -> Json:
    raise AssertionError("a tool was called that the profile does not allow")
