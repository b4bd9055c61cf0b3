"""What a column of a file may stand for: the item's own fields, and the values of its data."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.schema_forms import read_shape
from apps.lib.schema_forms.shapes import Kind, Shape
from apps.queues.models import WorkQueue

MAX_DEPTH: Final = 4
MAX_TARGETS: Final = 500
PAYLOAD: Final = "payload."
# a column that the schema does not name, kept under the name it has in the file
AS_IT_IS: Final = "as:"

OF_ITEM: Final[Mapping[str, str | Promise]] = {
    "reference": gettext_lazy("Reference"),
    "priority": gettext_lazy("Priority"),
    "due_at": gettext_lazy("Due"),
    "available_at": gettext_lazy("Not before"),
    "expires_at": gettext_lazy("Expires"),
}
# what our own files say beside, of items and of faulty rows: no data to upload
ONLY_OUT: Final = (
    "item_number", "item_status", "item_tries", "item_entered_at", "item_since",
    "item_last_problem", "item_other_data", "upload_row", "upload_problem",
)  # fmt: skip


@dataclass(frozen=True)
class Target:
    """What a column stands for. `path` is where its value goes in the data; () for the item's own
    fields."""

    key: str
    title: str
    path: tuple[str, ...] = ()
    shape: Shape | None = None
    is_required: bool = False

    @property
    def name(self) -> str:
        """How its column is called in templates and downloads."""
        plain = ".".join(self.path)
        return self.key if not plain or plain in OF_ITEM or plain in ONLY_OUT else plain

    @property
    def is_personal(self) -> bool:
        return self.shape is not None and self.shape.is_personal


def targets_of(queue: WorkQueue) -> list[Target]:
    """Return what the columns of a file may stand for, in the order of a person's reading."""
    own = [Target(name, str(title)) for name, title in OF_ITEM.items()]
    return [*own, *leaves_of(queue.payload_schema)]


def leaves_of(schema: Any) -> list[Target]:
    """Return the values that the schema names; lists, and objects without names, are one value."""
    found: list[Target] = []
    for path, title, shape in _walk(root_of(schema), (), "", is_required=True):
        if len(found) >= MAX_TARGETS:
            break
        found.append(Target(PAYLOAD + ".".join(path), title, path, shape, shape.is_required))
    return found


def root_of(schema: Any) -> Shape:
    described = schema if isinstance(schema, dict) else {}
    return read_shape({"type": "object", **described}, root=described)


def takes_other_names(queue: WorkQueue) -> bool:
    """Whether the data may hold values that the schema does not name."""
    schema = queue.payload_schema if isinstance(queue.payload_schema, dict) else {}
    kept = schema.get("additionalProperties", True)
    return kept is not False and schema.get("unevaluatedProperties", True) is not False


def match(queue: WorkQueue, header: Sequence[str]) -> list[str | None]:
    """Return the target of each column, by its name; None: it is left out.

    A name counts however it is written: key or title, with spaces, dashes or none. What no schema
    names is kept as it is, where there is no schema.
    """
    targets = targets_of(queue)
    by_name: dict[str, str] = {}
    for names in (
        [(target.key, target) for target in targets],
        [(target.name, target) for target in targets],
        [(target.title, target) for target in targets],
        [(target.path[-1], target) for target in targets if len(target.path) > 1],
    ):
        for name, target in names:
            by_name.setdefault(_plain(name), target.key)
    is_open = len(targets) == len(OF_ITEM) and takes_other_names(queue)
    taken: set[str] = set()
    found: list[str | None] = []
    for name in header:
        key = by_name.get(_plain(name)) or (_as_it_is(name) if is_open else None)
        found.append(None if key in taken else key)
        taken.add(key or "")
    return found


def check_mapping(
    queue: WorkQueue, header: Sequence[str], mapping: Sequence[Any]
) -> list[str | None]:
    """Return the mapping as it is stored. Raises InvalidError for what makes no sense."""
    if len(mapping) != len(header):
        raise _wrong(_("must name a target, or null, for each of %d columns") % len(header))
    known = {target.key for target in targets_of(queue)}
    found: list[str | None] = []
    for name, key in zip(header, mapping, strict=True):
        key = key or None
        is_own = key is not None and key == _kept_name(queue, name)
        if key is not None and key not in known and not is_own:
            raise _wrong(_("“%(key)s” is not known here") % {"key": str(key)[:80]})
        if key is not None and key in found:
            message = _("“%(title)s” is chosen for two columns")
            raise _wrong(message % {"title": key.removeprefix(PAYLOAD)[:80]})
        found.append(key)
    return found


def resolve(queue: WorkQueue, mapping: Sequence[str | None]) -> list[Target | None]:
    """Return the targets that are meant; those that the schema has lost since are None."""
    known = {target.key: target for target in targets_of(queue)}
    return [_resolved(known, key) if key else None for key in mapping]


def choices_for(queue: WorkQueue, name: str) -> Iterator[tuple[str, str]]:
    """Yield what may be chosen for the column called `name`: key and words."""
    yield "", _("– left out –")
    for target in targets_of(queue):
        needed = f" ({_('needed')})" if target.is_required else ""
        yield target.key, f"{target.title}{needed}"
    key = _kept_name(queue, name)
    if key:
        yield key, _("Keep as “%(name)s”") % {"name": name}


def _walk(
    shape: Shape, path: tuple[str, ...], title: str, *, is_required: bool
) -> Iterator[tuple[tuple[str, ...], str, Shape]]:
    for name, child in shape.children():
        inner, said = (*path, name), f"{title} › {child.title}" if title else child.title
        is_needed = is_required and child.is_required
        has_parts = child.kind is Kind.OBJECT and any(True for _part in child.children())
        if has_parts and len(inner) < MAX_DEPTH:
            yield from _walk(child, inner, said, is_required=is_needed)
        elif child.kind is not Kind.CONSTANT or is_needed:
            yield inner, said, _as_needed(child, is_needed=is_needed)


def _as_needed(shape: Shape, *, is_needed: bool) -> Shape:
    return shape if shape.is_required == is_needed else replace(shape, is_required=is_needed)


def _resolved(known: Mapping[str, Target], key: str) -> Target | None:
    if key.startswith(AS_IT_IS):
        name = key.removeprefix(AS_IT_IS)
        return Target(key, name, (name,))
    return known.get(key)


def _as_it_is(name: str) -> str | None:
    return AS_IT_IS + name if name and _plain(name) not in _ONLY_OUT else None


def _kept_name(queue: WorkQueue, name: str) -> str | None:
    """Return the target that keeps a column under its own name; None where the data can't."""
    is_taken = any(target.path[:1] == (name,) for target in leaves_of(queue.payload_schema))
    return None if is_taken or not takes_other_names(queue) else _as_it_is(name)


def _plain(name: str) -> str:
    return "".join(each for each in name.casefold() if each.isalnum() or each == ".")


_ONLY_OUT: Final = frozenset(_plain(name) for name in ONLY_OUT)


def _wrong(message: str) -> InvalidError:
    return InvalidError(f"mapping: {message}.", fields=[FieldProblem("mapping", message)])
