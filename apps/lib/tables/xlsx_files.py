"""XLSX, written while it is sent: the zip goes out member by member, the sheet row by row.

Text is text here: its type stands with each cell, so nothing is taken for a formula when the file
is opened. What begins like one is marked as quoted, too, and stays text when somebody edits it.
"""

import re
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from io import RawIOBase
from typing import Any, Final
from xml.sax.saxutils import escape, quoteattr

from .csv_files import FORMULAS
from .values import Cell

ROWS_IN_A_PIECE: Final = 200
MAX_ROWS: Final = 1_048_576
MAX_COLUMNS: Final = 16_384
WIDTH: Final = 22
MAX_CELL: Final = 32_767
MAX_TITLE: Final = 31
# Whole numbers beyond that lose digits in a spreadsheet, so they go out as text
MAX_EXACT: Final = 10**15
# styles, by their place in STYLES; the last ones by how many digits follow the point
PLAIN, HEAD, QUOTED, MOMENT, DAY, *FIXED = range(8)

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_NOT_IN_TITLES = re.compile(r"[\[\]:*?/\\]")
_EPOCH: Final = datetime(1899, 12, 30)  # noqa: DTZ001 - times in cells have no zone
_DAY_SECONDS: Final = 86_400

_XML: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"

_STYLES: Final = (
    f'{_XML}<styleSheet xmlns="{_MAIN}"><numFmts count="3">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/>'
    '<numFmt numFmtId="166" formatCode="#,##0.0"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
    '<cellXfs count="8"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="49" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" quotePrefix="1"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="3" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="166" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '<xf numFmtId="4" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>'
    '</cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)
_FIRST: Final = (
    f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
    f'Type="{_RELATIONS}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
)
_SHEET_HEAD: Final = (
    f'{_XML}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
    '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    f'</sheetView></sheetViews><cols><col min="1" max="{MAX_COLUMNS}" width="{WIDTH}" '
    'customWidth="1"/></cols><sheetData>'
)


@dataclass(frozen=True)
class Sheet:
    """A table; the first row is its header. `rows` is gone through once."""

    title: str
    rows: Iterable[Sequence[Cell]]


def xlsx_pieces(sheets: Sequence[Sheet]) -> Iterator[bytes]:
    """Yield the workbook, piece by piece."""
    out = _Outlet()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as book:
        for name, text in _parts(sheets).items():
            book.writestr(name, text)
        for number, sheet in enumerate(sheets, start=1):
            with book.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as member:
                for piece in _sheet(sheet.rows):
                    member.write(piece)
                    if found := out.taken():
                        yield found
    yield out.taken()


class _Outlet(RawIOBase):
    """What the zip writes to; it can't go back, so nothing is kept that has been taken."""

    def __init__(self) -> None:
        self._waiting = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._waiting += data
        return len(data)

    def taken(self) -> bytes:
        found = bytes(self._waiting)
        self._waiting.clear()
        return found


def _sheet(rows: Iterable[Sequence[Cell]]) -> Iterator[bytes]:
    waiting = [_SHEET_HEAD]
    for number, row in enumerate(rows, start=1):
        if number > MAX_ROWS:
            break
        style = HEAD if number == 1 else PLAIN
        waiting.append(f"<row>{''.join([_cell(cell, style) for cell in row])}</row>")
        if number % ROWS_IN_A_PIECE == 0:
            yield "".join(waiting).encode()
            waiting = []
    waiting.append("</sheetData></worksheet>")
    yield "".join(waiting).encode()


def _cell(cell: Cell, style: int) -> str:
    if cell is None or cell == "":
        return "<c/>"
    elif isinstance(cell, bool):
        return f'<c t="b"><v>{int(cell)}</v></c>'
    elif isinstance(cell, str) or not _is_exact(cell):
        return _text(str(cell), style)
    elif isinstance(cell, datetime):
        # cells know no zone: as the clock of the reader shows it
        seconds = (cell.replace(tzinfo=None) - _EPOCH).total_seconds()
        return f'<c s="{MOMENT}"><v>{seconds / _DAY_SECONDS!r}</v></c>'
    elif isinstance(cell, date):
        return f'<c s="{DAY}"><v>{(cell - _EPOCH.date()).days}</v></c>'
    else:
        style = _digits_style(cell) if isinstance(cell, Decimal) else PLAIN
        return f'<c s="{style}"><v>{cell}</v></c>'


def _digits_style(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    digits = -exponent if isinstance(exponent, int) else 0
    return FIXED[min(max(digits, 0), len(FIXED) - 1)]


def _is_exact(cell: Any) -> bool:
    if isinstance(cell, float):
        return cell - cell == 0
    return isinstance(cell, date) or -MAX_EXACT < cell < MAX_EXACT


def _text(text: str, style: int) -> str:
    if style == PLAIN and text.startswith(FORMULAS):
        style = QUOTED
    shown = escape(_FORBIDDEN.sub("", text[:MAX_CELL]))
    mark = f' s="{style}"' if style else ""
    return f'<c t="inlineStr"{mark}><is><t xml:space="preserve">{shown}</t></is></c>'


def _parts(sheets: Sequence[Sheet]) -> dict[str, str]:
    numbers = range(1, len(sheets) + 1)
    titles = _titles(sheets)
    overrides = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>'
        for n in numbers
    )
    listed = "".join(
        f'<sheet name={quoteattr(title)} sheetId="{n}" r:id="rId{n}"/>'
        for n, title in zip(numbers, titles, strict=True)
    )
    relations = "".join(
        f'<Relationship Id="rId{n}" Type="{_RELATIONS}/worksheet" '
        f'Target="worksheets/sheet{n}.xml"/>'
        for n in numbers
    )
    last = len(sheets) + 1
    return {
        "[Content_Types].xml": (
            f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Default Extension="xml" ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
            f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
            f"{overrides}</Types>"
        ),
        "_rels/.rels": _FIRST,
        "xl/workbook.xml": (
            f'{_XML}<workbook xmlns="{_MAIN}" xmlns:r="{_RELATIONS}">'
            f"<sheets>{listed}</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": (
            f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{relations}'
            f'<Relationship Id="rId{last}" Type="{_RELATIONS}/styles" Target="styles.xml"/>'
            "</Relationships>"
        ),
        "xl/styles.xml": _STYLES,
    }


def _titles(sheets: Sequence[Sheet]) -> list[str]:
    """Return names that a workbook takes: short, without its own signs, no two alike."""
    found: list[str] = []
    for number, sheet in enumerate(sheets, start=1):
        title = _NOT_IN_TITLES.sub(" ", sheet.title)[:MAX_TITLE].strip(" '") or f"Sheet{number}"
        is_taken = title.casefold() in map(str.casefold, found)
        found.append(f"{title[: MAX_TITLE - 4]} {number}" if is_taken else title)
    return found
