"""CSV as people have it: any of four separators, with or without a mark, from any spreadsheet."""

import codecs
import csv
from collections.abc import Iterator
from io import StringIO
from itertools import chain, islice
from typing import IO, Final

from django.utils.translation import gettext as _

from apps.lib.tables import without_guard
from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import Found, Settings

from .guessing import day_order, decimal_sign
from .tables import RawCell, RawRow, Table, filled, split_header

# the first where nothing speaks for any
DELIMITERS: Final = (",", ";", "\t", "|")
ROWS_TO_GUESS_FROM: Final = 200
# the longest first: UTF-32 begins as UTF-16 does
MARKS: Final = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
OLD_WORKBOOK: Final = bytes.fromhex("d0cf11e0a1b11ae1")
TITLES: Final = {"utf-8-sig": "UTF-8", "utf-8": "UTF-8", "cp1252": "Windows-1252"}


def open_csv(file: IO[bytes], settings: Settings) -> Table:
    """Return the table; raises FileRefusedError."""
    raw = file.read()
    if raw.startswith(OLD_WORKBOOK):
        raise FileRefusedError(
            _(
                "This is a workbook of the old kind (.xls), or one with a password. Save it as"
                " .xlsx without a password, or as CSV."
            )
        )
    text, encoding = _decoded(raw)
    text, delimiter = _delimiter(text)
    rows = filled(_records(text, delimiter))
    number, header = split_header(rows)
    first = list(islice(rows, ROWS_TO_GUESS_FROM))
    if not first:
        raise FileRefusedError(_("The file names columns, but has no rows below them."))
    found = Found(
        format="csv",
        encoding=TITLES.get(encoding, encoding.upper()),
        delimiter=delimiter,
        header=header,
        header_row=number,
        decimal=settings.decimal or decimal_sign(first, usual="," if delimiter == ";" else "."),
        days=settings.days or day_order(first),
    )
    return Table(found, chain(first, rows))


def _decoded(raw: bytes) -> tuple[str, str]:
    marked = [name for mark, name in MARKS if raw.startswith(mark)]
    for encoding in [*marked[:1], "utf-8", "cp1252"]:
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            break
        return text, encoding
    raise FileRefusedError(
        _("This is no table that can be read. Save it as CSV (UTF-8) or as .xlsx.")
    )


def _delimiter(text: str) -> tuple[str, str]:
    """Return the text without Excel's own line about it, and what parts its columns."""
    first, _newline, rest = text.partition("\n")
    said = first.strip().casefold()
    if said.startswith("sep=") and len(said) <= len("sep=") + 1:
        return rest, first.strip("\r\n")[4:5] or "\t"
    return text, max(DELIMITERS, key=lambda each: _fit(text, each))


def _fit(text: str, delimiter: str) -> tuple[int, int]:
    """Return how well the first rows agree on a number of columns, and that number."""
    try:
        widths = [
            len(row)
            for row in islice(csv.reader(StringIO(text), delimiter=delimiter), 20)
            if any(row)
        ]
    except csv.Error:
        return 0, 0
    if not widths or widths[0] < 2:
        return 0, 0
    return 100 * widths.count(widths[0]) // len(widths), widths[0]


def _records(text: str, delimiter: str) -> Iterator[tuple[int, list[RawCell]]]:
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    number = 0
    while True:
        number += 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise FileRefusedError(
                _(
                    "Row %(row)d can't be read (%(why)s). Look at its quotation marks: each must be"
                    " closed, and one within a text doubled."
                )
                % {"row": number, "why": error}
            ) from None
        if row is None:
            return
        yield number, [without_guard(cell.strip()) for cell in row]


__all__ = ["RawRow", "open_csv"]
