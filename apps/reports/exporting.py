"""Reports as files: CSV of one table, XLSX of all."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.lib.tables import Cell, Sheet, csv_pieces, xlsx_pieces

from .answering import Answered
from .shapes import Kind, Table, Value, rounded


def csv_file(answered: Answered, table: str = "") -> bytes:
    """Return one table ("figures", "days", or one of the report's; else its first) as CSV."""
    return b"".join(csv_pieces(_cells_of(answered, table)))


def xlsx_file(answered: Answered) -> bytes:
    """Return a workbook: the figures with what they mean, each table, and the days."""
    tables = answered.report.tables
    titles = {"figures": _("Figures"), **{each.key: each.title for each in tables}}
    sheets = [
        Sheet(title, _cells_of(answered, key))
        for key, title in {**titles, "days": _("Days")}.items()
    ]
    return b"".join(xlsx_pieces(sheets))


def file_name(answered: Answered, ending: str) -> str:
    span = answered.wanted.span
    return f"{answered.question.key}-{span.first}-{span.last}.{ending}"


def _cells_of(answered: Answered, key: str) -> Iterable[Sequence[Cell]]:
    head, lines = _rows_of(answered, key)
    yield head
    for line in lines:
        yield [
            rounded(value, kind) if isinstance(value, Decimal) else value for value, kind in line
        ]


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
