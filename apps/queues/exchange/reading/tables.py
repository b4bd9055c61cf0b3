"""What all kinds of files come to: a header, and rows of plain cells."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import MAX_COLUMNS, MAX_HEADER, MAX_ROWS, Found

# As JSON: text, number, yes/no; {"at": "2026-03-31T10:00:00"} is a moment without a zone,
# {"error": "#N/A"} what a spreadsheet could not work out, {"formula": ""} what it never worked out
RawCell: TypeAlias = "None | bool | int | float | str | dict[str, str]"
RawRow: TypeAlias = "tuple[int, list[RawCell]]"


@dataclass(frozen=True)
class Table:
    """`rows` have the numbers that spreadsheets show; empty ones are left away."""

    found: Found
    rows: Iterator[RawRow]


def split_header(rows: Iterator[RawRow]) -> tuple[int, list[str]]:
    """Take the header from the rows. Raises FileRefusedError if it can't be one."""
    number, cells = next(rows, (0, []))
    if not cells:
        raise FileRefusedError(_("The file is empty. Its first row must name the columns."))
    header = [_name(cell) for cell in cells]
    while header and not header[-1]:
        header.pop()
    seen: dict[str, int] = {}
    for index, name in enumerate(header):
        first = seen.setdefault(name.casefold(), index)
        if name and first != index:
            words = {"name": name, "first": letters(first), "second": letters(index)}
            raise FileRefusedError(
                _(
                    "Two columns are called “%(name)s”: %(first)s and %(second)s. Give each a name"
                    " of its own, and upload the file again."
                )
                % words
            )
    return number, header


def filled(rows: Iterable[tuple[int, Sequence[RawCell]]]) -> Iterator[RawRow]:
    """Yield the rows that hold something, without what is empty at their ends; keep the limits."""
    n = -1  # the header is no row
    for number, cells in rows:
        kept = list(cells)
        while kept and kept[-1] in (None, ""):
            kept.pop()
        if not kept:
            continue
        if len(kept) > MAX_COLUMNS:
            message = _("Row %(row)d has more than %(n)d columns. Remove those that aren't needed.")
            raise FileRefusedError(message % {"row": number, "n": MAX_COLUMNS})
        n += 1
        if n > MAX_ROWS:
            raise FileRefusedError(
                _("The file has more than %(n)s rows. Split it, and upload the parts.")
                % {"n": number_format(MAX_ROWS, force_grouping=True)}
            )
        yield number, kept


def letters(index: int) -> str:
    """Return what spreadsheets call the column: A, B, …, Z, AA."""
    name = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


def _name(cell: Any) -> str:
    if isinstance(cell, dict):
        cell = cell.get("at", "")
    return " ".join(str("" if cell is None else cell).split())[:MAX_HEADER]
