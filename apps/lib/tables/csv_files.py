"""CSV: UTF-8 with the mark that tells spreadsheets so."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from io import StringIO
from typing import Final

from .values import Cell

ROWS_IN_A_PIECE: Final = 500
# What a spreadsheet takes for the beginning of a formula
FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")
GUARD: Final = "'"


def csv_pieces(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    """Yield the rows as text, some hundred at a time."""
    out = StringIO()
    writer = csv.writer(out)
    encoding = "utf-8-sig"
    for number, row in enumerate(rows, start=1):
        writer.writerow([_text(cell) for cell in row])
        if number % ROWS_IN_A_PIECE == 0:
            yield out.getvalue().encode(encoding)
            encoding = "utf-8"
            out.seek(0)
            out.truncate()
    yield out.getvalue().encode(encoding)


def harmless(text: str) -> str:
    """Return `text` so that no spreadsheet takes it for a formula: with an apostrophe before it."""
    return f"{GUARD}{text}" if text.startswith(FORMULAS) else text


def without_guard(text: str) -> str:
    """Return what `harmless` was given."""
    is_guarded = text.startswith(GUARD) and text[1:].startswith(FORMULAS)
    return text[1:] if is_guarded else text


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    elif isinstance(cell, bool):
        return "true" if cell else "false"
    elif isinstance(cell, datetime):
        # with its zone, since it leaves the page
        return cell.isoformat(timespec="seconds")
    elif isinstance(cell, date):
        return cell.isoformat()
    elif isinstance(cell, Decimal):
        return f"{cell:f}"
    else:
        return harmless(cell.replace("\x00", "")) if isinstance(cell, str) else str(cell)
