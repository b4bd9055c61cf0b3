"""The results of an operation as a table for spreadsheets."""

from collections.abc import Iterator, Sequence

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.lib.tables import Cell, csv_pieces

from .listing import EntryFilter
from .models import Operation, OperationEntry
from .presenting import labels_of

ROWS_AT_ONCE = 1_000


def csv_results(operation: Operation, wanted: EntryFilter) -> Iterator[bytes]:
    """Yield the table, read by keyset: it may have a million rows."""
    return csv_pieces(_rows(operation, wanted))


def _rows(operation: Operation, wanted: EntryFilter) -> Iterator[Sequence[Cell]]:
    yield [_("Number"), _("What"), _("Result"), _("Reason"), _("Time")]
    last = 0
    while entries := _next_entries(wanted, last):
        labels = labels_of(operation, entries)
        for entry in entries:
            yield [
                entry.target_id,
                labels[entry.target_id].title,
                entry.get_status_display(),
                entry.reason,
                timezone.localtime(entry.at) if entry.at else None,
            ]
        last = entries[-1].target_id


def _next_entries(wanted: EntryFilter, last: int) -> list[OperationEntry]:
    rows = wanted.rows().filter(target_id__gt=last)
    return list(rows.order_by("target_id")[:ROWS_AT_ONCE])
