"""Settings of queues: each save shows what was and what is."""

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, FolderQuerySet, may_change, require
from apps.events.bus import publish
from apps.lib.forms import disable_all
from apps.lib.json import Json
from apps.lib.settings_diff import changes_between

from .forms import QueueForm
from .lifecycle import note_past_references
from .models import WorkQueue
from .presenting import history_of_queue

Unique = WorkQueue.UniqueReference


@require_safe
def queue_settings_list(request: PersonRequest) -> HttpResponse:
    may = may_change(request.user, Action.DESIGN, request.folder.pk, method=request.method or "")
    queues = _readable(request).select_related("automation")
    return render(request, "queues/settings_list.html", {"queues": queues, "may_change": may})


@require_http_methods(["GET", "POST"])
def queue_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _form_page(request, WorkQueue(folder=request.folder), kind="work_queue.created")


@require_http_methods(["GET", "POST"])
def queue_edit(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(_readable(request), pk=pk)
    return _form_page(request, queue, kind="work_queue.changed")


def _readable(request: PersonRequest) -> FolderQuerySet:
    return WorkQueue.objects.visible_to(request.user, Action.DESIGN, Action.AUDIT)


def _form_page(request: PersonRequest, queue: WorkQueue, *, kind: str) -> HttpResponse:
    may = may_change(request.user, Action.DESIGN, queue.folder_id, method=request.method or "")
    form = QueueForm(request.POST or None, instance=queue, folder=queue.folder)
    if not may:
        disable_all(form)
    before = form.snapshot()
    if request.method == "POST" and form.is_valid():
        changes = _save(request, form, before, kind)
        messages.success(request, _("Saved: %(n)s changes.") % {"n": len(changes)})
        request.session["queue_changes"] = {"queue": form.instance.pk, "changes": changes}
        return redirect("queue_settings:edit", pk=form.instance.pk)
    shown = request.session.pop("queue_changes", None) or {}
    changes = shown.get("changes", []) if shown.get("queue") == queue.pk else []
    history = history_of_queue(queue) if queue.pk else []
    context = {
        "form": form,
        "queue": queue,
        "changes": changes,
        "history": history,
        "may_change": may,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "queues/settings_form.html", context, status=status)


def _save(request: PersonRequest, form: QueueForm, before: dict[str, Any], kind: str) -> list[Json]:
    """Save and record what changed, in one transaction."""
    with transaction.atomic():
        queue = form.save()
        note_past_references(queue, was=before.get("unique_reference", Unique.OFF))
        changes = changes_between(form, before, form.snapshot())
        if changes:
            publish(
                kind,
                subject=("queue", queue.pk),
                folder_id=queue.folder_id,
                by=request.user.actor,
                data={"changes": changes},
                topics=["queues"],
            )
    return changes
