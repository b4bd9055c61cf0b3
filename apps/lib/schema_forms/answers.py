"""What a person sent back, as data again: laid over the data as it was."""

from dataclasses import dataclass, field

from apps.lib.json import Json, JsonObject

from .nodes import Entered, Group, Leaf, Node, Row, Rows
from .shapes import MISSING, Kind, Value


@dataclass
class Answer:
    """The new data, and which part of the form each of its places came from."""

    entered: Entered
    values: dict[str, Value]  # of the controls that could be read, by name
    places: dict[str, Node] = field(default_factory=dict)

    def payload(self, root: Group) -> JsonObject:
        value = self._of(root, ())
        return value if isinstance(value, dict) else {}

    def node_at(self, path: str) -> Node | None:
        """Return what stands for the dotted `path` of the new data, or the nearest above it."""
        while path not in self.places:
            if not path:
                return None
            path = path.rpartition(".")[0]
        return self.places[path]

    def _of(self, node: Node, path: tuple[str, ...]) -> Value:
        self.places.setdefault(".".join(path), node)
        if isinstance(node, Leaf):
            return self.values.get(node.name, node.base)
        elif isinstance(node, Group):
            return self._of_group(node, path)
        elif isinstance(node, Rows):
            return self._of_rows(node, path)
        else:
            return node.base

    def _of_group(self, group: Group, path: tuple[str, ...]) -> Value:
        found: dict[str, Value] = {}
        said = isinstance(group.base, dict) or group.shape.is_required
        for node in group.parts():
            key = node.path[-1]
            found[key] = self._of(node, (*path, key))
            said = said or not _says_nothing(node, found[key])
        if not said and path:
            return group.base
        held = dict(group.base) if isinstance(group.base, dict) else {}
        return _merged(held, found)

    def _of_rows(self, rows: Rows, path: tuple[str, ...]) -> Value:
        if rows.marker not in self.entered:
            for index, row in enumerate(rows.rows):
                self._of_row(row, (*path, str(index)))
            return rows.base
        found: list[Json] = []
        for row in rows.rows:
            value = self._of_row(row, (*path, str(len(found))))
            if value is not MISSING:
                found.append(value)
        return found if found or isinstance(rows.base, list) else rows.base

    def _of_row(self, row: Row, path: tuple[str, ...]) -> Value:
        """Return the element; MISSING for a new row that was left empty."""
        assert row.value is not None
        value = self._of(row.value, path)
        if row.is_new and _says_nothing(row.value, value):
            return MISSING
        return value


def _says_nothing(node: Node, value: Value) -> bool:
    """Whether `value` is what an untouched part of the form says where there was nothing."""
    if node.base is not MISSING:
        return False
    elif value is MISSING or (value is None and node.shape.is_nullable):
        return True
    elif isinstance(node, Group):
        held = value if isinstance(value, dict) else {}
        return all(_says_nothing(part, held.get(part.path[-1], MISSING)) for part in node.parts())
    else:
        return value is False and node.shape.kind is Kind.BOOLEAN


def _merged(held: JsonObject, found: dict[str, Value]) -> JsonObject:
    for key, value in found.items():
        if value is MISSING:
            held.pop(key, None)
        else:
            held[key] = value
    return held
