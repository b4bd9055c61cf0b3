"""What a trigger hands over, as people write it: a line for each value, or JSON."""

from typing import Any

import orjson
from django import forms
from django.utils.translation import gettext as _

from apps.lib.json import Json
from apps.queues.forms import JsonField


class DataField(JsonField):
    """Lines as in `total = 12.5`, or a JSON object; shown as lines where these say it all."""

    def prepare_value(self, value: Any) -> Any:
        lines = as_lines(value)
        return super().prepare_value(value) if lines is None else lines

    def to_python(self, value: Any) -> Any:
        text = str(value or "").strip()
        if not text or text.startswith(("{", "[", '"')):
            return super().to_python(text)
        return from_lines(text)


class ItemsField(DataField):
    """Lines for the one item that is added, or a JSON list of items."""

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, list) and len(value) == 1 and isinstance(value[0], dict):
            lines = as_lines(value[0].get("payload")) if set(value[0]) == {"payload"} else None
            if lines:
                return lines
        return super().prepare_value(value)

    def to_python(self, value: Any) -> Any:
        found = super().to_python(value)
        is_lines = isinstance(found, dict) and not str(value).strip().startswith("{")
        return [{"payload": found}] if is_lines else found


def from_lines(text: str) -> dict[str, Json]:
    """Return the values that the lines say. Raises ValidationError for a line that says none."""
    found: dict[str, Json] = {}
    for line in filter(None, (each.strip() for each in text.splitlines())):
        name, equals, value = line.partition("=")
        if not equals or not name.strip():
            words = {"line": line[:60]}
            raise forms.ValidationError(_("Write “%(line)s” as name = value.") % words)
        found[name.strip()] = _value(value.strip())
    return found


def as_lines(value: Any) -> str | None:
    """Return an object as lines; None where lines can't say it."""
    if not isinstance(value, dict):
        return None
    lines = [_line(name, each) for name, each in value.items()]
    return None if None in lines else "\n".join(filter(None, lines))


def _line(name: str, value: Any) -> str | None:
    if "=" in name or name != name.strip() or not name.isprintable() or not name:
        return None
    if not name[0].isalnum() and name[0] != "_":  # would be taken for JSON
        return None
    if isinstance(value, str):
        is_plain = value.isprintable() and value == value.strip() and _value(value) == value
        return f"{name} = {value if is_plain else orjson.dumps(value).decode()}"
    if value is None or isinstance(value, bool | int | float):
        return f"{name} = {orjson.dumps(value).decode()}"
    return None


def _value(text: str) -> Json:
    """Return a number, true, false, null or a text in quotes as what it is; all else as text."""
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return found if isinstance(found, str | int | float | bool | None) else text
