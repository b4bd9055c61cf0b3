"""What a pack is about, and how much of it may be told."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK, mask, personal_paths
from apps.lib.schema_forms.personal import masked
from apps.search.timeline import Subjects

M = TypeVar("M", bound=Model)
AT_ONCE: Final = 50  # rows with payloads in memory
MARK: Final = "x-personal"


@dataclass(frozen=True)
class Scope:
    """`reveals`: personal values as they are; else dots, as on the pages.

    `cut`: grows, in plain words, where there is more than is told.
    """

    folder: Folder
    subjects: Subjects
    reveals: bool
    cut: list[str] = field(default_factory=list)

    def at_most(self, rows: "QuerySet[M, M]", n: int, what: Any) -> Iterator[M]:
        """Give `n` rows; a word about it in `cut` if there are more."""
        for count, row in enumerate(rows[: n + 1].iterator(chunk_size=AT_ONCE)):
            if count == n:
                self.cut.append(_("%(what)s: only %(n)d are in it.") % {"what": what, "n": n})
                return
            yield row

    def values(self, values: Any, schema: Any) -> Any:
        """Return the data of an item or instance, masked by its schema."""
        return values if self.reveals or not isinstance(values, dict) else mask(values, schema)

    def answers(self, values: Any, form: JsonObject) -> Any:
        """Return what stands in a form, masked by it, a broken one included."""
        return values if self.reveals or not isinstance(values, dict) else masked(values, form)

    def at(self, path: str, value: Json, hidden: "Hidden") -> Json:
        """Return a single value, dots if its path is personal."""
        return value if self.reveals or value is None or not hidden.covers(path) else MASK

    def text(self, text: Any, hidden: "Hidden") -> Any:
        """Return what may quote the data: nothing of it where any of the data is personal."""
        return text if self.reveals or not text or not hidden.paths else MASK


@dataclass(frozen=True)
class Hidden:
    """The dotted paths that a schema says are personal; `*` for any entry."""

    paths: Collection[str]

    @classmethod
    def by(cls, schema: Any) -> "Hidden":
        return cls(personal_paths(schema) if isinstance(schema, dict) else ())

    def covers(self, path: str) -> bool:
        """Whether the path is personal, lies in what is, or holds some."""
        parts = path.split(".")
        return any(_meets(each.split("."), parts) for each in self.paths)


def _meets(personal: list[str], parts: list[str]) -> bool:
    pairs = zip(personal, parts, strict=False)
    return all("*" in (one, other) or one == other for one, other in pairs)


def unmarked(schema: Any) -> Any:
    """Return the schema without its marks: for who may see all."""
    if isinstance(schema, dict):
        return {name: unmarked(inner) for name, inner in schema.items() if name != MARK}
    return [unmarked(inner) for inner in schema] if isinstance(schema, list) else schema


def named(row: Any, names: Collection[str]) -> JsonObject:
    return {name: getattr(row, name) for name in names}
