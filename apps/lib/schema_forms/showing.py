"""Fields that depend on others: which are hidden, and what that means for the data.

A hidden field is neither needed nor sent. One that the data as it was already hid stays as it is.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.lib.json import Json, JsonObject

from .answers import Answer
from .conditions import KEYWORD, Condition, Either, Every, Expression, Not, Test, holds, read
from .nodes import Builder, Group, Leaf, Node, NothingEntered, Row, Rows
from .shapes import MISSING, Kind, Value, _resolved, _without_null, read_shape
from .texts import shown

MAX_ROUNDS = 5
NUMBERS = (Kind.NUMBER, Kind.INTEGER)


def condition_of(node: Node) -> Condition | None:
    raw = node.shape.schema.get(KEYWORD)
    return None if raw is None else read(raw)


def depends(schema: Json) -> bool:
    """Whether anything in the schema is shown only at times."""
    return KEYWORD in json.dumps(schema)


def schema_for(schema: JsonObject, values: JsonObject) -> JsonObject:
    """Return the schema that holds for `values`: what they hide is neither needed nor checked."""
    if not depends(schema):
        return schema
    shape = read_shape({"type": "object", **schema}, root=schema)
    tree = Builder(NothingEntered()).build_root(shape, values)
    answer = Answer(NothingEntered(), {})
    return pruned(schema, hidden_places(answer, answer.payload(tree)))


def hidden_places(answer: Answer, payload: JsonObject) -> list[str]:
    """Return the dotted paths of `payload` that are hidden.

    What is hidden counts as absent for the others, so this goes around until nothing changes.
    """
    conditional = [
        (path, condition)
        for path, node in answer.places.items()
        # a name with a dot in it has no dotted path: it is always shown
        if path and not any("." in part for part in node.path)
        if (condition := condition_of(node)) is not None
    ]
    hidden: list[str] = []
    for _round in range(MAX_ROUNDS):
        sight = _Sight(answer, without(payload, hidden))
        found = [path for path, condition in conditional if not sight.holds(condition, path)]
        if found == hidden:
            break
        hidden = found
    return hidden


def without(payload: JsonObject, paths: list[str]) -> JsonObject:
    """Return a copy that lacks what stands at `paths`."""
    result: Any = payload
    for path in paths:
        result = _removed(result, path.split("."))
    return result if isinstance(result, dict) else payload


def replaced(place: Any, parts: list[str], value: Value) -> Any:
    """Return a copy of `place` with `value` (MISSING: nothing) where `parts` lead."""
    if not parts:
        return value
    first, rest = parts[0], parts[1:]
    if isinstance(place, list) and first.isdigit() and int(first) < len(place):
        changed = replaced(place[int(first)], rest, value)
        return [*place[: int(first)], changed, *place[int(first) + 1 :]]
    if not isinstance(place, dict):
        return place
    inner = replaced(place.get(first, MISSING), rest, value)
    kept = {key: held for key, held in place.items() if key != first or inner is not MISSING}
    return kept if inner is MISSING else {**kept, first: inner}


def _removed(place: Any, parts: list[str]) -> Any:
    return replaced(place, parts, MISSING)


@dataclass
class _Sight:
    """What a field sees: the values beside it, and around it."""

    answer: Answer
    payload: JsonObject

    def holds(self, condition: Condition, path: str) -> bool:
        scopes = list(self._scopes(path))

        def lookup(wanted: tuple[str, ...]) -> Value:
            for names, held in scopes:
                if wanted[0] in names:
                    return _at(held, wanted)
            return MISSING

        def variables() -> dict[str, Any]:
            found: dict[str, Any] = {}
            for names, held in reversed(scopes):
                found |= dict.fromkeys(names) | held
            return found

        return holds(condition, lookup, variables)

    def _scopes(self, path: str) -> Iterator[tuple[set[str], JsonObject]]:
        """Yield the objects around `path`, the nearest first: their names, and what they hold."""
        parts = path.split(".")[:-1]
        while True:
            held = _at(self.payload, tuple(parts))
            node = self.answer.places.get(".".join(parts))
            if isinstance(node, Group):
                values = held if isinstance(held, dict) else {}
                yield {part.path[-1] for part in node.parts()} | values.keys(), values
            if not parts:
                return
            parts = parts[:-1]


def _at(place: Any, path: tuple[str, ...]) -> Value:
    for part in path:
        if isinstance(place, dict):
            place = place.get(part, MISSING)
        elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
            place = place[int(part)]
        else:
            return MISSING
    found: Value = place
    return found


# ---- the schema without what is hidden


def pruned(schema: JsonObject, hidden: list[str]) -> JsonObject:
    """Return the schema in which the fields at `hidden` are not required, and may be anything."""
    if not hidden:
        return schema
    return _pruned(schema, schema, [path.split(".") for path in hidden])


def _pruned(schema: Any, root: JsonObject, hidden: list[list[str]]) -> JsonObject:
    described, is_nullable = _without_null(_resolved(schema, root), root)
    result = dict(described)
    inner: dict[str, list[list[str]]] = {}
    for first, *rest in hidden:
        inner.setdefault(first, []).append(rest)
    if isinstance(result.get("properties"), dict):
        gone = {name for name, rests in inner.items() if [] in rests}
        result["properties"] = {
            name: {} if name in gone else _deeper(each, root, inner.get(name))
            for name, each in result["properties"].items()
        }
        needed = result.get("required")
        if isinstance(needed, list):
            result["required"] = [name for name in needed if name not in gone]
    elif isinstance(result.get("items"), dict):
        last = max((int(index) for index in inner if index.isdigit()), default=-1)
        result["prefixItems"] = [
            _deeper(result["items"], root, inner.get(str(index))) for index in range(last + 1)
        ]
    return {"anyOf": [result, {"type": "null"}]} if is_nullable else result


def _deeper(schema: Any, root: JsonObject, hidden: list[list[str]] | None) -> Any:
    rests = [rest for rest in hidden or [] if rest]
    return _pruned(schema, root, rests) if rests else schema


# ---- the same for browsers: tests of what their controls hold, as data


@dataclass
class Translator:
    """Writes conditions of a tree in terms of its controls."""

    parents: dict[int, Node] = field(default_factory=dict)

    def learn(self, node: Node) -> None:
        for part in _parts(node):
            self.parents[id(part)] = node
            self.learn(part)

    def translate(self, node: Node, condition: Condition) -> Any:
        """Return the condition as JSON; None for what only the server can tell."""
        if isinstance(condition, Expression):
            return None
        elif isinstance(condition, Not):
            inner = self.translate(node, condition.part)
            return None if inner is None else {"not": inner}
        elif isinstance(condition, Every | Either):
            parts = [self.translate(node, part) for part in condition.parts]
            word = "all" if isinstance(condition, Every) else "any"
            return None if None in parts else {word: parts}
        return self._test(node, condition)

    def _test(self, node: Node, test: Test) -> Any:
        leaf = self._find(node, test.path)
        if not isinstance(leaf, Leaf) or not leaf.is_editable:
            return None
        said: dict[str, Any] = {"name": leaf.name}
        if test.operator == "present":
            return said | {"present": True}
        elif test.operator in ("=", "in") and leaf.shape.kind not in NUMBERS:
            wanted = test.value if test.operator == "in" else (test.value,)
            return said | {"texts": [_text(leaf, value) for value in wanted]}
        elif test.operator == "in":
            return {"any": [said | {"op": "=", "value": value} for value in test.value]}
        return said | {"op": test.operator, "value": test.value}

    def _find(self, node: Node, path: tuple[str, ...]) -> Node | None:
        place: Node | None = self.parents.get(id(node))
        while place is not None:
            if isinstance(place, Group) and _part(place, path[0]) is not None:
                return _descend(place, path)
            place = self.parents.get(id(place))
        return None


def _descend(place: Node, path: tuple[str, ...]) -> Node | None:
    found: Node | None = place
    for name in path:
        found = _part(found, name) if isinstance(found, Group) else None
    return found


def _part(group: Group, name: str) -> Node | None:
    return next((part for part in group.parts() if part.path[-1] == name), None)


def _text(leaf: Leaf, value: Any) -> str:
    return shown(leaf.shape, MISSING if value is None else value)


def everything(node: Node, visit: Callable[[Node], None]) -> None:
    """Visit the node and all within it, rows that "add" would add included."""
    visit(node)
    for part in _parts(node):
        everything(part, visit)


def _parts(node: Node) -> list[Node]:
    blank: list[Row] = [node.blank] if isinstance(node, Rows) and node.blank else []
    return [*node.parts(), *blank]
