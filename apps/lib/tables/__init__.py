"""Tables for spreadsheets, written piece by piece: a million rows take no more memory than one.

    answer = as_download(request, table_bytes("xlsx", header, rows), name="items", kind="xlsx")

What people typed never becomes a formula: see `csv_files.harmless` and `xlsx_files`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from .answering import as_download
from .csv_files import FORMULAS, csv_pieces, harmless, without_guard
from .values import Cell
from .xlsx_files import Sheet, xlsx_pieces

__all__ = [
    "CONTENT_TYPES",
    "FORMULAS",
    "Cell",
    "Sheet",
    "as_download",
    "csv_pieces",
    "harmless",
    "table_pieces",
    "without_guard",
    "xlsx_pieces",
]

CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def table_pieces(kind: str, rows: Iterable[Sequence[Cell]], *, title: str) -> Iterator[bytes]:
    """Yield `rows`, the header first, as a file of `kind`: csv or xlsx."""
    return xlsx_pieces([Sheet(title, rows)]) if kind == "xlsx" else csv_pieces(rows)
