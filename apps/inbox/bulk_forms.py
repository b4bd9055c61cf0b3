"""The form for many tasks at once: only the fields whose value is the same in all of them."""

from collections.abc import Sequence
from typing import Any

from django.http import QueryDict

from apps.lib.json import Json, JsonObject
from apps.lib.schema_forms import SchemaForm

from .changes import same_json
from .forming import schema_of
from .models import UserTask

SIMPLE = {"string", "number", "integer", "boolean"}
MAX_FIELDS = 40


class CommonForm(SchemaForm):
    """`changed` holds the values that were set, by name, after `is_valid()`."""

    # titles of fields whose values differ from task to task: they stay as they are
    differing: list[str]

    @property
    def changed(self) -> JsonObject:
        return {
            name: value
            for name, value in self.new_payload.items()
            if name not in self.payload or not same_json(self.payload[name], value)
        }


def common_form(tasks: Sequence[UserTask], data: QueryDict | None = None) -> CommonForm:
    """Return the form; without fields where the tasks have none in common, or no schema."""
    schema = schema_of(tasks[0]) if tasks else {}
    named = schema.get("properties")
    fields = named if isinstance(named, dict) else {}
    simple: dict[str, Any] = {name: said for name, said in fields.items() if _is_simple(said)}
    same = {name: said for name, said in simple.items() if _is_same(tasks, name)}
    chosen = dict(list(same.items())[:MAX_FIELDS])
    payload: JsonObject = {
        name: tasks[0].values[name] for name in chosen if name in tasks[0].values
    }
    form = CommonForm({"type": "object", "properties": chosen}, payload, data=data)
    form.differing = [
        str(said.get("title") or name) for name, said in simple.items() if name not in same
    ]
    return form


def _is_simple(said: Any) -> bool:
    """Personal values are looked at one by one."""
    if not isinstance(said, dict) or said.get("x-personal") or said.get("readOnly"):
        return False
    kinds = said.get("type")
    listed = kinds if isinstance(kinds, list) else [kinds]
    return bool(SIMPLE & {str(kind) for kind in listed}) or "enum" in said


def _is_same(tasks: Sequence[UserTask], name: str) -> bool:
    first: Json = tasks[0].values.get(name)
    return all(same_json(first, task.values.get(name)) for task in tasks[1:])
