"""Settings: walls, and the tokens of their screens."""

from typing import Any

from django.contrib import messages
from django.db.models import Count, Max, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.audiences import time_zone_of
from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, may_change, require
from apps.dashboard.forms import TokenForm, WallForm
from apps.dashboard.lifecycle import (
    create_display_token,
    remove_wall,
    revoke_display_token,
    save_wall,
)
from apps.dashboard.models import DisplayToken, Wall
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import ConflictError, InvalidError
from apps.lib.forms import disable_all

from .today import add_problems

HISTORY_LENGTH = 20
USUAL_PAGES = [
    {
        "title": "",
        "tiles": ["backlog", "at-work", "failures", "people", "in-time", "done"],
        "shows_chart": True,
    }
]


@require_safe
def wall_list(request: PersonRequest) -> HttpResponse:
    may = may_change(
        request.user, Action.ADMINISTER, request.folder.pk, method=request.method or ""
    )
    usable = Q(tokens__revoked_at=None, tokens__isnull=False)
    walls = Wall.objects.filter(folder=request.folder).annotate(
        n_screens=Count("tokens", filter=usable), seen_at=Max("tokens__last_used_at")
    )
    return render(request, "dashboard/wall_list.html", {"walls": walls, "may_change": may})


@require_http_methods(["GET", "HEAD", "POST"])
def wall_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    zone = time_zone_of(request.user)
    return _form_page(request, Wall(folder=request.folder, pages=USUAL_PAGES, time_zone=zone))


@require_http_methods(["GET", "HEAD", "POST"])
def wall_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, _wall(request, pk))


@require_POST
def wall_remove(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    wall = _wall(request, pk)
    remove_wall(wall, by=request.user.actor)
    messages.success(request, _("The wall “%(title)s” is removed.") % {"title": wall.title})
    return redirect("wall_settings:list")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def token_create(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    wall = _wall(request, pk)
    form = TokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            token, text = create_display_token(wall, **form.cleaned_data, by=request.user.actor)
        except InvalidError as error:
            add_problems(form, error)
        else:
            address = reverse("dashboard:wall", args=[wall.key, text])
            # the address is in this answer only
            context = {"wall": wall, "token": token, "url": request.build_absolute_uri(address)}
            return render(request, "dashboard/wall_token_created.html", context)
    status = 422 if request.method == "POST" else 200
    context = {"wall": wall, "form": form}
    return render(request, "dashboard/wall_token.html", context, status=status)


@require_POST
def token_revoke(request: PersonRequest, pk: int, token_pk: int) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    tokens = DisplayToken.objects.filter(wall=_wall(request, pk)).select_related("wall")
    token = get_object_or_404(tokens, pk=token_pk)
    try:
        revoke_display_token(token, by=request.user.actor)
    except ConflictError as error:
        messages.warning(request, error.message)
    else:
        said = _("The screen “%(name)s” shows nothing any more.")
        messages.success(request, said % {"name": token.name})
    return redirect("wall_settings:edit", pk=pk)


def _form_page(request: PersonRequest, wall: Wall) -> HttpResponse:
    may = may_change(
        request.user, Action.ADMINISTER, request.folder.pk, method=request.method or ""
    )
    form = WallForm(request.POST or None, wall=wall)
    if not may:
        disable_all(form)
    is_sent = request.method == "POST"
    if is_sent and form.is_valid() and _save(request, wall, form):
        return redirect("wall_settings:edit", pk=wall.pk)
    context = _context(wall, form) | {"may_change": may}
    return render(request, "dashboard/wall_form.html", context, status=422 if is_sent else 200)


def _save(request: PersonRequest, wall: Wall, form: WallForm) -> bool:
    if wall.pk is None:
        wall.key = form.cleaned_data["key"]
    try:
        changes = save_wall(wall, form.values(), by=request.user.actor)
    except InvalidError as error:
        for problem in error.fields:
            form.add_error(form.field_of(problem.path), problem.message)
        return False
    messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
    return True


def _context(wall: Wall, form: WallForm) -> dict[str, Any]:
    events = history_of(("wall", wall.pk or 0), limit=HISTORY_LENGTH).items
    return {
        "wall": wall,
        "form": form,
        "tokens": wall.tokens.all() if wall.pk else [],
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }


def _wall(request: PersonRequest, pk: int) -> Wall:
    wall: Wall = get_object_or_404(Wall.objects.filter(folder=request.folder), pk=pk)
    return wall
