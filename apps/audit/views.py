"""The audit: who did what, when, and what changed by it."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import FileResponse, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.events.history import NEWEST_FIRST
from apps.events.models import Event
from apps.events.wording import known_sorts
from apps.lib.errors import InvalidError
from apps.lib.pagination import page_of

from .asking import AuditFilter
from .exporting import csv_file
from .presenting import row_of
from .scopes import Scope, scope_named, scopes_of


@require_safe
def audit_page(request: PersonRequest) -> HttpResponse:
    said = {name: str(value) for name, value in request.GET.items()}
    status, problem = 200, ""
    rows: list[dict[str, Any]] = []
    next_cursor = None
    try:
        wanted = AuditFilter.parse(said).within_reach()
        scope = scope_named(request.rights, wanted.folder, otherwise=request.folder)
        found = page_of(
            wanted.rows(scope.folder_id), order=NEWEST_FIRST, cursor=said.get("after", "")
        )
        rows, next_cursor = [row_of(event) for event in found.items], found.next_cursor
    except InvalidError as error:
        wanted, status, problem = AuditFilter(), 422, error.message
        scope = scope_named(request.rights, "", otherwise=request.folder)
    base = reverse("audit:page")
    context = {
        "rows": rows,
        "problem": problem,
        "scope": scope,
        "said": said if problem else {},
        "wanted": wanted,
        "scopes": scopes_of(request.rights),
        "sorts": known_sorts(),
        "begins": _begin_of(scope),
        "months_kept": settings.HISTORY_MONTHS_KEPT,
        "first_url": f"{base}?{wanted.query()}" if said.get("after") else "",
        "next_url": f"{base}?{wanted.query(after=next_cursor)}" if next_cursor else "",
        "csv_url": f"{reverse('audit:csv')}?{wanted.query()}",
    }
    return render(request, "audit/page.html", context, status=status)


@require_safe
def audit_csv(request: PersonRequest) -> FileResponse:
    """Raises InvalidError for a filter that makes no sense."""
    said = {name: str(value) for name, value in request.GET.items()}
    wanted = AuditFilter.parse(said).within_reach()
    scope = scope_named(request.rights, wanted.folder, otherwise=request.folder)
    found = csv_file(scope, wanted, by=request.user.actor)
    return FileResponse(
        found, as_attachment=True, filename=_("audit") + ".csv", content_type="text/csv"
    )


def _begin_of(scope: Scope) -> datetime | None:
    """Return since when there is anything; by the index, from its other end."""
    first = Event.objects.filter(folder_id=scope.folder_id).order_by("occurred_at")
    return first.values_list("occurred_at", flat=True).first()
