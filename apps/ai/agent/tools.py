"""Tools that agents may use: Python functions, registered by name like automations.

    @tool(
        "send_reminder",
        title=_("Send a reminder"),
        description="Sends the customer a reminder by e-mail.",
        schema={"type": "object", "required": ["to"], "properties": {"to": {"type": "string"}}},
        irreversible=True,
    )
    def send_reminder(use: ToolUse, arguments: JsonObject) -> Json: ...

They stand in the module `agent_tools` of an installed app. A profile names those that its agents
may use; what a tool does is code that you trust, what comes out of it is data that nobody trusts.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from django.utils.translation import gettext as _

from apps.ai.exceptions import UnknownToolError
from apps.bots.registry import ItemContext
from apps.lib.json import Json, JsonObject
from apps.lib.schema import require_schema

NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_-]{0,63}")  # what the protocol takes
FINISH = "finish"


class ToolError(Exception):
    """The tool did nothing, and the agent may read why and try something else."""


@dataclass(frozen=True, kw_only=True)
class ToolUse:
    """What a tool gets besides its arguments."""

    item: ItemContext
    folder_id: int
    # the item's data without settings
    data: JsonObject
    tables: Mapping[str, Any] = field(default_factory=dict)


ToolFunction: TypeAlias = Callable[[ToolUse, JsonObject], Json]


@dataclass(frozen=True, kw_only=True)
class Tool:
    """`irreversible`: a person approves each call first. `repeatable`: doing it twice does no
    harm, so that it needs no entry in the ledger of effects: it only looks."""

    name: str
    title: Any  # a lazy translation is as good as a str
    description: str  # for the model
    schema: JsonObject
    function: ToolFunction
    irreversible: bool = False
    repeatable: bool = False


_tools: dict[str, Tool] = {}


def tool(
    name: str,
    *,
    title: Any,
    description: str,
    schema: JsonObject,
    irreversible: bool = False,
    repeatable: bool = False,
) -> Callable[[ToolFunction], ToolFunction]:
    """Register the decorated function as the tool `name`."""
    if not NAME.fullmatch(name) or name == FINISH:
        raise ValueError(f"{name!r} can't be the name of a tool.")
    if irreversible and repeatable:
        raise ValueError(f"{name}: what can't be undone can't be repeated without harm.")
    require_schema(schema, at=name)

    def register(function: ToolFunction) -> ToolFunction:
        known = _tools.get(name)
        if known and known.function.__qualname__ != function.__qualname__:
            raise ValueError(f"Two tools are called {name!r}; rename one of them.")
        _tools[name] = Tool(
            name=name,
            title=title,
            description=description,
            schema=schema,
            function=function,
            irreversible=irreversible,
            repeatable=repeatable,
        )
        return function

    return register


def registered_tools() -> list[Tool]:
    return sorted(_tools.values(), key=lambda each: each.name)


def find_tool(name: str) -> Tool:
    """Return the tool. Raises UnknownToolError."""
    try:
        return _tools[name]
    except KeyError:
        raise UnknownToolError(
            _("No tool “%(name)s” is installed on this machine.") % {"name": name}
        ) from None
