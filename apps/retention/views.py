"""Settings: how long history stays, and the archives there are. For admins of every folder."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, can_everywhere
from apps.events.bus import publish
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import NotAllowedError

from . import lifecycle
from .forms import PolicyForm
from .kept import all_kept, kept_in
from .models import Archive, Policy
from .sizes import sizes_of

ARCHIVES_SHOWN = 200
HISTORY_LENGTH = 20


@require_safe
def overview(request: PersonRequest) -> HttpResponse:
    _require_everywhere(request.user)
    kept = all_kept()
    sizes = sizes_of([each.table for each in kept])
    rows = [
        {"kept": each, "policy": lifecycle.policy_of(each), "size": sizes[each.table]}
        for each in kept
    ]
    archives = Archive.objects.all()[:ARCHIVES_SHOWN]
    titles = {each.table: each.title for each in kept}
    context = {
        "rows": rows,
        "archives": [
            {"archive": each, "title": titles.get(each.table, each.table)} for each in archives
        ],
        "directory": lifecycle.directory(),
    }
    return render(request, "retention/overview.html", context)


@require_http_methods(["GET", "POST"])
def policy(request: PersonRequest, table: str) -> HttpResponse:
    _require_everywhere(request.user)
    kept = kept_in(table)
    stored = lifecycle.policy_of(kept)
    form = PolicyForm(request.POST) if request.method == "POST" else PolicyForm.of(stored)
    if request.method == "POST" and form.is_valid():
        lifecycle.save_policy(kept, **form.cleaned_data, by=request.user.actor)
        messages.success(request, _("How long “%s” stay is saved.") % kept.title)
        return redirect("retention_settings:overview")
    context: dict[str, Any] = {"form": form, "kept": kept, "history": _history(stored)}
    status = 422 if request.method == "POST" else 200
    return render(request, "retention/policy.html", context, status=status)


@require_safe
def download(request: PersonRequest, pk: int) -> FileResponse:
    """The file of an archive. 404 when it is not in its directory any more."""
    _require_everywhere(request.user)
    archive = get_object_or_404(Archive, pk=pk)
    try:
        file = lifecycle.file_of(archive).open("rb")
    except FileNotFoundError:
        raise Http404(_("The file of this archive is not in its directory.")) from None
    _note_download(archive, request.user)
    name = f"{archive.table}-{archive.month:%Y-%m}.parquet"
    return FileResponse(
        file, as_attachment=True, filename=name, content_type="application/vnd.apache.parquet"
    )


def _history(policy: Policy) -> list[dict[str, Any]]:
    if policy.pk is None:
        return []
    events = history_of(("retention", policy.pk), limit=HISTORY_LENGTH).items
    return [{"what": sentence_of(each), "at": each.occurred_at} for each in events]


def _note_download(archive: Archive, by: User) -> None:
    publish(
        "retention.downloaded",
        subject=("archive", archive.pk),
        folder_id=None,
        by=by.actor,
        data={"title": str(archive), "file": archive.path},
    )


def _require_everywhere(holder: User) -> None:
    """History is of all folders. Raises NotAllowedError for others than admins of every one."""
    if not can_everywhere(holder, Action.ADMINISTER):
        raise NotAllowedError(_("History is of all folders: only admins of every folder see this."))
