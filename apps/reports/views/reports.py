"""A report: its page and its files."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, rights_of
from apps.lib.errors import FieldProblem
from apps.lib.tables import CONTENT_TYPES
from apps.reports.answering import Answered, answer, choices
from apps.reports.asking import Wanted, parse, today, zone
from apps.reports.exporting import csv_file, file_name, xlsx_file
from apps.reports.questions import QUESTIONS

FIRST = next(iter(QUESTIONS))
MAX_TABLE = 20


@require_safe
def report_index(request: PersonRequest) -> HttpResponse:
    return report(request, FIRST)


@require_safe
def report(request: PersonRequest, key: str) -> HttpResponse:
    answered, problems = asked(request, key)
    wanted = answered.asked
    folder_ids = rights_of(request.user).folder_ids(Action.VIEW)
    context = {
        "answered": answered,
        "problems": problems_in_words(problems),
        "questions": _tabs(key, wanted),
        "choices": choices(wanted, folder_ids),
        "periods": _periods(wanted),
        "comparisons": _comparisons(wanted),
        "shown_month": wanted.span.first.strftime("%Y-%m"),
        "zone": str(zone()),
        "query": wanted.query(),
        "is_narrowed": bool(wanted.folder or wanted.queue or wanted.automation),
        "clear_query": wanted.query(folder="", queue="", automation=""),
    }
    return render(request, "reports/report.html", context)


@require_safe
def report_csv(request: PersonRequest, key: str) -> HttpResponse:
    """One table, that of `?table=`."""
    answered, _problems = asked(request, key)
    content = csv_file(answered, request.GET.get("table", "")[:MAX_TABLE])
    return _download(content, file_name(answered, "csv"), CONTENT_TYPES["csv"])


@require_safe
def report_xlsx(request: PersonRequest, key: str) -> HttpResponse:
    answered, _problems = asked(request, key)
    return _download(xlsx_file(answered), file_name(answered, "xlsx"), CONTENT_TYPES["xlsx"])


def asked(request: PersonRequest, key: str) -> tuple[Answered, list[FieldProblem]]:
    """Return the report that the address asks for, and what of it made no sense."""
    wanted, problems = parse(request.META.get("QUERY_STRING", ""), today=today())
    return answer(key, wanted, rights_of(request.user).folder_ids(Action.VIEW)), problems


def problems_in_words(problems: list[FieldProblem]) -> str:
    return " · ".join(f"{each.path}: {each.message}" for each in problems)


def _tabs(key: str, wanted: Wanted) -> list[dict[str, Any]]:
    query = wanted.query()
    found = []
    for each in QUESTIONS.values():
        page = reverse("reports:report", args=[each.key])
        url = f"{page}?{query}" if query else page
        found.append({"label": each.title, "url": url, "current": each.key == key})
    return found


def _periods(wanted: Wanted) -> list[tuple[str, str, bool]]:
    words = {
        "today": _("Today"),
        "7d": _("The last 7 days"),
        "30d": _("The last 30 days"),
        "90d": _("The last 90 days"),
        "month": _("A month"),
        "custom": _("Days of my choice"),
    }
    return [(key, label, key == wanted.period) for key, label in words.items()]


def _comparisons(wanted: Wanted) -> list[tuple[str, str, bool]]:
    words = {
        "before": _("The time before"),
        "year": _("The same a year ago"),
        "none": _("Nothing"),
    }
    return [(key, label, key == wanted.compare) for key, label in words.items()]


def _download(content: bytes, name: str, content_type: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=content_type, headers=headers)
