"""One item: its page, and what a person may do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.permissions import Action, can, require
from apps.lib.errors import NotFoundError

from . import files, item_presenting, lifecycle
from .by_hand import ItemEdit
from .forms import FileForm, ReasonForm, ReferenceForm
from .models import ItemFile, WorkItem

# verb in the address → (its form, what it does)
VERBS: dict[str, tuple[type[forms.Form], Callable[..., Any]]] = {
    "hold": (ReasonForm, lifecycle.hold_item),
    "resume": (ReasonForm, lifecycle.resume_item),
    "skip": (ReasonForm, lifecycle.skip_item),
    "cancel": (ReasonForm, lifecycle.cancel_item),
    "retry": (ReasonForm, lifecycle.retry_item),
    "reopen": (ReasonForm, lifecycle.reopen_item),
    "complete-by-hand": (ReferenceForm, lifecycle.complete_by_hand),
}


@require_safe
def item_detail(request: HttpRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    may_operate = can(request.user, Action.OPERATE, item.queue.folder_id)
    context = {"item": item, "verbs": item_presenting.VERBS, "may_operate": may_operate}
    return render(request, "queues/item_detail.html", context)


@require_http_methods(["GET", "POST"])
def item_edit(request: HttpRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    require(request.user, Action.OPERATE, item.queue.folder_id)
    edit = ItemEdit(item, request)
    if request.method == "POST" and edit.is_valid() and edit.save(by=request.user.actor):
        messages.success(request, _("Saved. The history shows what changed."))
        return redirect("items:item_detail", pk=pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "queues/item_edit.html", {"item": item, "edit": edit}, status=status)


@require_POST
def item_verb(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    item = _find(request, pk)
    require(request.user, Action.OPERATE, item.queue.folder_id)
    if verb not in VERBS:
        raise NotFoundError(_("There is no such action on an item."))
    form_class, act = VERBS[verb]
    form = form_class(request.POST)
    if form.is_valid():
        act(item.pk, by=request.user.actor, **form.cleaned_data)
    else:
        first = next(iter(form.errors.items()))
        messages.error(request, f"{form.fields[first[0]].label}: {first[1][0]}")
    return redirect("items:item_detail", pk=pk)


@require_POST
def item_reveal(request: HttpRequest, pk: int) -> HttpResponse:
    """Show personal data once; that somebody looked is written down."""
    item = _find(request, pk)
    require(request.user, Action.REVEAL, item.queue.folder_id)
    item_presenting.record_reveal(item, by=request.user.actor)
    context = {"item": item, "pairs": item_presenting.plain_pairs(item), "is_revealed": True}
    return render(request, "queues/item_detail.html#data", context)


@require_POST
def file_add(request: HttpRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    require(request.user, Action.OPERATE, item.queue.folder_id)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid() and form.cleaned_data["file"]:
        files.attach(item, form.cleaned_data["file"], by=request.user.actor)
    else:
        messages.error(request, _("Choose a file first."))
    return redirect("items:item_detail", pk=pk)


@require_safe
def file_download(request: HttpRequest, pk: int, file_id: int) -> FileResponse:
    """Always an attachment of a harmless type: what bots bring in is not ours to render."""
    item = _find(request, pk)
    found = get_object_or_404(ItemFile, pk=file_id, item_id=item.pk)
    return files.as_attachment(found)


def _find(request: HttpRequest, pk: int) -> WorkItem:
    visible = WorkItem.objects.visible_to(request.user).select_related("queue__folder")
    item: WorkItem = get_object_or_404(visible, pk=pk)
    return item
