"""A file to fill in: the columns of the queue's schema, and one row as an example."""

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

from django.utils.translation import gettext as _

from apps.lib.json import Json
from apps.lib.schema_forms.shapes import Kind, Shape
from apps.lib.tables import Cell, Sheet, csv_pieces, xlsx_pieces
from apps.queues.lifecycle import NewItem
from apps.queues.models import WorkQueue

from .cells import How
from .columns import OF_ITEM, Target, targets_of
from .rows import Builder
from .writing import cell_of

EXAMPLE_DAY: Final = date(2030, 1, 31)
OF_ITEM_EXAMPLES: Final[dict[str, Cell]] = {
    "reference": "EXAMPLE-1", "priority": 50, "due_at": "2030-01-31 17:00",
}  # fmt: skip
PLACEHOLDERS: Final[dict[Kind, Cell]] = {
    Kind.NUMBER: 12.5, Kind.INTEGER: 3, Kind.BOOLEAN: "yes", Kind.DATE: EXAMPLE_DAY,
    Kind.DATE_TIME: "2030-01-31 17:00", Kind.EMAIL: "name@example.com",
    Kind.URI: "https://example.com/", Kind.ARRAY: "[]", Kind.OBJECT: "{}",
}  # fmt: skip


def template_pieces(queue: WorkQueue, kind: str) -> Iterator[bytes]:
    """Yield the file; a workbook says on a second sheet what goes into which column."""
    rows = [*_rows(queue)]
    if kind == "csv":
        return csv_pieces(rows)
    return xlsx_pieces([Sheet(queue.title, rows), Sheet(_("Columns"), _explained(queue))])


class Example:
    """The template's own row, which nobody wants as an item."""

    def __init__(self, queue: WorkQueue) -> None:
        targets = targets_of(queue)
        builder = Builder(queue, [target.key for target in targets], How.of(".", "dmy", "UTC"))
        cells = [_raw(_example(target)) for target in targets]
        self.new = builder.build(cells).new

    def is_same(self, new: NewItem) -> bool:
        mine = self.new
        return new.reference == mine.reference and new.payload == mine.payload


def _rows(queue: WorkQueue) -> Iterator[Sequence[Cell]]:
    targets = targets_of(queue)
    yield [target.name for target in targets]
    yield [_example(target) for target in targets]


def _explained(queue: WorkQueue) -> Iterator[Sequence[Cell]]:
    yield [_("Column"), _("Is"), _("Needed"), _("Kind"), _("Meaning")]
    for target in targets_of(queue):
        shape = target.shape
        yield [
            target.name,
            target.title,
            _("yes") if target.is_required else "",
            _kind(shape),
            shape.help if shape else "",
        ]


def _example(target: Target) -> Cell:
    if target.key in OF_ITEM:
        return OF_ITEM_EXAMPLES.get(target.key)
    shape = target.shape
    if shape is None:
        return None
    listed = shape.schema.get("examples")
    for value in (*(listed if isinstance(listed, list) else ()), shape.schema.get("default")):
        if value is not None:
            return cell_of(shape, value)
    if shape.choices:
        return cell_of(shape, shape.choices[0][0])
    return PLACEHOLDERS.get(shape.kind, _("text"))


def _raw(cell: Cell) -> Any:
    return {"at": cell.isoformat()} if isinstance(cell, date) else cell


def _kind(shape: Shape | None) -> str:
    if shape is None:
        return ""
    words: dict[Kind, Json] = {
        Kind.NUMBER: _("number"),
        Kind.INTEGER: _("whole number"),
        Kind.BOOLEAN: _("yes or no"),
        Kind.DATE: _("date"),
        Kind.DATE_TIME: _("date and time"),
        Kind.EMAIL: _("e-mail address"),
        Kind.URI: _("web address"),
        Kind.ARRAY: _("list, with semicolons between"),
        Kind.CHOICE: _("one of: %(choices)s")
        % {"choices": ", ".join(label for _value, label in shape.choices[:20])},
    }
    return str(words.get(shape.kind, _("text")))
