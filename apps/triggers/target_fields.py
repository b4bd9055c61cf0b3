"""What a trigger starts, between its JSON and the fields that people edit."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from apps.lib.json import Json, JsonObject

# by the type of a target: what it calls it → the field where people see it
FIELD_OF_TARGET: Final[Mapping[str, Mapping[str, str]]] = {
    "workflow": {"type": "target", "key": "workflow", "version": "workflow_version"},
    "run": {"type": "target"},
    "items": {"type": "target"},
    "task": {
        "type": "target",
        "title": "task_title",
        "message": "task_message",
        "team": "task_team",
        "assignee": "task_assignee",
    },
    "alert": {
        "type": "target",
        "title": "alert_title",
        "message": "alert_message",
        "to": "alert_to",
    },
}


def target_from(said: Mapping[str, Any]) -> JsonObject:
    """Return the JSON of what was entered: only what its type uses."""
    kind = said["target"]
    parts: dict[str, Callable[[Mapping[str, Any]], JsonObject]] = {
        "workflow": _workflow,
        "run": lambda said: {"automation": said["automation"], "input": said["input"] or {}},
        "items": lambda said: {"queue": said["queue"], "items": said["items"] or []},
        "task": _task,
        "alert": _alert,
    }
    return {"type": kind, **parts[kind](said)}


def fields_of_target(target: JsonObject) -> dict[str, Any]:
    """Return the fields that show `target`."""
    found = {
        "target": target.get("type"),
        "workflow": target.get("key"),
        "workflow_version": target.get("version"),
        "variables": target.get("variables"),
        "automation": target.get("automation"),
        "input": target.get("input"),
        "queue": target.get("queue"),
        "items": target.get("items"),
    }
    named = FIELD_OF_TARGET.get(str(target.get("type")), {})
    return found | {field: target.get(name) for name, field in named.items()}


def unchanged(
    stored: Json, new: JsonObject, fields: Callable[[JsonObject], dict[str, Any]]
) -> JsonObject:
    """Return what is stored where the fields say the same: programs may have said it otherwise."""
    if not isinstance(stored, dict) or not stored:
        return new
    before, after = (
        {name: value for name, value in fields(each).items() if value} for each in (stored, new)
    )
    return stored if before == after else new


def _workflow(said: Mapping[str, Any]) -> JsonObject:
    found: JsonObject = {"key": said["workflow"]}
    if said["workflow_version"]:
        found["version"] = said["workflow_version"]
    return found | {"variables": said["variables"] or {}}


def _task(said: Mapping[str, Any]) -> JsonObject:
    """To one person where one is named, else to a team."""
    found: JsonObject = {"title": said["task_title"], "message": said["task_message"]}
    if said["task_assignee"]:
        found["assignee"] = said["task_assignee"]
    elif said["task_team"]:
        found["team"] = said["task_team"]
    return found


def _alert(said: Mapping[str, Any]) -> JsonObject:
    to = said["alert_to"] or "owner"
    return {"title": said["alert_title"], "message": said["alert_message"], "to": to}
