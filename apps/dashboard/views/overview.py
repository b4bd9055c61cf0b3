"""The overview: is anything on fire, what, and whose is it; and the lists that its tiles count."""

from urllib.parse import urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.dashboard.lists import LISTS

MAX_CURSOR = 1_000


@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    return render(request, "dashboard/overview.html")


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
