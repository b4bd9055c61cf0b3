"""The form as a tree: groups, rows and leaves, built from a schema, the data, and what was typed.

Names of controls are paths, `v/lines/3/net`, each part quoted. What a person sends back is laid
over the data as it was: what the form did not show, or the answer does not name, stays as it is.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote

from django.forms import BoundField
from django.utils.translation import gettext as _

from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK

from . import texts
from .shapes import MAX_DEPTH, MISSING, Kind, Shape, Value

if TYPE_CHECKING:
    from .predictions import Prediction

ROOT = "v"
MAX_ROWS = 200
MAX_LEAVES = 1_500  # below what one request may carry, and quick to draw
MAX_EXTRAS = 100
MAX_SHOWN = 50_000  # characters of one value in a form
ROW_KEY = re.compile(r"0|[1-9]\d{0,4}|n[0-9a-z]{1,12}", re.ASCII)


class Entered(Protocol):
    """What was typed: a request's POST, or a draft."""

    def __contains__(self, name: object, /) -> bool: ...
    def get(self, name: str, /) -> str | None: ...
    def getlist(self, name: str, /) -> list[str]: ...


class NothingEntered(dict[str, str]):
    def getlist(self, _name: str) -> list[str]:
        return []


class DraftEntered:
    """A stored draft, {name: [texts]}, read like a request's POST."""

    def __init__(self, stored: Mapping[str, Json]) -> None:
        self._stored = {
            name: [str(text) for text in texts_] if isinstance(texts_, list) else []
            for name, texts_ in stored.items()
        }

    def __contains__(self, name: object, /) -> bool:
        return bool(self._stored.get(str(name)))

    def get(self, name: str, /) -> str | None:
        found = self._stored.get(name)
        return found[-1] if found else None

    def getlist(self, name: str, /) -> list[str]:
        return self._stored.get(name, [])


@dataclass
class Node:
    """A value in the form."""

    name: str
    path: tuple[str, ...]  # in the data as it was
    shape: Shape
    base: Value
    errors: list[str] = field(default_factory=list)
    is_doubtful: bool = False  # the bot named it, or something within
    prediction: "Prediction | None" = None  # what a model read here
    show_if: str = ""  # when it is shown, as JSON for the browser
    is_hidden: bool = False  # by what the other fields say

    @property
    def id(self) -> str:
        return f"f-{self.name}"

    @property
    def template(self) -> str:
        return f"schema_form/{type(self).__name__.lower()}.html"

    def parts(self) -> "list[Node]":
        return []

    def walk(self) -> Iterator["Node"]:
        yield self
        for part in self.parts():
            yield from part.walk()

    @property
    def is_idle(self) -> bool:
        """Whether this is optional, empty, and nobody needs to see it."""
        return False

    @property
    def wants_check(self) -> bool:
        """Whether a model was not sure enough of this very value."""
        return self.prediction is not None and self.prediction.is_doubtful

    @property
    def is_framed(self) -> bool:
        return self.is_doubtful or self.wants_check

    @property
    def needs_look(self) -> bool:
        """Whether this, or something within, is doubtful or has an error."""
        return any(node.is_framed or node.errors for node in self.walk())


@dataclass
class Leaf(Node):
    """One control."""

    text: str = ""  # what the control shows: what was typed, or else the data
    is_masked: bool = False
    is_personal: bool = False
    files: tuple[tuple[str, str], ...] | None = None  # what may be chosen; None: any text
    control: BoundField | None = None  # once there is a form

    @property
    def is_editable(self) -> bool:
        return not self.is_masked and not self.shape.is_read_only

    @property
    def is_wide(self) -> bool:
        return self.shape.kind is Kind.JSON or self.is_multiline

    @property
    def is_multiline(self) -> bool:
        before = texts.shown(self.shape, self.base)
        return self.shape.is_multiline or "\n" in before or "\r" in before

    @property
    def is_idle(self) -> bool:
        return not (self.shape.is_required or self.is_masked or self.text or self.needs_look)


@dataclass
class Frozen(Node):
    """Too large for a form: shown in part, sent back never."""

    is_masked: bool = False

    @property
    def amount(self) -> int:
        return len(self.base) if isinstance(self.base, str | list | dict) else 0

    @property
    def is_list(self) -> bool:
        return isinstance(self.base, list)


@dataclass
class Group(Node):
    """An object: named parts, then those the schema does not name."""

    children: list[Node] = field(default_factory=list)
    extras: list[Node] = field(default_factory=list)

    def parts(self) -> list[Node]:
        return [*self.children, *self.extras]

    def bring_up(self, path: str) -> None:
        """Put the part that holds the dotted `path` first: it is what the person came for."""
        first = path.split(".")[0]
        self.children.sort(key=lambda node: node.path[-1] != first)

    @property
    def sections(self) -> list[tuple[str, list[Node]]]:
        """The children by section, each where its first one stands; [] where there are none."""
        found: dict[str, list[Node]] = {}
        for node in self.children:
            found.setdefault(node.shape.section, []).append(node)
        return list(found.items()) if found.keys() - {""} else []

    @property
    def busy(self) -> list[Node]:
        return [node for node in self.children if not node.is_idle]

    @property
    def idle(self) -> list[Node]:
        """Folded away when the form is long."""
        return [node for node in self.children if node.is_idle]

    @property
    def is_idle(self) -> bool:
        return not self.shape.is_required and all(node.is_idle for node in self.parts())


@dataclass
class Row(Node):
    """One element of an array. `key` is its old place, or a new name."""

    key: str = ""
    value: Node | None = None

    def parts(self) -> list[Node]:
        return [self.value] if self.value else []

    @property
    def is_new(self) -> bool:
        return not self.key.isdigit()

    @property
    def summary(self) -> str:
        """The first few short values, to find the row again when it is folded."""
        leaves = [node for node in self.walk() if isinstance(node, Leaf) and not node.is_masked]
        found = [leaf.text for leaf in leaves if leaf.text and len(leaf.text) <= 60]
        return " · ".join(found[:8])


@dataclass
class Rows(Node):
    """An array whose elements are alike."""

    rows: list[Row] = field(default_factory=list)
    blank: Row | None = None  # what "add" adds, with a placeholder for its key

    def parts(self) -> list[Node]:
        return list(self.rows)

    @property
    def marker(self) -> str:
        """The control that says which rows there are, in which order."""
        return f"{self.name}/:rows"

    @property
    def are_groups(self) -> bool:
        return any(isinstance(row.value, Group) for row in [*self.rows, self.blank] if row)

    @property
    def is_full(self) -> bool:
        return len(self.rows) >= MAX_ROWS

    @property
    def is_idle(self) -> bool:
        return not (self.shape.is_required or self.rows or self.needs_look)


@dataclass
class Builder:
    """Builds the tree within a budget of leaves."""

    entered: Entered
    hidden: Json = None  # the data with what is personal masked
    revealed: frozenset[str] = frozenset()
    files: tuple[tuple[str, str], ...] | None = None
    leaves: int = 0

    def build_root(self, shape: Shape, payload: JsonObject) -> Group:
        return self._group(ROOT, (), shape, payload)

    def build(self, name: str, path: tuple[str, ...], shape: Shape, base: Value) -> Node:
        shape = shape.filled(base)
        is_deep = len(path) >= MAX_DEPTH
        if self.leaves >= MAX_LEAVES or _is_large(base):
            return self._frozen(name, path, shape, base)
        elif shape.kind is Kind.OBJECT and not is_deep and _has_parts(shape, base):
            return self._group(name, path, shape, base)
        elif shape.kind is Kind.ARRAY and not is_deep:
            return self._rows(name, path, shape, base)
        else:
            return self._leaf(name, path, shape, base)

    def _frozen(
        self, name: str, path: tuple[str, ...], shape: Shape, base: Value, *errors: str
    ) -> Frozen:
        is_masked = shape.is_personal or self._differs_when_masked(path, base)
        return Frozen(name, path, shape, base, errors=list(errors), is_masked=is_masked)

    def _leaf(self, name: str, path: tuple[str, ...], shape: Shape, base: Value) -> Leaf:
        self.leaves += 2 if shape.kind is Kind.BOOLEAN else 1  # a checkbox sends two values
        if shape.kind in (Kind.OBJECT, Kind.ARRAY):
            shape = replace(shape, kind=Kind.JSON)
        text = self.entered.get(name)
        is_personal = shape.is_personal or self._differs_when_masked(path, base)
        is_known = text is not None or name in self.revealed or base in (MISSING, "", None)
        return Leaf(
            name,
            path,
            shape,
            base,
            text=texts.shown(shape, base) if text is None else text,
            is_masked=is_personal and not is_known,
            is_personal=is_personal,
            files=self.files if shape.kind is Kind.FILE else None,
        )

    def _differs_when_masked(self, path: tuple[str, ...], base: Value) -> bool:
        place = self.hidden
        for part in path:
            if isinstance(place, dict) and part in place:
                place = place[part]
            elif isinstance(place, list) and part.isdigit() and int(part) < len(place):
                place = place[int(part)]
            else:
                return place == MASK
        return place != base

    def _group(self, name: str, path: tuple[str, ...], shape: Shape, base: Value) -> Group:
        held = base if isinstance(base, dict) else {}
        children = list(shape.children())
        named = {key for key, _child in children}
        extras = [key for key in held if key not in named][:MAX_EXTRAS]
        wanted = [*children, *((key, shape.unnamed(key, held[key])) for key in extras)]
        built: dict[str, Node] = {}
        # lists last: a long one must not use up the room of the single values after it
        for key, child in sorted(wanted, key=lambda part: part[1].kind is Kind.ARRAY):
            value = held.get(key, MISSING)
            built[key] = self.build(_below(name, key), (*path, key), child, value)
        return Group(
            name,
            path,
            shape,
            base,
            children=[built[key] for key, _child in children],
            extras=[built[key] for key in extras],
        )

    def _rows(self, name: str, path: tuple[str, ...], shape: Shape, base: Value) -> Node:
        held = base if isinstance(base, list) else []
        rows = Rows(name, path, shape, base)
        was_edited = rows.marker in self.entered
        if len(held) > MAX_ROWS and not was_edited:
            return self._frozen(name, path, shape, base)
        for key in self._row_keys(rows, held):
            value = held[int(key)] if key.isdigit() else MISSING
            rows.rows.append(self._row(rows, key, value))
        if any(isinstance(node, Frozen) and not _is_large(node.base) for node in rows.walk()):
            problems = [_("These are too many rows for a form.")] if was_edited else []
            return self._frozen(name, path, shape, base, *problems)
        used = self.leaves
        rows.blank = self._row(rows, f"_new{len(path)}_", MISSING)
        self.leaves = used
        return rows

    def _row_keys(self, rows: Rows, held: list[Json]) -> list[str]:
        if rows.marker not in self.entered:
            return [str(index) for index in range(len(held))]
        keys = dict.fromkeys(filter(ROW_KEY.fullmatch, self.entered.getlist(rows.marker)))
        known = [key for key in keys if not key.isdigit() or int(key) < len(held)]
        if len(known) > MAX_ROWS:
            rows.errors.append(_("At most %(n)d rows fit here.") % {"n": MAX_ROWS})
        return known[:MAX_ROWS]

    def _row(self, rows: Rows, key: str, base: Value) -> Row:
        self.leaves += 1  # its marker
        name, path = _below(rows.name, key), (*rows.path, key)
        value = self.build(name, path, rows.shape.item(), base)
        return Row(name, path, value.shape, base, key=key, value=value)


def _has_parts(shape: Shape, base: Value) -> bool:
    return bool(base) if isinstance(base, dict) else any(True for _child in shape.children())


def _is_large(base: Value) -> bool:
    return isinstance(base, str) and len(base) > MAX_SHOWN


def _below(name: str, key: str) -> str:
    return f"{name}/{quote(key, safe='')}"
