"""The overview: is anything on fire, what, and whose is it; and the lists that its tiles count."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.dashboard.first_steps import are_hidden_for, first_steps, hide_for, may_set_up
from apps.dashboard.lists import LISTS

MAX_CURSOR = 1_000


@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    return render(request, "dashboard/overview.html", {"shows_steps": _shows_steps(request)})


@require_POST
def hide_steps(request: PersonRequest) -> HttpResponse:
    """Show this person the first steps no more."""
    hide_for(request.user)
    messages.success(request, _("The first steps are hidden for you; others still see them."))
    return redirect("dashboard:overview")


def _shows_steps(request: PersonRequest) -> bool:
    if not may_set_up(request.rights, request.folder.pk) or are_hidden_for(request.user):
        return False
    found = first_steps(request.folder.pk, request.rights)
    return found is not None and not found.is_over


@require_safe
def overview_list(request: PersonRequest, key: str) -> HttpResponse:
    """One of the lists that the tiles count, across all folders of the reader."""
    found = LISTS.get(key)
    if found is None:
        raise Http404(key)
    cursor = request.GET.get("cursor", "").replace("\x00", "")[:MAX_CURSOR]
    argument = f"{key}?{urlencode({'cursor': cursor})}" if cursor else key
    context = {"title": found.title, "key": key, "argument": argument[:400]}
    return render(request, "dashboard/list.html", context)
