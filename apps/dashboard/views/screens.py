"""The wall itself: a page that stays for months, and the piece of it that is asked for again."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.dashboard.models import Wall
from apps.dashboard.screens import DisplayRefusedError, display_of, shown_on
from apps.lib.clock import in_milliseconds

View = Callable[[HttpRequest, str, str], HttpResponse]


def for_displays(view: View) -> View:
    """Answer a plain page to whoever has no valid token; it asks again by itself now and then."""

    @wraps(view)
    def checked(request: HttpRequest, key: str, token: str) -> HttpResponse:
        with translation.override(settings.LANGUAGE_CODE):
            try:
                return view(request, key, token)
            except DisplayRefusedError as error:
                context = {"why": error.message}
                refusal = render(request, "dashboard/wall_refused.html", context, status=403)
                # not by a proxy, say: then the wall goes on asking
                refusal.headers["X-Wall"] = "refused"
                return refusal

    return checked


@login_not_required
@never_cache
@require_safe
@for_displays
def wall_page(request: HttpRequest, key: str, token: str) -> HttpResponse:
    wall = display_of(key, token, _address(request)).wall
    return _page(request, wall, reverse("dashboard:wall_now", args=[key, token]))


@login_not_required
@never_cache
@require_safe
@for_displays
def wall_now(request: HttpRequest, key: str, token: str) -> HttpResponse:
    """The piece that changes, with the release in a header: a new one reloads the page."""
    return _piece(request, display_of(key, token, _address(request)).wall)


@never_cache
@require_safe
def wall_preview(request: PersonRequest, key: str) -> HttpResponse:
    """The same for a person who may see the folder; `?part=now` is the piece that changes."""
    wall: Wall = get_object_or_404(Wall.objects.visible_to(request.user), key=key)
    if request.GET.get("part") == "now":
        return _piece(request, wall)
    return _page(request, wall, f"{reverse('dashboard:wall_preview', args=[key])}?part=now")


def _page(request: HttpRequest, wall: Wall, now_url: str) -> HttpResponse:
    context = {**shown_on(wall), "now_url": now_url, "release": settings.VERSION}
    return _rendered(request, "dashboard/wall.html", wall, context)


def _piece(request: HttpRequest, wall: Wall) -> HttpResponse:
    shown = shown_on(wall)
    response = _rendered(request, "dashboard/wall.html#now", wall, shown)
    response.headers["X-Release"] = settings.VERSION
    response.headers["X-As-Of"] = str(in_milliseconds(shown["at"]))
    return response


def _rendered(
    request: HttpRequest, template: str, wall: Wall, context: dict[str, Any]
) -> HttpResponse:
    with timezone.override(wall.time_zone):
        response = render(request, template, context)
    # its address is a secret: no page that it leads to may learn it
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _address(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
