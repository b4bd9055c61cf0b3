"""What the pages of a gate call its fields: as its form does, or else the schemas of its queues."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from apps.queues.lifecycle.gating import title_of_field
from apps.queues.models import Gate

from .fields import title_at


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldName:
    """A field as people call it, and its `path`; `is_shared`: another has the same title."""

    title: str
    path: str
    is_shared: bool = False

    @property
    def is_path(self) -> bool:
        """Nothing gives it a title."""
        return self.title == self.path

    def __str__(self) -> str:
        return f"{self.title} ({self.path})" if self.is_shared else self.title


class FieldNames:
    """The names of a gate's fields. One statement, and none where its form names them all."""

    def __init__(self, gate: Gate) -> None:
        self._gate = gate

    def of(self, paths: Iterable[str]) -> dict[str, FieldName]:
        """Return the names by path; those that share a title are marked."""
        titles = {path: self._title(path, title_at) for path in paths}
        n = Counter(titles.values())
        return {
            path: FieldName(title=title, path=path, is_shared=n[title] > 1)
            for path, title in titles.items()
        }

    def of_place(self, path: str) -> FieldName:
        """Return the name of one value, told from its neighbours in a list."""
        title = self._title(path, lambda form, path: title_of_field(path, form))
        return FieldName(title=title, path=path)

    def _title(self, path: str, read: Callable[[Any, str], str]) -> str:
        titles = (read(form, path) for form in self._forms())
        return next((title for title in titles if title != path), path)

    def _forms(self) -> Iterator[Any]:
        yield self._gate.form
        yield from self._schemas

    @cached_property
    def _schemas(self) -> list[Any]:
        return list(self._gate.queues.order_by("pk").values_list("payload_schema", flat=True))
