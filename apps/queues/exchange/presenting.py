"""An upload for people: what it comes to, its first rows, its faults, its columns."""

from collections.abc import Sequence
from typing import Any, Final

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.lib.schema import MASK
from apps.operations.presenting import Row as OperationRow
from apps.queues.models import Upload, UploadRow

from .cells import as_text
from .columns import Target, choices_for, targets_of
from .lifecycle import Mode, why_not
from .reading.tables import letters
from .rows import Builder
from .writing import cell_of

FIRST_ROWS: Final = 20
MAX_FAULTS: Final = 100
MAX_SHOWN: Final = 80

BADGES: Final[dict[str, str]] = {
    UploadRow.Verdict.NEW: "new",
    UploadRow.Verdict.UPDATE: "retry",
    UploadRow.Verdict.KNOWN: "cancelled",
    UploadRow.Verdict.FAULTY: "failed",
}
DELIMITERS: Final = {
    ";": gettext_lazy("semicolons"), ",": gettext_lazy("commas"), "\t": gettext_lazy("tabs"),
}  # fmt: skip


def preview_of(upload: Upload) -> dict[str, Any]:
    """Return what a person looks at first. What is personal is dots: others may look."""
    builder = Builder.of(upload)
    rows = list(upload.rows.order_by("number")[:FIRST_ROWS])
    mapped = [(index, target) for index, target in enumerate(builder.targets) if target]
    columns = columns_of(upload, builder, rows)
    return {
        "cells": cells_of(upload),
        "heads": [target for _index, target in mapped],
        "rows": [_row(builder, row, mapped) for row in rows],
        "columns": columns,
        "left_out": [each["name"] or each["letter"] for each in columns if not each["value"]],
        "missing": _missing(builder),
        "modes": [
            {"value": mode.value, "label": mode.label, "why_not": why_not(upload, mode)}
            for mode in Mode
        ],
        "mode": Mode.ALL if not why_not(upload, Mode.ALL) else Mode.GOOD,
        "is_local": upload.found.get("format") == "csv",
    }


def cells_of(upload: Upload) -> list[dict[str, Any]]:
    cells = [(_("Rows"), upload.n_rows, ""), (_("New items"), upload.n_new, "")]
    if upload.n_updates:
        cells.append((_("Change an item"), upload.n_updates, ""))
    if upload.n_known:
        cells.append((_("Known, stay as they are"), upload.n_known, ""))
    cells.append((_("Faulty"), upload.n_faulty, "failed" if upload.n_faulty else ""))
    return [
        {"label": label, "value": n, "tone": tone, "url": "#faults" if tone else ""}
        for label, n, tone in cells
    ]


def faults_of(upload: Upload) -> list[dict[str, Any]]:
    """Return the first faults, one a line: row, column, what stands there, what is wrong."""
    header = upload.found.get("header", [])
    builder = Builder.of(upload)
    faulty = upload.rows.filter(problems__isnull=False).order_by("number")[:MAX_FAULTS]
    found = []
    for row in faulty:
        for each in row.problems or []:
            index = each.get("column")
            is_cell = isinstance(index, int)
            name = header[index] if is_cell and index < len(header) else ""
            found.append(
                {
                    "row": row.number,
                    "column": name or (letters(index) if is_cell else ""),
                    "value": _said(builder, row, index) if is_cell else "",
                    "message": each.get("message", ""),
                }
            )
    return found[:MAX_FAULTS]


def columns_of(upload: Upload, builder: Builder, rows: Sequence[UploadRow]) -> list[dict[str, Any]]:
    """Return the columns of the file with what each may stand for."""
    header = [str(name) for name in upload.found.get("header", [])]
    mapping = upload.mapping or []
    return [
        {
            "index": index,
            "letter": letters(index),
            "name": name,
            "value": mapping[index] or "",
            "choices": list(choices_for(upload.queue, name)),
            "sample": next((said for row in rows if (said := _said(builder, row, index))), ""),
        }
        for index, name in enumerate(header)
    ]


def source_of(upload: Upload) -> str:
    """Return in words how the file was read: “CSV, semicolons, Windows-1252”."""
    found = upload.found
    if found.get("format") == "xlsx":
        return _("Workbook, sheet “%(sheet)s”") % {"sheet": found.get("sheet", "")}
    words = {
        "delimiter": DELIMITERS.get(str(found.get("delimiter")), found.get("delimiter")),
        "encoding": found.get("encoding", ""),
    }
    return _("CSV with %(delimiter)s, %(encoding)s") % words


def result_of(upload: Upload) -> dict[str, Any]:
    """Return what the operation of a confirmed upload has come to so far."""
    operation = upload.operation
    if operation is None:
        return {}
    n_faulty = upload.rows.filter(problems__isnull=False).count()
    is_whole = operation.kind.endswith("whole")
    return {
        "operation": operation,
        "row": OperationRow(operation),
        "n_faulty": n_faulty,
        "n_done": upload.rows.filter(item_id__isnull=False).count() if is_whole else operation.done,
        "list_url": reverse("queues:queue_detail", args=[upload.queue_id]),
    }


def _row(builder: Builder, row: UploadRow, mapped: list[tuple[int, Target]]) -> dict[str, Any]:
    built = builder.build(row.cells)
    wrong = {each.get("column") for each in row.problems or []}
    return {
        "number": row.number,
        "badge": BADGES[row.verdict],
        "word": row.get_verdict_display(),
        "cells": [
            {"text": _stored(target, built.new, builder, row, index), "is_wrong": index in wrong}
            for index, target in mapped
        ],
    }


def _stored(target: Target, new: Any, builder: Builder, row: UploadRow, index: int) -> str:
    """Return the value as it would be stored; of what can't be, as it stands in the file."""
    if not target.path:
        value = getattr(new, target.key) if target.key in (new.given or ()) else None
    else:
        value = new.payload
        for name in target.path:
            value = value.get(name) if isinstance(value, dict) else None
    if value is None:
        return _said(builder, row, index)
    return _short(MASK if target.is_personal else _shown(target, value))


def _shown(target: Target, value: Any) -> str:
    cell = cell_of(target.shape, value)
    if isinstance(cell, bool):
        return _("yes") if cell else _("no")
    return f"{cell:%Y-%m-%d %H:%M %Z}" if hasattr(cell, "hour") else str(cell)


def _said(builder: Builder, row: UploadRow, index: Any) -> str:
    """Return what stands in the file."""
    cell = row.cells[index] if index < len(row.cells) else None
    target = builder.targets[index] if index < len(builder.targets) else None
    is_hidden = target is not None and target.is_personal and cell not in (None, "")
    return MASK if is_hidden else _short(as_text(cell))


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}…"


def _missing(builder: Builder) -> list[str]:
    """Return the titles of what the schema needs and no column stands for."""
    chosen = {target.key for target in builder.targets if target}
    return [
        target.title
        for target in targets_of(builder.queue)
        if target.is_required and target.key not in chosen
    ]
