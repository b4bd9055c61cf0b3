"""The list of items as a table, as its filter says, newest first, page by page."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import InvalidError
from apps.lib.json import Json, JsonObject
from apps.lib.schema import MASK, mask
from apps.lib.tables import Cell, csv_pieces, table_pieces
from apps.lib.tables.xlsx_files import MAX_ROWS
from apps.queues.listing import ItemFilter, count_matching, find_items
from apps.queues.models import Upload, UploadRow, WorkItem, WorkQueue
from apps.queues.operation_targets import about

from .cells import as_text
from .columns import Target, leaves_of, resolve
from .writing import cell_of

ROWS_AT_ONCE: Final = 500
MAX_NAMES: Final = 100
KINDS: Final = ("csv", "xlsx")

Say = Callable[[WorkItem], Cell]


def _local(moment: Any) -> Cell:
    return timezone.localtime(moment) if moment else None


_BEFORE: Final[dict[str, Say]] = {
    "item_number": lambda item: item.pk,
    "reference": lambda item: item.reference,
    "item_status": lambda item: item.status,
    "priority": lambda item: item.priority,
    "item_tries": lambda item: item.n_attempts,  # type: ignore[attr-defined]
    "item_entered_at": lambda item: _local(item.entered_at),
    "item_since": lambda item: _local(item.since),
    "due_at": lambda item: _local(item.due_at),
    "available_at": lambda item: _local(item.available_at),
    "expires_at": lambda item: _local(item.expires_at),
    "item_last_problem": lambda item: item.problem,  # type: ignore[attr-defined]
}


def list_pieces(queue: WorkQueue, wanted: ItemFilter, kind: str, *, by: Actor) -> Iterator[bytes]:
    """Return the list as a file, and write down who took it. Personal values are dots, as on pages.

    Raises InvalidError for a workbook of more rows than one can have.
    """
    if kind == "xlsx" and not wanted.text and count_matching(wanted)[0] >= MAX_ROWS:
        raise InvalidError(_("A workbook has room for a million rows. Take CSV, or filter first."))
    publish(
        "queue.items_downloaded",
        subject=("queue", queue.pk),
        folder_id=queue.folder_id,
        by=by,
        data={"format": kind, "about": about(wanted.for_operation())},
    )
    return table_pieces(kind, _rows(queue, wanted.replace(before=None)), title=queue.title)


def faulty_pieces(upload: Upload, *, is_plain: bool) -> Iterator[bytes]:
    """Return the rows that were not added as CSV, as they stand in the file, with the reason.

    Unless `is_plain`, what may be personal is dots.
    """
    return csv_pieces(_faulty(upload, is_plain=is_plain))


def _rows(queue: WorkQueue, wanted: ItemFilter) -> Iterator[Sequence[Cell]]:
    leaves = leaves_of(queue.payload_schema)
    page = find_items(wanted, limit=ROWS_AT_ONCE)
    columns = _Columns(leaves or _as_they_come(page.items))
    yield [*_BEFORE, *columns.names, "item_other_data"]
    while page.items:
        for item in page.items:
            payload = mask(item.payload, queue.payload_schema)
            yield [*(say(item) for say in _BEFORE.values()), *columns.cells(payload)]
        if page.next_query is None:
            break
        page = find_items(wanted.replace(before=page.items[-1].pk), limit=ROWS_AT_ONCE)


class _Columns:
    """The values that have a column of their own, and all others together."""

    def __init__(self, targets: Sequence[Target]) -> None:
        self.targets = targets
        self.names = [target.name for target in targets]
        self._named = _tree(targets)

    def cells(self, payload: JsonObject) -> Iterator[Cell]:
        for target in self.targets:
            yield cell_of(target.shape, _at(payload, target.path))
        rest = _without(payload, self._named)
        yield json.dumps(rest, ensure_ascii=False) if rest else None


def _as_they_come(items: Sequence[WorkItem]) -> list[Target]:
    """Without a schema: the names that the first items have."""
    names: dict[str, None] = {}
    for item in items:
        names |= dict.fromkeys(item.payload)
    return [Target(f"payload.{name}", name, (name,)) for name in list(names)[:MAX_NAMES]]


def _tree(targets: Sequence[Target]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for target in targets:
        place = found
        for name in target.path[:-1]:
            place = place.setdefault(name, {})
        place[target.path[-1]] = None
    return found


def _without(value: JsonObject, named: dict[str, Any]) -> JsonObject:
    """Return what of `value` has no column."""
    found: JsonObject = {}
    for name, inner in value.items():
        if name not in named:
            found[name] = inner
        elif isinstance(inner, dict) and named[name] is not None:
            if rest := _without(inner, named[name]):
                found[name] = rest
        elif named[name] is not None and inner != MASK:
            # not the object that the schema has there
            found[name] = inner
    return found


def _at(value: Json, path: Sequence[str]) -> Json:
    for name in path:
        if value == MASK:
            return MASK
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _faulty(upload: Upload, *, is_plain: bool) -> Iterator[Sequence[Cell]]:
    header = [str(name) for name in upload.found.get("header", [])]
    targets = resolve(upload.queue, upload.mapping or [])
    hidden = {
        index
        for index, target in enumerate(targets)
        if not is_plain and target is not None and target.is_personal
    }
    yield ["upload_row", "upload_problem", *header]
    last = 0
    while rows := _next_faulty(upload, last):
        for row in rows:
            cells = [
                MASK if index in hidden and cell not in (None, "") else as_text(cell)
                for index, cell in enumerate(row.cells)
            ]
            yield [row.number, problems_in_words(header, row.problems), *cells]
        last = rows[-1].number


def _next_faulty(upload: Upload, last: int) -> list[UploadRow]:
    rows = UploadRow.objects.filter(upload_id=upload.pk, problems__isnull=False, number__gt=last)
    return list(rows.order_by("number")[:ROWS_AT_ONCE])


def problems_in_words(header: Sequence[str], problems: Any) -> str:
    """Return the problems of a row as one text, each with the name of its column."""
    said = []
    for each in problems or []:
        index = each.get("column")
        name = header[index] if isinstance(index, int) and index < len(header) else ""
        said.append(f"{name}: {each.get('message', '')}" if name else str(each.get("message", "")))
    return "; ".join(said)
