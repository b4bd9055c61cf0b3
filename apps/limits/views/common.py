"""What the pages of this app share: saving a form, and what happened before."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.utils.translation import gettext as _

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, may_change
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import DomainError
from apps.lib.forms import disable_all
from apps.lib.json import JsonObject
from apps.limits.forms import DomainForm

HISTORY_LENGTH = 20

Save = Callable[..., list[JsonObject]]


def may_design(request: PersonRequest, folder_id: int, form: DomainForm) -> bool:
    """Say whether the person may save; who may only look gets the form to read."""
    may = may_change(request.user, Action.DESIGN, folder_id, method=request.method or "")
    if not may:
        disable_all(form)
    return may


def save_form(request: PersonRequest, form: DomainForm, row: Any, save: Save) -> bool:
    """Save what was entered; False when it was refused, and the form says why."""
    if request.method != "POST" or not form.is_valid():
        return False
    if row.pk is None and "key" in form.cleaned_data:
        row.key = form.cleaned_data["key"]
    version = form.cleaned_data.get("version") if row.pk else None
    try:
        changes = save(row, form.values(), by=request.user.actor, version=version)
    except DomainError as error:
        form.refuse(error)
        return False
    messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
    return True


def history(subject: str, pk: int | None) -> Sequence[dict[str, Any]]:
    if pk is None:
        return []
    events = history_of((subject, pk), limit=HISTORY_LENGTH).items
    return [{"what": sentence_of(each), "at": each.occurred_at} for each in events]


def rights_here(request: PersonRequest, folder_id: int | None = None) -> dict[str, bool]:
    """Return what the person may do in this folder, or else in the one they work in."""
    folder_id = folder_id or request.folder.pk
    return {
        "may_design": can(request.user, Action.DESIGN, folder_id),
        "may_operate": can(request.user, Action.OPERATE, folder_id),
    }
