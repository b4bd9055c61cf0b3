"""Recorded changes as people read them: the schema's titles instead of paths."""

from typing import Any

from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.schema_forms import read_shape
from apps.lib.schema_forms.shapes import Shape, humanised

from .models import WorkItem

PAYLOAD = "payload."


def changes_in_words(changes: Any, schema: Any) -> list[Json]:
    """Return `{label, before, after}` for each change that an event recorded.

    Events of items have `{path: {before, after}}`, those of settings a list with label or field.
    """
    if isinstance(changes, list):
        return [_listed(change) for change in changes if isinstance(change, dict)]
    elif not isinstance(changes, dict):
        return []
    return [
        {
            "label": _label(path, schema),
            "before": _say(change.get("before")),
            "after": _say(change.get("after")),
        }
        for path, change in changes.items()
        if isinstance(change, dict)
    ]


def _listed(change: JsonObject) -> Json:
    return {
        "label": change.get("label") or humanised(str(change.get("field") or "")),
        "before": _say(change.get("before")),
        "after": _say(change.get("after")),
    }


def _label(path: str, schema: Any) -> str:
    if not path.startswith(PAYLOAD):
        return _of_item(path)
    described = schema if isinstance(schema, dict) else {}
    shape: Shape | None = read_shape({"type": "object", **described}, root=described)
    titles = []
    for part in path.removeprefix(PAYLOAD).split("."):
        shape, title = _step(shape, part)
        titles.append(title)
    return " › ".join(titles)


def _of_item(name: str) -> str:
    known = {field.name for field in WorkItem._meta.get_fields()}
    if name not in known:
        return humanised(name)
    title = getattr(WorkItem._meta.get_field(name), "verbose_name", name)
    return humanised(str(title))


def _step(shape: Shape | None, part: str) -> tuple[Shape | None, str]:
    """Go down to the part of a value; without a schema for it, its name will do."""
    if part.isdigit():
        return (shape.item() if shape else None), str(int(part) + 1)
    child = dict(shape.children()).get(part) if shape else None
    return child, child.title if child else humanised(part)


def _say(value: Json) -> str:
    if value is None:
        return ""
    elif isinstance(value, bool):
        return _("yes") if value else _("no")
    else:
        return str(value)
