"""What the pages have in common: what a person may see, and saving with its differences."""

from typing import Any, TypeVar

from django.db import models
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can
from apps.lib.json import Json

M = TypeVar("M", bound=models.Model)


def find(request: PersonRequest, model: type[M], pk: int) -> M:
    """Return the row if it lies where the person may look; else 404."""
    rows: Any = model._default_manager
    found: M = get_object_or_404(rows.visible_to(request.user), pk=pk)
    return found


def stored(model: type[models.Model], pk: int | None, fields: list[str]) -> dict[str, Any]:
    """Return what the row holds now; {} for a new one."""
    return dict(model._default_manager.filter(pk=pk).values(*fields).first() or {})


def may_design(request: PersonRequest) -> bool:
    return can(request.user, Action.DESIGN, request.folder.pk)


def keep_changes(request: PersonRequest, kind: str, pk: int, changes: list[Json]) -> None:
    """Have the next page show what was saved."""
    request.session["ai_changes"] = {"of": [kind, pk], "changes": changes}


def kept_changes(request: PersonRequest, kind: str, pk: int | None) -> list[Json]:
    shown = request.session.pop("ai_changes", None) or {}
    return shown.get("changes", []) if shown.get("of") == [kind, pk] else []


def form_page(request: PersonRequest, context: dict[str, Any]) -> HttpResponse:
    """Render a form of settings; a post that comes here was refused."""
    status = 422 if request.method == "POST" else 200
    return render(request, "ai/form.html", context, status=status)
