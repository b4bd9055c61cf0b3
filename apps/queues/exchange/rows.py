"""A row of a file as an item: what it would be stored as, or what is wrong with which column."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.lib.errors import FieldProblem
from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK
from apps.lib.schema_forms.shapes import MISSING
from apps.queues.lifecycle import NewItem
from apps.queues.models import Upload, WorkQueue

from .cells import CellError, How, as_text, read_cell, read_moment, read_whole
from .columns import PAYLOAD, Target, resolve
from .reading import RawCell
from .reading.tables import letters
from .settings import Found, Settings

MAX_PROBLEMS: Final = 20
MAX_PRIORITY: Final = 100


@dataclass(frozen=True)
class Problem:
    """What is wrong with the cell in a column; None: with the row as a whole."""

    column: int | None
    message: str

    def stored(self) -> JsonObject:
        return {"column": self.column, "message": self.message}


@dataclass(frozen=True)
class Built:
    """What a row comes to; with `problems` it must not be added."""

    new: NewItem
    problems: list[Problem] = field(default_factory=list)
    # columns with dots for what is hidden: they leave the value of a known item as it is
    masked: list[int] = field(default_factory=list)

    def problems_of_new(self) -> list[Problem]:
        """What is wrong with it if there is no such item yet."""
        message = _("is the mask of hidden data, not a value")
        return [Problem(index, message) for index in self.masked]


class Builder:
    """Makes items of the rows of one upload."""

    def __init__(self, queue: WorkQueue, mapping: Sequence[str | None], how: How) -> None:
        self.queue = queue
        self.how = how
        self.targets = resolve(queue, mapping)
        self._lost = [
            index
            for index, key in enumerate(mapping)
            if key is not None and self.targets[index] is None
        ]
        self._by_key = {
            target.key: index for index, target in enumerate(self.targets) if target is not None
        }

    @classmethod
    def of(cls, upload: Upload) -> "Builder":
        found, wanted = Found.of(upload.found), Settings.of(upload.settings)
        how = How.of(found.decimal, found.days, wanted.zone)
        return cls(upload.queue, upload.mapping or [], how)

    def build(self, cells: Sequence[RawCell]) -> Built:
        """Return the item; whether its data fits the schema is not judged here."""
        own: dict[str, Any] = {}
        payload: JsonObject = {}
        problems = [*self._strays(cells)]
        masked = []
        for index, target in self._mapped():
            try:
                value = self._value(target, cells[index] if index < len(cells) else None)
            except CellError as error:
                problems.append(Problem(index, str(error)))
                continue
            if target.is_personal and value == MASK:
                masked.append(index)
            elif value is MISSING:
                continue
            elif target.path:
                _put(payload, target.path, value)
            else:
                own[target.key] = value
        new = NewItem(payload, given=frozenset({"payload", *own}), is_partial=self.updates, **own)
        return Built(new, problems[:MAX_PROBLEMS], masked)

    @property
    def updates(self) -> bool:
        return self.queue.unique_reference == WorkQueue.UniqueReference.UPDATE

    def column_of(self, problem: FieldProblem) -> Problem:
        """Return a problem of the item as one of the column that its value came from."""
        path = problem.path
        while path and path not in self._by_key:
            path = path.rpartition(".")[0]
        if path and path != PAYLOAD.rstrip("."):
            return Problem(self._by_key[path], problem.message)
        named = problem.path.removeprefix(PAYLOAD)
        return Problem(None, f"{named}: {problem.message}" if named else problem.message)

    def _mapped(self) -> Iterator[tuple[int, Target]]:
        return ((index, target) for index, target in enumerate(self.targets) if target)

    def _strays(self, cells: Sequence[RawCell]) -> Iterator[Problem]:
        for index in self._lost:
            yield Problem(index, _("stands for something that the queue does not know any more"))
        for index in range(len(self.targets), len(cells)):
            if cells[index] not in (None, ""):
                words = {"column": letters(index)}
                yield Problem(None, _("Column %(column)s has a value, but no name.") % words)
                break

    def _value(self, target: Target, cell: RawCell) -> Any:
        if target.path:
            return read_cell(target.shape, cell, self.how)
        if cell is None or cell == "":
            return MISSING
        return _OWN[target.key](cell, self.how)


def _priority(cell: RawCell, how: How) -> int:
    found = read_whole(cell, how)
    if not 0 <= found <= MAX_PRIORITY:
        raise CellError(_("must be a whole number from 0 to 100"))
    return found


def _time(cell: RawCell, how: How) -> datetime:
    found = read_moment(cell, how)
    if not 1970 <= found.year <= 9000:
        raise CellError(_("must be a time that will come"))
    return found


def _reference(cell: RawCell, how: How) -> str:
    if isinstance(cell, dict) and "at" not in cell:
        read_cell(None, cell, how)
    return as_text(cell)


_OWN: Final[Mapping[str, Any]] = {
    "reference": _reference,
    "priority": _priority,
    "due_at": _time,
    "available_at": _time,
    "expires_at": _time,
}


def _put(payload: JsonObject, path: Sequence[str], value: Json) -> None:
    place: Any = payload
    for name in path[:-1]:
        place = place.setdefault(name, {})
    place[path[-1]] = value
