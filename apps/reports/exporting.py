"""Reports as files: CSV of one table, XLSX of all. No text of theirs is ever run as a formula."""

import csv
from collections.abc import Iterable, Sequence
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any, Final

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Font

from apps.lib.tables import harmless

from .answering import Answered
from .shapes import Kind, Table, Value, rounded

FORMATS: Final[dict[str, str]] = {
    "count": "#,##0",
    "percent": "0.0",
    "minutes": "#,##0.0",
    "hours": "#,##0.0",
    "money": "#,##0.00",
    "rate": "#,##0.00",
}
MAX_SHEET_TITLE: Final = 31
MAX_CELL: Final = 32_000
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def csv_file(answered: Answered, table: str = "") -> bytes:
    """Return one table ("figures", "days", or one of the report's; else its first) as CSV."""
    out = StringIO()
    writer = csv.writer(out)
    head, lines = _rows_of(answered, table)
    writer.writerow([harmless(text) for text in head])
    for line in lines:
        writer.writerow([_plain(value, kind) for value, kind in line])
    # the mark tells spreadsheets that it is UTF-8
    return out.getvalue().encode("utf-8-sig")


def xlsx_file(answered: Answered) -> bytes:
    """Return a workbook: the figures with what they mean, each table, and the days."""
    book = Workbook(write_only=True)
    keys = ["figures", *(table.key for table in answered.report.tables), "days"]
    titles = [_("Figures"), *(table.title for table in answered.report.tables), _("Days")]
    for key, title in zip(keys, _sheet_titles(titles), strict=True):
        sheet = book.create_sheet(title)
        sheet.freeze_panes = "A2"
        head, lines = _rows_of(answered, key)
        for place in range(len(head)):
            sheet.column_dimensions[chr(ord("A") + place)].width = 34 if place == 0 else 18
        sheet.append([_cell(sheet, text, "text", bold=True) for text in head])
        for line in lines:
            sheet.append([_cell(sheet, value, kind) for value, kind in line])
    out = BytesIO()
    book.save(out)
    return out.getvalue()


def file_name(answered: Answered, ending: str) -> str:
    span = answered.wanted.span
    return f"{answered.question.key}-{span.first}-{span.last}.{ending}"


Line = Sequence[tuple[Value, Kind]]


def _rows_of(answered: Answered, key: str) -> tuple[list[str], Iterable[Line]]:
    tables = {table.key: table for table in answered.report.tables}
    if key == "figures":
        return _figures(answered)
    if key == "days":
        return _days(answered)
    return _of_table(tables.get(key) or answered.report.tables[0])


def _of_table(table: Table) -> tuple[list[str], Iterable[Line]]:
    head = [_with_unit(column.label, column.kind) for column in table.columns]
    lines = [*table.lines, *([table.total_line] if table.total else [])]
    return head, ([(cell.value, cell.column.kind) for cell in line] for line in lines)


def _figures(answered: Answered) -> tuple[list[str], Iterable[Line]]:
    before = answered.wanted.before
    span = answered.wanted.span
    now_head = f"{span.first} – {span.last}"
    head = [_("Figure"), now_head, f"{before.first} – {before.last}" if before else "", _("Unit")]
    as_of = answered.as_of and timezone.localtime(answered.as_of).isoformat(timespec="seconds")
    lines: list[Line] = [
        [
            (each.label, "text"),
            (each.value, each.kind),
            (each.before, each.kind),
            (_unit(each.kind), "text"),
            (each.definition.removeprefix("= "), "text"),
        ]
        for each in answered.report.figures
    ]
    said = [answered.span_words, answered.before_words, answered.incomplete, as_of or ""]
    notes = [*said, *answered.report.formulas, *answered.report.notes]
    lines += [[(text, "text")] for text in notes if text]
    return [*head, _("Meaning")], lines


def _days(answered: Answered) -> tuple[list[str], Iterable[Line]]:
    days = answered.report.days
    head = [_("Day"), *(_with_unit(each.label, days.kind) for each in days.series)]
    return head, (
        [(day.isoformat(), "text"), *((each.values[place], days.kind) for each in days.series)]
        for place, day in enumerate(days.days)
    )


def _with_unit(label: str, kind: Kind) -> str:
    unit = _unit(kind)
    return f"{label} ({unit})" if unit else label


def _unit(kind: Kind) -> str:
    units = {"percent": "%", "minutes": "min", "hours": "h", "money": settings.CURRENCY}
    return str(units.get(kind, ""))


def _plain(value: Value, kind: Kind) -> str:
    if isinstance(value, Decimal):
        return f"{rounded(value, kind):f}"
    return harmless(value or "")


def _cell(sheet: Any, value: Value, kind: Kind, *, bold: bool = False) -> Any:
    """Text is written as text: openpyxl would take one that begins with “=” for a formula."""
    if isinstance(value, Decimal):
        cell = WriteOnlyCell(sheet, float(rounded(value, kind)))
        cell.number_format = FORMATS.get(kind, "General")
        return cell
    text = ILLEGAL_CHARACTERS_RE.sub("", value or "")[:MAX_CELL]
    cell = WriteOnlyCell(sheet, harmless(text))
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    return cell


def _sheet_titles(titles: Iterable[str]) -> list[str]:
    """Return names that a workbook takes: short, without its own signs, no two alike."""
    found: list[str] = []
    for title in titles:
        name = "".join(" " if sign in r"[]:*?/\\" else sign for sign in title)
        name = name.strip("' ")[:MAX_SHEET_TITLE]
        found.append(name if name not in found else f"{name[: MAX_SHEET_TITLE - 3]} {len(found)}")
    return found
