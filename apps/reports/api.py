"""Reports for programs: the same figures as the pages show."""

from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path, Query, Router, Schema

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import InvalidError
from apps.lib.http import answer as answer_json

from .answering import Answered, answer
from .asking import read, today, zone
from .periods import Span
from .questions import QUESTIONS
from .shapes import Table, Value, rounded

router = Router(tags=["Reports"])

Text = Annotated[str, Query(max_length=20)]


class SpanOut(Schema):
    first: str
    last: str


class FigureOut(Schema):
    key: str
    label: str
    unit: str
    value: float | None
    before: float | None
    change: float | None
    definition: str


class TableOut(Schema):
    key: str
    title: str
    columns: list[str]
    rows: list[list[float | str | None]]
    total: list[float | str | None]


class DayOut(Schema):
    day: str
    values: list[float]


class ReportOut(Schema):
    key: str
    title: str
    zone: str
    days: SpanOut
    before: SpanOut | None
    as_of: str | None
    figures: list[FigureOut]
    tables: list[TableOut]
    series: list[str]
    by_day: list[DayOut]
    formulas: list[str]
    notes: list[str]


class ReportName(Schema):
    key: str
    title: str
    asks: str


class ReportsOut(Schema):
    items: list[ReportName]


@router.get("/reports", response=ReportsOut, summary="Which reports there are")
def list_reports(request: TokenRequest) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    items = [
        {"key": each.key, "title": str(each.title), "asks": str(each.asks)}
        for each in QUESTIONS.values()
    ]
    return answer_json({"items": items})


@router.get("/reports/{key}", response=ReportOut, summary="A report")
def get_report(  # noqa: PLR0913 - the parts of its address
    request: TokenRequest,
    key: Annotated[str, Path(max_length=40)],
    period: Text = "",
    month: Text = "",
    first: Annotated[str, Query(max_length=20, alias="from")] = "",
    until: Text = "",
    compare: Text = "",
    queue: Text = "",
    automation: Text = "",
) -> HttpResponse:
    """Of the folder of the call. `period`: today, 7d, 30d (as usual), 90d, month (with `month`
    2026-10; without: the last that is over) or custom (with `from` and `until`, both included).
    `compare`: before (as usual), year or none. `queue` and `automation` are numbers. Days are
    those of the organisation's zone; percentages are from 0 to 100."""
    require(request.rights, Action.VIEW, request.folder.pk)
    said = {
        "period": period,
        "month": month,
        "from": first,
        "until": until,
        "compare": compare,
        "queue": queue,
        "automation": automation,
    }
    wanted, problems = read(said, today=today())
    if problems:
        message = f"{problems[0].path}: {problems[0].message}"
        raise InvalidError(message, fields=problems)
    return answer_json(_report(answer(key, wanted, frozenset({request.folder.pk}))))


def _report(answered: Answered) -> dict[str, Any]:
    report = answered.report
    before = answered.wanted.before
    return {
        "key": answered.question.key,
        "title": answered.title,
        "zone": str(zone()),
        "days": _span(answered.wanted.span),
        "before": _span(before) if before else None,
        "as_of": answered.as_of,
        "figures": [
            {
                "key": each.key,
                "label": each.label,
                "unit": each.kind,
                "value": _number(each.value),
                "before": _number(each.before),
                "change": _number(each.change),
                "definition": each.definition,
            }
            for each in report.figures
        ],
        "tables": [_table(each) for each in report.tables],
        "series": [each.label for each in report.days.series],
        "by_day": [
            {
                "day": day.isoformat(),
                "values": [float(each.values[place]) for each in report.days.series],
            }
            for place, day in enumerate(report.days.days)
        ],
        "formulas": list(report.formulas),
        "notes": list(report.notes),
    }


def _table(table: Table) -> dict[str, Any]:
    kinds = [column.kind for column in table.columns]
    return {
        "key": table.key,
        "title": table.title,
        "columns": [column.label for column in table.columns],
        "rows": [
            [_value(each, kind) for each, kind in zip(row.values, kinds, strict=True)]
            for row in table.rows
        ],
        "total": [_value(each, kind) for each, kind in zip(table.total, kinds, strict=False)],
    }


def _value(value: Value, kind: Any) -> float | str | None:
    return value if isinstance(value, str) or value is None else float(rounded(value, kind))


def _number(value: Any) -> float | None:
    return None if value is None else float(value)


def _span(span: Span) -> dict[str, str]:
    return {"first": span.first.isoformat(), "last": span.last.isoformat()}
