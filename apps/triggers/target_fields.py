"""What a trigger starts, between its JSON and the fields that people edit."""

from collections.abc import Callable
from typing import Any

from apps.lib.json import Json, JsonObject


def target_from(said: dict[str, Any]) -> JsonObject:
    kind = said["target"]
    if kind == "run":
        return {"type": kind, "automation": said["automation"], "input": said["input"] or {}}
    if kind == "items":
        return {"type": kind, "queue": said["queue"], "items": said["items"] or []}
    found: JsonObject = {"type": kind, "key": said["workflow"]}
    if said["workflow_version"]:
        found["version"] = said["workflow_version"]
    return found | {"variables": said["variables"] or {}}


def fields_of_target(target: JsonObject) -> dict[str, Any]:
    return {
        "target": target.get("type"),
        "workflow": target.get("key"),
        "workflow_version": target.get("version"),
        "variables": target.get("variables"),
        "automation": target.get("automation"),
        "input": target.get("input"),
        "queue": target.get("queue"),
        "items": target.get("items"),
    }


def unchanged(
    stored: Json, new: JsonObject, fields: Callable[[JsonObject], dict[str, Any]]
) -> JsonObject:
    """Return what is stored where the fields say the same: programs may have said it otherwise."""
    if not isinstance(stored, dict):
        return new
    before, after = (
        {name: value for name, value in fields(each).items() if value} for each in (stored, new)
    )
    return stored if before == after else new
