"""XLSX: values only, no formula. A zip from a stranger, so it is weighed before it is opened."""

import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import chain
from typing import IO, Any, Final
from xml.parsers.expat import ExpatError

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import Found, Settings

from .sheets import Book, rows_of
from .tables import RawCell, RawRow, Table, filled, split_header

MB: Final = 1024 * 1024
# Sheets are read row by row; texts, styles and the like are held in memory
MAX_UNPACKED: Final = 250 * MB
MAX_TEXTS: Final = 24 * MB
MAX_HELD: Final = 2 * MB
MAX_MEMBERS: Final = 2_000
# What is never read, or row by row
NOT_HELD: Final = (
    "xl/worksheets/", "xl/pivotCache/", "xl/drawings/", "xl/charts/", "xl/media/", "xl/calcChain",
    "xl/comments", "xl/tables/", "xl/externalLinks/", "customXml/", "docProps/thumbnail",
)  # fmt: skip

# Whatever the library, the parser and zlib make of a file that is not what it says
BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, KeyError, IndexError,
    ValueError, TypeError, AttributeError, OSError, SyntaxError, RuntimeError, ArithmeticError,
    NotImplementedError, ExpatError,
)  # fmt: skip


def is_workbook(head: bytes) -> bool:
    return head.startswith(b"PK")


def unpacked_size(file: IO[bytes]) -> int:
    """Return how large the zip says that it is; 0 for what is no zip."""
    try:
        with zipfile.ZipFile(file) as book:
            found = sum(each.file_size for each in book.infolist())
    except BROKEN:
        found = 0
    file.seek(0)
    return found


def open_xlsx(file: IO[bytes], settings: Settings) -> Table:
    """Return the table in the sheet that was asked for, or in the first that holds something.

    Raises FileRefusedError, also while its rows are gone through.
    """
    with _refusing_what_is_broken():
        _weigh(file)
        with warnings.catch_warnings():
            # about what is of no concern here: themes, validations, headers
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
        sheets = {each.title: each for each in book.worksheets if each.sheet_state == "visible"}
        sheet = sheets.get(settings.sheet) or _first_filled(book, list(sheets.values()))
        rows = filled(_rows(book, sheet))
        number, header = split_header(rows)
        first = next(rows, None)
    if first is None:
        raise FileRefusedError(_("The file names columns, but has no rows below them."))
    found = Found(
        format="xlsx",
        sheet=sheet.title,
        sheets=list(sheets),
        header=header,
        header_row=number,
        decimal=settings.decimal or ".",
        days=settings.days or "dmy",
    )
    return Table(found, _guarded(chain([first], rows)))


def _weigh(file: IO[bytes]) -> None:
    """Refuse what would not fit, by what the zip says of its members: no more than that is ever
    unpacked of one, whatever it holds."""
    with zipfile.ZipFile(file) as book:
        members = book.infolist()
        names = {each.filename for each in members}
        if "xl/workbook.xml" not in names:
            raise FileRefusedError(_("This is no workbook. Save it as .xlsx or as CSV (UTF-8)."))
        if any(name.casefold().endswith("vbaproject.bin") for name in names):
            raise FileRefusedError(
                _("Workbooks with macros (.xlsm) are not taken. Save it as .xlsx without them.")
            )
        if any(each.flag_bits & 1 for each in members):
            raise FileRefusedError(_("The workbook has a password. Save it without one."))
        is_heavy = len(members) > MAX_MEMBERS or sum(map(_size, members)) > MAX_UNPACKED
        if is_heavy or any(_size(each) > _limit(each.filename) for each in members):
            raise FileRefusedError(
                _(
                    "Unpacked, the workbook is too large. Keep the one sheet with the rows, without"
                    " pictures and formats, or save it as CSV (UTF-8)."
                )
            )
    file.seek(0)


def _size(member: zipfile.ZipInfo) -> int:
    return member.file_size


def _limit(name: str) -> int:
    if name.startswith(NOT_HELD) and not name.endswith(".rels"):
        return MAX_UNPACKED
    return MAX_TEXTS if name == "xl/sharedStrings.xml" else MAX_HELD


def _first_filled(book: Any, sheets: list[Any]) -> Any:
    for sheet in sheets:
        if next(filled(_rows(book, sheet)), None) is not None:
            return sheet
    raise FileRefusedError(_("The file is empty. Its first row must name the columns."))


def _rows(book: Any, sheet: Any) -> Iterator[tuple[int, list[RawCell]]]:
    known = Book(
        texts=sheet._shared_strings,
        date_styles=frozenset(book._date_formats),
        duration_styles=frozenset(book._timedelta_formats),
        epoch=book.epoch,
    )
    with sheet._get_source() as member:
        yield from rows_of(member, known, sheet.title)


@contextmanager
def _refusing_what_is_broken() -> Iterator[None]:
    try:
        yield
    except FileRefusedError:
        raise
    except BROKEN:
        raise FileRefusedError(
            _("The workbook is damaged. Open it in your spreadsheet program and save it anew.")
        ) from None


def _guarded(rows: Iterator[RawRow]) -> Iterator[RawRow]:
    with _refusing_what_is_broken():
        yield from rows
