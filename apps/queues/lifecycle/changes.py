"""What an edit changed, field by field, fit for a history that many may read."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from apps.lib.json import Json, JsonObject
from apps.lib.schema import mask
from apps.queues.models import WorkItem

MAX_CHANGES = 200
MAX_TEXT = 1000


def changes_between(item: WorkItem, wanted: Mapping[str, Any]) -> dict[str, JsonObject]:
    """Return `{"payload.total": {"before": 1, "after": 2}, …}` for what differs from `item`.

    Personal fields are named, with dots for their values.
    """
    changes: dict[str, JsonObject] = {}
    for name, value in wanted.items():
        before = getattr(item, name)
        if name == "payload":
            changes |= payload_changes(before, value, schema=item.queue.payload_schema)
        elif before != value:
            changes[name] = {"before": _plain(before), "after": _plain(value)}
    return changes


def payload_changes(before: JsonObject, after: JsonObject, *, schema: Any) -> dict[str, JsonObject]:
    """Return the differing leaves of two payloads by dotted path; absent ones are left out."""
    old, new = dict(_leaves(before)), dict(_leaves(after))
    shown_old, shown_new = dict(_leaves(mask(before, schema))), dict(_leaves(mask(after, schema)))
    differing = [path for path in {**old, **new} if old.get(path, ...) != new.get(path, ...)]
    return {
        f"payload.{path}": {
            **({"before": _shown(shown_old, path)} if path in old else {}),
            **({"after": _shown(shown_new, path)} if path in new else {}),
        }
        for path in differing[:MAX_CHANGES]
    }


def _shown(leaves: Mapping[str, Json], path: str) -> Json:
    """Return what may be shown at `path`; a masked branch has one leaf, further up."""
    while path not in leaves and "." in path:
        path = path.rpartition(".")[0]
    value = leaves.get(path)
    return value[:MAX_TEXT] if isinstance(value, str) else value


def _leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    children: list[tuple[str, Json]] = []
    if isinstance(value, dict):
        children = list(value.items())
    elif isinstance(value, list):
        children = [(str(index), inner) for index, inner in enumerate(value)]
    for name, inner in children:
        yield from _leaves(inner, f"{path}.{name}" if path else name)
    if not children:
        yield path, value


def _plain(value: Any) -> Json:
    if isinstance(value, datetime):
        return value.isoformat()
    plain: Json = value
    return plain
