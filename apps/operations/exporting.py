"""The results of an operation as a table for spreadsheets."""

import csv
from io import StringIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from django.utils import timezone
from django.utils.translation import gettext as _

from .listing import EntryFilter
from .models import Operation, OperationEntry
from .presenting import labels_of

ROWS_AT_ONCE = 1_000
MEMORY_BYTES = 4_000_000
# What a spreadsheet takes for the beginning of a formula
FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def csv_file(operation: Operation, wanted: EntryFilter) -> IO[bytes]:
    """Return the table as a file, written piece by piece by keyset; it may have a million rows.

    Beyond MEMORY_BYTES it lies on the disk until it is closed.
    """
    found: IO[bytes] = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115
    found.write(_lines([[_("Number"), _("What"), _("Result"), _("Reason"), _("Time")]], mark=True))
    last = 0
    while entries := _next_entries(wanted, last):
        found.write(_lines(_cells(operation, entries)))
        last = entries[-1].target_id
    found.seek(0)
    return found


def _next_entries(wanted: EntryFilter, last: int) -> list[OperationEntry]:
    rows = wanted.rows().filter(target_id__gt=last)
    return list(rows.order_by("target_id")[:ROWS_AT_ONCE])


def _cells(operation: Operation, entries: list[OperationEntry]) -> list[list[Any]]:
    labels = labels_of(operation, entries)
    return [
        [
            entry.target_id,
            _harmless(labels[entry.target_id].title),
            entry.get_status_display(),
            _harmless(entry.reason),
            # with its zone, since it leaves the page
            timezone.localtime(entry.at).isoformat(timespec="seconds") if entry.at else "",
        ]
        for entry in entries
    ]


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(FORMULAS) else text


def _lines(rows: list[list[Any]], *, mark: bool = False) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(rows)
    # the mark tells spreadsheets that it is UTF-8
    return out.getvalue().encode("utf-8-sig" if mark else "utf-8")
