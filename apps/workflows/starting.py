"""An instance as a person starts it: a form made from what the workflow says that it needs."""

from typing import Any

from django.http import HttpRequest

from apps.lib.json import JsonObject
from apps.lib.schema_forms import SchemaForm
from apps.lib.schema_forms.rows import asks_for_rows, with_rows_changed

from .forms import StartForm, VariablesForm
from .models import WorkflowVersion


class StartEntry:
    """`is_valid()`, then `variables`. With `wants_rows` it is only to be shown again."""

    def __init__(self, version: WorkflowVersion, request: HttpRequest) -> None:
        is_sent = request.method == "POST"
        data = with_rows_changed(request.POST) if is_sent else None
        self.wants_rows = asks_for_rows(request.POST)
        schema = version.input_schema
        self.data = SchemaForm(schema, defaults_of(schema), data=data) if schema else None
        self.about: Any = StartForm(data) if schema else VariablesForm(data)

    def is_valid(self) -> bool:
        is_right = self.data is None or self.data.is_valid()
        return bool(self.about.is_valid()) and is_right

    @property
    def variables(self) -> JsonObject:
        if self.data is not None:
            return self.data.new_payload
        found: JsonObject = self.about.cleaned_data["variables"]
        return found


def defaults_of(schema: JsonObject) -> JsonObject:
    """Return the values that the schema proposes, for the form to begin with."""
    properties = schema.get("properties")
    if not isinstance(properties, dict):
        return {}
    return {
        name: each["default"]
        for name, each in properties.items()
        if isinstance(each, dict) and "default" in each
    }
