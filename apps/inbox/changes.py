"""Before and after, field by field, with the titles of the schema and personal values masked."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK
from apps.lib.schema_forms.personal import masked
from apps.lib.schema_forms.shapes import MISSING, Kind, Shape, Value, humanised, read_shape

MAX_CHANGES = 200
MAX_TEXT = 500


def changes_between(before: JsonObject, after: JsonObject, schema: JsonObject) -> list[JsonObject]:
    """Return `{path, label, before, after}` of each value that differs, at most MAX_CHANGES.

    A personal value that changed shows as dots on both sides.
    """
    root = read_shape({"type": "object", **schema}, root=schema)
    shown_before, shown_after = masked(before, schema), masked(after, schema)
    found: list[JsonObject] = []
    for path, labels in _differing(before, after, root, (), ()):
        if len(found) == MAX_CHANGES:
            break
        found.append(
            {
                "path": ".".join(path),
                "label": " › ".join(labels) or _("Data"),
                "before": _said(_at(shown_before, path)),
                "after": _said(_at(shown_after, path)),
            }
        )
    return found


def _differing(
    before: Value, after: Value, shape: Shape, path: tuple[str, ...], labels: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    if same_json(before, after):
        return
    if isinstance(before, dict) and isinstance(after, dict):
        named = dict(shape.children()) if shape.kind is Kind.OBJECT else {}
        for key in [*named, *sorted((before.keys() | after.keys()) - named.keys())]:
            inner = named.get(key) or shape.unnamed(key, None)
            title = inner.title or humanised(key)
            yield from _differing(
                before.get(key, MISSING),
                after.get(key, MISSING),
                inner,
                (*path, key),
                (*labels, title),
            )
    elif isinstance(before, list) and isinstance(after, list):
        for index in range(max(len(before), len(after))):
            yield from _differing(
                before[index] if index < len(before) else MISSING,
                after[index] if index < len(after) else MISSING,
                shape.item(),
                (*path, str(index)),
                (*labels, str(index + 1)),
            )
    else:
        yield path, labels


def same_json(before: Value, after: Value) -> bool:
    """Whether both are the same JSON; unlike Python's, 1 and true differ."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    elif isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(
            same_json(value, after[key]) for key, value in before.items()
        )
    elif isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(same_json, before, after))
    return before == after


def _at(value: Value, path: tuple[str, ...]) -> Value:
    for part in path:
        if value == MASK:
            return value
        elif isinstance(value, dict):
            value = value.get(part, MISSING)
        elif isinstance(value, list) and int(part) < len(value):
            value = value[int(part)]
        else:
            return MISSING
    return value


def _said(value: Value) -> Json:
    """Return the value as a short text for people; None where there is nothing."""
    if value is MISSING or value is None:
        return None
    elif isinstance(value, bool):
        return _("Yes") if value else _("No")
    elif isinstance(value, dict):
        text = ", ".join(f"{key}: {_said(inner)}" for key, inner in value.items())
    elif isinstance(value, list):
        text = ", ".join(str(_said(inner)) for inner in value)
    else:
        text = str(value)
    return text if len(text) <= MAX_TEXT else text[:MAX_TEXT] + "…"
