"""XLSX: values only, no formula. A zip from a stranger, so it is weighed before it is opened."""

import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from itertools import chain
from typing import IO, Any, Final

from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import MAX_COLUMNS, Found, Settings

from .tables import RawCell, Table, filled, split_header

MB: Final = 1024 * 1024
# Sheets are read as a stream, texts and styles are held in memory
MAX_UNPACKED: Final = 250 * MB
MAX_TEXTS: Final = 32 * MB
MAX_OTHER: Final = 8 * MB
MAX_MEMBERS: Final = 2_000
# what may be empty between two rows; a sheet has 1 048 576
MAX_NOTED: Final = 1_000
PIECE_BYTES: Final = MB
SHEETS: Final = "xl/worksheets/"

# Whatever the library, the parser and zlib make of a file that is not what it says
BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, InvalidFileException, KeyError, IndexError,
    ValueError, TypeError, AttributeError, OSError, SyntaxError, RuntimeError, ArithmeticError,
    NotImplementedError,
)  # fmt: skip

_MERGED = re.compile(rb'<mergeCell [^>]*?ref="([A-Z]{1,3}[0-9]{1,7}:[A-Z]{1,3}[0-9]{1,7})"')
_UNKNOWN = re.compile(
    rb'<c [^>]*?r="([A-Z]{1,3}[0-9]{1,7})"[^>]*>\s*'
    rb"<f[^>]*?(?:/>|>[^<]*</f>)\s*(?:<v\s*/>|<v></v>)?\s*</c>"
)


def is_workbook(head: bytes) -> bool:
    return head.startswith(b"PK")


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
        sheet = sheets.get(settings.sheet) or _first_filled(list(sheets.values()))
        merged, unknown = _look_beside(file, sheet)
        _refuse_merged(sheet, merged)
        rows = filled(_rows(sheet, unknown))
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
    if name.startswith(SHEETS):
        return MAX_UNPACKED
    # pictures and the like are never unpacked
    is_read = name.endswith((".xml", ".rels"))
    held = MAX_TEXTS if name == "xl/sharedStrings.xml" else MAX_OTHER
    return held if is_read else MAX_UNPACKED


def _first_filled(sheets: list[Any]) -> Any:
    for sheet in sheets:
        if next(filled(_rows(sheet, frozenset())), None) is not None:
            return sheet
    raise FileRefusedError(_("The file is empty. Its first row must name the columns."))


def _rows(sheet: Any, unknown: frozenset[str]) -> Iterator[tuple[int, list[RawCell]]]:
    # what the sheet says of its size may be anything
    sheet.reset_dimensions()
    for number, row in enumerate(sheet.iter_rows(max_col=MAX_COLUMNS + 1), start=1):
        yield number, [_plain(cell, unknown) for cell in row]


def _plain(cell: Any, unknown: frozenset[str]) -> RawCell:
    value = cell.value
    if value is None:
        is_unknown = unknown and getattr(cell, "coordinate", "") in unknown
        return {"formula": ""} if is_unknown else None
    elif isinstance(value, str):
        return {"error": value} if cell.data_type == "e" else _text(value)
    elif isinstance(value, datetime | date):
        return {"at": value.isoformat()}
    elif isinstance(value, time | timedelta):
        return str(value)
    elif isinstance(value, bool | int):
        return value
    else:
        return int(value) if value.is_integer() and abs(value) < 2**53 else float(value)


def _text(value: str) -> str:
    return value.replace("\x00", "").replace("_x000D_", "").strip()


def _refuse_merged(sheet: Any, ranges: list[str]) -> None:
    if ranges:
        words = {"sheet": sheet.title, "ranges": ", ".join(ranges[:3])}
        raise FileRefusedError(
            _(
                "Sheet “%(sheet)s” has merged cells (%(ranges)s), so it is not clear what belongs"
                " to which row. Unmerge them and fill each cell."
            )
            % words
        )


def _look_beside(file: IO[bytes], sheet: Any) -> tuple[list[str], frozenset[str]]:
    """Return what the library does not tell of a sheet that is read as a stream: its merged cells,
    and those whose formula has no value, since no spreadsheet has saved the file."""
    merged: list[str] = []
    unknown: set[str] = set()
    with zipfile.ZipFile(file) as book, book.open(sheet._worksheet_path) as member:
        for text in _pieces(member):
            merged += [match[1].decode() for match in _MERGED.finditer(text)]
            unknown |= {match[1].decode() for match in _UNKNOWN.finditer(text)}
            if len(merged) + len(unknown) > MAX_NOTED:
                break
    return merged, frozenset(unknown)


def _pieces(member: IO[bytes]) -> Iterator[bytes]:
    """Yield the text in pieces that part no cell."""
    left = b""
    while piece := member.read(PIECE_BYTES):
        text = left + piece
        is_last = len(piece) < PIECE_BYTES
        end = len(text) if is_last else max(text.rfind(b"<c "), text.rfind(b"<mergeCell "))
        yield text[: max(end, 0)]
        # a cell that is longer than that holds no formula that anybody wrote
        left = text[max(end, 0) :][-PIECE_BYTES:]
    yield left


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


def _guarded(rows: Iterator[Any]) -> Iterator[Any]:
    with _refusing_what_is_broken():
        yield from rows
