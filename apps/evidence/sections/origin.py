"""The data of an item as it came: what it is now, with its recorded changes taken back.

The history names personal fields and shows dots for their values, cuts long texts and stops at many
changes; where it does, the result says that it is not exact.
"""

import copy
from collections.abc import Sequence
from typing import Any

from apps.events.models import Event
from apps.lib.json import JsonObject
from apps.lib.schema import MASK
from apps.queues.lifecycle.changes import MAX_CHANGES, MAX_TEXT, payload_changes

PREFIX = "payload."
Change = tuple[list[str], dict[str, Any]]


def as_it_came(payload: Any, edits: Sequence[Event], *, n_changes: int) -> JsonObject:
    """Return `{payload, is_exact}`; `n_changes`: how often the item's data were changed."""
    found, is_exact = payload, len(edits) >= n_changes
    try:
        for event in reversed(edits):
            changes = _changes(event)
            is_exact = is_exact and len(changes) < MAX_CHANGES and not any(map(_is_vague, changes))
            found = _before(found, changes, is_exact=is_exact)
    except (LookupError, TypeError, ValueError):
        return {"payload": None, "is_exact": False}  # a name with a dot in it, say
    return {"payload": found, "is_exact": is_exact}


def _before(after: Any, changes: list[Change], *, is_exact: bool) -> Any:
    """Raises ValueError when these are not the changes that lead from the result to `after`."""
    found = _taken_back(copy.deepcopy(after), changes)
    if is_exact:
        recorded = {PREFIX + ".".join(path) for path, _change in changes}
        if payload_changes(found, after, schema={}).keys() != recorded:
            raise ValueError("the history says something else")
    return found


def _changes(event: Event) -> list[Change]:
    said = event.data["changes"].items()
    return [
        (path.removeprefix(PREFIX).split("."), dict(change))
        for path, change in said
        if path.startswith(PREFIX)
    ]


def _is_vague(change: Change) -> bool:
    before = change[1].get("before")
    return before == MASK or (isinstance(before, str) and len(before) >= MAX_TEXT)


def _taken_back(payload: Any, changes: list[Change]) -> Any:
    """First what was there comes back, in order; then what came goes, the last of a list first.

    Only leaves are recorded: a value in the place of an object says so by one leaf, the object by
    others, above or below it. Those need no taking back of their own.
    """
    changes = sorted(changes, key=lambda change: [_in_order(name) for name in change[0]])
    back = [path for path, change in changes if "before" in change]
    for path, change in changes:
        if "before" in change:
            _put(payload, path, change["before"])
    for path, change in reversed(changes):
        if "before" not in change and not any(_same_branch(path, each) for each in back):
            _drop(payload, path)
    return payload


def _in_order(name: str) -> tuple[int, str]:
    return (int(name), "") if name.isdecimal() else (-1, name)


def _same_branch(one: list[str], other: list[str]) -> bool:
    return all(a == b for a, b in zip(one, other, strict=False))


def _drop(within: Any, path: list[str]) -> None:
    """An object that had nothing in it would be a leaf: one that is empty now was not there."""
    key = int(path[0]) if isinstance(within, list) else path[0]
    if len(path) > 1:
        _drop(within[key], path[1:])
    if len(path) == 1 or within[key] in ({}, []):
        del within[key]


def _put(within: Any, path: list[str], value: Any) -> None:
    for name, following in zip(path, path[1:], strict=False):
        inner = _inner(within, name)
        if not isinstance(inner, dict | list):
            inner = [] if following.isdecimal() else {}
            _set(within, name, inner)
        within = inner
    _set(within, path[-1], value)


def _inner(within: Any, name: str) -> Any:
    if isinstance(within, list):
        return within[int(name)] if int(name) < len(within) else None
    return within.get(name)


def _set(within: Any, name: str, value: Any) -> None:
    if isinstance(within, list) and int(name) >= len(within):
        within.append(value)
    elif isinstance(within, list):
        within[int(name)] = value
    else:
        within[name] = value
