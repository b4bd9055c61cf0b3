"""A sheet of a workbook, row by row: whatever it holds, no more than a row of it is in memory.

The library's own reader keeps every element of the sheet, fills gaps between rows cell by cell,
and does not tell of merged cells or of formulas without a value.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import IO, Any, Final
from xml.parsers import expat

from django.utils.translation import gettext as _
from openpyxl.utils.datetime import from_excel, from_ISO8601

from apps.queues.exchange.refusing import FileRefusedError
from apps.queues.exchange.settings import MAX_COLUMNS

from .tables import RawCell

PIECE_BYTES: Final = 256 * 1024
MAX_SHEET_ROWS: Final = 1_048_576
# more than a cell may hold
MAX_TEXT: Final = 40_000
MAX_MERGED: Final = 3
MAX_EXACT: Final = 2**53
_LETTERS = re.compile(r"([A-Z]{1,3})[0-9]{1,7}", re.ASCII)


@dataclass(frozen=True)
class Book:
    """What cells refer to: texts by number, which styles are dates, where days are counted from."""

    texts: Sequence[str]
    date_styles: frozenset[int]
    duration_styles: frozenset[int]
    epoch: datetime


def rows_of(member: IO[bytes], book: Book, title: str) -> Iterator[tuple[int, list[RawCell]]]:
    """Yield the rows of a sheet with their numbers.

    Raises FileRefusedError at the end of one with merged cells, ValueError and its like, or
    ExpatError, for what is no sheet.
    """
    reader = _Reader(book)
    while piece := member.read(PIECE_BYTES):
        reader.parser.Parse(piece, False)
        yield from reader.taken()
    reader.parser.Parse(b"", True)
    yield from reader.taken()
    if reader.merged:
        words = {"sheet": title, "ranges": ", ".join(reader.merged)}
        raise FileRefusedError(
            _(
                "Sheet “%(sheet)s” has merged cells (%(ranges)s), so it is not clear what belongs"
                " to which row. Unmerge them and fill each cell."
            )
            % words
        )


class _Reader:
    """Hears of elements, remembers the row at hand."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.merged: list[str] = []
        self._done: list[tuple[int, list[RawCell]]] = []
        self._number = self._n_rows = 0
        self._cells: list[RawCell] = []
        # where a cell stands that does not say so
        self._next = 0
        self._cell: _Cell | None = None
        self._is_heard = False
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartElementHandler = self._begin
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._hear
        self.parser.StartDoctypeDeclHandler = _refuse_doctype

    def taken(self) -> list[tuple[int, list[RawCell]]]:
        found, self._done = self._done, []
        return found

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        tag = name.rpartition(" ")[2]
        if tag == "row":
            self._begin_row(attributes)
        elif tag == "c":
            self._cell = _Cell(attributes, usual=self._next)
            self._next = self._cell.index + 1
        elif tag == "mergeCell" and len(self.merged) < MAX_MERGED:
            self.merged.append(attributes.get("ref", "")[:20])
        elif self._cell is not None:
            self._is_heard = tag == "v" or (tag == "t" and not self._cell.is_spelt)
            self._cell.has_formula |= tag == "f"
            # how a text is read aloud stands within it
            self._cell.is_spelt = tag == "rPh" or (self._cell.is_spelt and tag != "r")

    def _begin_row(self, attributes: dict[str, str]) -> None:
        number = int(attributes.get("r", self._number + 1))
        self._n_rows += 1
        if not self._number < number <= MAX_SHEET_ROWS or self._n_rows > MAX_SHEET_ROWS:
            raise ValueError("rows out of order")
        self._number, self._cells, self._next = number, [], 0

    def _hear(self, text: str) -> None:
        if self._is_heard and self._cell is not None:
            self._cell.hear(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(" ")[2]
        self._is_heard = False
        if tag == "c" and self._cell is not None:
            value = self._cell.value(self.book)
            if value is not None:
                missing = self._cell.index - len(self._cells)
                self._cells += [None] * missing
                self._cells[self._cell.index :] = [value]
            self._cell = None
        elif tag == "row":
            self._done.append((self._number, self._cells))
            self._cells = []


class _Cell:
    """One cell while it is read."""

    def __init__(self, attributes: dict[str, str], *, usual: int) -> None:
        found = _LETTERS.fullmatch(attributes.get("r", ""))
        # one place for all that lies beyond the limit: that there is something is enough
        self.index = min(_index(found[1]) if found else usual, MAX_COLUMNS)
        self.type = attributes.get("t", "n")
        self.style = int(attributes.get("s", 0))
        self.has_formula = self.is_spelt = False
        self._texts: list[str] = []
        self._length = 0

    def hear(self, text: str) -> None:
        if self._length <= MAX_TEXT:
            self._texts.append(text)
            self._length += len(text)

    def value(self, book: Book) -> RawCell:
        text = "".join(self._texts)
        if self.type == "e":
            return {"error": text[:20]}
        elif not text:
            return {"formula": ""} if self.has_formula and self.type != "str" else None
        else:
            return self._read(text, book)

    def _read(self, text: str, book: Book) -> RawCell:
        if self.type == "s":
            return _plain_text(book.texts[int(text)])
        elif self.type == "b":
            return bool(int(text))
        elif self.type == "d":
            return _plain_time(from_ISO8601(text))  # type: ignore[no-untyped-call]
        elif self.type == "n":
            return _number(text, self.style, book)
        else:
            return _plain_text(text)


def _number(text: str, style: int, book: Book) -> RawCell:
    number = float(text)
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError(text)
    if style in book.date_styles:
        try:
            is_duration = style in book.duration_styles
            return _plain_time(from_excel(number, book.epoch, timedelta=is_duration))
        except (OverflowError, ValueError):
            return {"error": "#VALUE!"}
    if number.is_integer() and abs(number) < MAX_EXACT:
        return int(number)
    return number


def _plain_time(value: Any) -> RawCell:
    if isinstance(value, datetime | date):
        return {"at": value.isoformat()}
    return str(value) if isinstance(value, time | timedelta) else None


def _plain_text(value: str) -> str:
    return str(value).replace("\x00", "").replace("_x000D_", "").strip()


def _index(letters: str) -> int:
    found = 0
    for letter in letters:
        found = 26 * found + ord(letter) - ord("A") + 1
    return found - 1


def _refuse_doctype(*_what: Any) -> None:
    raise ValueError("a sheet declares no types")
