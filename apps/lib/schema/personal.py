"""Fields marked `x-personal` in a schema: where they are, and data with them masked."""

from collections.abc import Iterator
from typing import Any

from apps.lib.json import Json, JsonObject

from .structure import Schema, follow, in_place, subschemas

MASK = "•••"
MARK = "x-personal"
MAX_STEPS = 5_000


def personal_paths(schema: Any) -> list[str]:
    """Return the dotted paths of personal fields, `*` for any entry: `contacts.*.phone`."""
    return sorted(set(_Search(schema).paths(schema, "", frozenset())))


def mask(payload: JsonObject, schema: Any) -> JsonObject:
    """Return `payload` with the value of each personal field replaced by dots.

    What is inside a personal field goes with it. With alternatives (anyOf, if…) a field is
    personal when any of them says so.
    """
    if not isinstance(schema, dict) or not _mentions(schema):
        return payload
    masked = _masked(payload, [schema], schema)
    return masked if isinstance(masked, dict) else {}


def unmask(values: JsonObject, payload: JsonObject, schema: Any) -> JsonObject:
    """Return `values` with each mask that was sent back replaced by what `payload` has there."""
    restored = _restored(values, payload, mask(payload, schema))
    return restored if isinstance(restored, dict) else values


def _restored(value: Json, original: Json, hidden: Json) -> Json:
    if value == MASK and hidden == MASK:
        return original
    if isinstance(value, dict) and isinstance(original, dict) and isinstance(hidden, dict):
        return {
            name: _restored(inner, original.get(name), hidden.get(name))
            for name, inner in value.items()
        }
    if isinstance(value, list) and isinstance(original, list) and isinstance(hidden, list):
        known = list(zip(original, hidden, strict=True))
        known += [(None, None)] * (len(value) - len(known))
        return [_restored(inner, *pair) for inner, pair in zip(value, known, strict=False)]
    return value


def _mentions(schema: Schema) -> bool:
    if isinstance(schema, bool):
        return False
    return bool(schema.get(MARK)) or any(_mentions(inner) for _, inner in subschemas(schema))


def _masked(value: Json, schemas: list[Schema], root: Schema) -> Json:
    judges = _judges(schemas, root)
    if any(judge.get(MARK) is True for judge in judges):
        return value if value is None else MASK
    if isinstance(value, dict):
        return {
            name: _masked(inner, _for_name(name, judges), root) for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, _for_index(i, judges), root) for i, inner in enumerate(value)]
    return value


def _judges(schemas: list[Schema], root: Schema) -> list[dict[str, Any]]:
    """Return all schemas that judge the value that `schemas` judge, references followed."""
    found: dict[int, dict[str, Any]] = {}
    waiting = list(schemas)
    while waiting:
        schema = waiting.pop()
        if isinstance(schema, dict) and id(schema) not in found:
            found[id(schema)] = schema
            waiting.extend(in_place(schema))
            if "$ref" in schema:
                waiting.append(follow(root, schema["$ref"]))
    return list(found.values())


def _for_name(name: str, judges: list[dict[str, Any]]) -> list[Schema]:
    found: list[Schema] = []
    for judge in judges:
        named = judge.get("properties", {})
        if name in named:
            found.append(named[name])
        else:
            found.extend(judge.get("patternProperties", {}).values())
            found.extend(judge.get(key, True) for key in _REST_OF_OBJECT)
    return found


def _for_index(index: int, judges: list[dict[str, Any]]) -> list[Schema]:
    found: list[Schema] = []
    for judge in judges:
        first = judge.get("prefixItems", [])
        if index < len(first):
            found.append(first[index])
        else:
            found.extend(judge.get(key, True) for key in _REST_OF_ARRAY)
    return found


_REST_OF_OBJECT = ("additionalProperties", "unevaluatedProperties")
_REST_OF_ARRAY = ("items", "unevaluatedItems", "contains")


class _Search:
    """Walks a schema, which may refer to itself, without going round or growing without bound."""

    def __init__(self, root: Schema) -> None:
        self.root = root
        self.steps_left = MAX_STEPS

    def paths(self, schema: Schema, path: str, above: frozenset[int]) -> Iterator[str]:
        self.steps_left -= 1
        judges = _judges([schema], self.root)
        if self.steps_left < 0 or any(id(judge) in above for judge in judges):
            return
        deeper = above | {id(judge) for judge in judges}
        for judge in judges:
            if judge.get(MARK) is True:
                yield path
                continue
            for name, inner in _parts(judge):
                yield from self.paths(inner, f"{path}.{name}" if path else name, deeper)


def _parts(schema: dict[str, Any]) -> Iterator[tuple[str, Schema]]:
    yield from schema.get("properties", {}).items()
    for key in (*_REST_OF_OBJECT, *_REST_OF_ARRAY):
        if isinstance(inner := schema.get(key), dict):
            yield "*", inner
    for inner in (*schema.get("patternProperties", {}).values(), *schema.get("prefixItems", [])):
        yield "*", inner
