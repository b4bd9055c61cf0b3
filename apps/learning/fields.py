"""Values of a task by dotted path, what its form says of them, and which are personal: pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.lib.json import Json, JsonObject
from apps.lib.schema import check_schema, personal_paths

ANY = "*"
MAX_DEPTH = 6
MAX_LEAVES = 200


# there is no value; null is one
MISSING: Any = object()


def value_at(values: Any, path: str) -> Any:
    """Return the value at a dotted path, MISSING when nothing is there."""
    here = values
    for part in path.split("."):
        if isinstance(here, dict) and part in here:
            here = here[part]
        elif isinstance(here, list) and part.isdecimal() and int(part) < len(here):
            here = here[int(part)]
        else:
            return MISSING
    return here


def schema_at(schema: Any, path: str) -> Mapping[str, Any]:
    """Return what a form says of one value, {} for nothing."""
    here: Any = schema
    for part in path.split("."):
        if not isinstance(here, dict):
            return {}
        properties = here.get("properties")
        if isinstance(properties, dict) and part in properties:
            here = properties[part]
        else:
            here = here.get("items") if part.isdigit() or part == ANY else None
    return here if isinstance(here, dict) else {}


def title_at(schema: Any, path: str) -> str:
    title = schema_at(schema, path).get("title")
    return title if isinstance(title, str) and title else path


class Personal:
    """Which values of a form are personal: neither copied nor learnt from."""

    def __init__(self, schema: JsonObject) -> None:
        mentions = "x-personal" in json.dumps(schema)
        # a schema that can't be used can't say which: if it speaks of any, all are
        self._all = mentions and bool(check_schema(schema))
        paths = personal_paths(schema) if mentions and not self._all else []
        self._marked = [path.split(".") for path in paths]

    def covers(self, path: str) -> bool:
        """Say whether the value, something around it or something in it is personal."""
        parts = path.split(".")
        return self._all or any(_meet(parts, marked) for marked in self._marked)


def leaves(values: JsonObject) -> Iterator[tuple[str, Json]]:
    """Yield the plain values outside of lists, by path; at most MAX_LEAVES of them."""
    for count, found in enumerate(_leaves(values, ())):
        if count == MAX_LEAVES:
            return
        yield found


def _leaves(values: JsonObject, above: tuple[str, ...]) -> Iterator[tuple[str, Json]]:
    for name, value in values.items():
        if "." in name:
            continue  # its path would mean something else
        if isinstance(value, dict) and len(above) < MAX_DEPTH:
            yield from _leaves(value, (*above, name))
        elif not isinstance(value, (dict, list)):
            yield ".".join((*above, name)), value


def _meet(parts: Sequence[str], marked: Sequence[str]) -> bool:
    return all(
        part == mark or ANY in (part, mark) for part, mark in zip(parts, marked, strict=False)
    )
