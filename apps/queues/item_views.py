"""One item: its page, and what a person may do with it."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import FileResponse, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import NotFoundError

from . import documents, files, item_presenting, lifecycle
from .by_hand import ItemEdit
from .forms import FileForm, NothingToAskForm, ReasonForm, ReferenceForm
from .models import ItemFile, WorkItem

# verb in the address → (its form, what it does)
VERBS: dict[str, tuple[type[forms.Form], Callable[..., Any]]] = {
    "hold": (ReasonForm, lifecycle.hold_item),
    "resume": (NothingToAskForm, lifecycle.resume_item),
    "skip": (ReasonForm, lifecycle.skip_item),
    "cancel": (ReasonForm, lifecycle.cancel_item),
    "retry": (NothingToAskForm, lifecycle.retry_item),
    "reopen": (ReasonForm, lifecycle.reopen_item),
    "complete-by-hand": (ReferenceForm, lifecycle.complete_by_hand),
}


@require_safe
def item_detail(request: PersonRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    context = {
        "item": item,
        "verbs": [verb for verb in item_presenting.VERBS if verb.asks],
        "quick_verbs": [verb for verb in item_presenting.VERBS if not verb.asks],
        "may_operate": can(request.user, Action.OPERATE, item.queue.folder_id),
        "document": _document(request, item),
    }
    return render(request, "queues/item_detail.html", context)


@require_http_methods(["GET", "POST"])
def item_edit(request: PersonRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    require(request.user, Action.OPERATE, item.queue.folder_id)
    edit = ItemEdit(item, request)
    is_sent = request.method == "POST" and not edit.wants_rows
    if is_sent and edit.is_valid() and edit.save(by=request.user.actor):
        messages.success(request, _("Saved. The history shows what changed."))
        return redirect("items:item_detail", pk=pk)
    status = 422 if is_sent else 200
    return render(request, "queues/item_edit.html", {"item": item, "edit": edit}, status=status)


@require_POST
def item_verb(request: PersonRequest, pk: int, verb: str) -> HttpResponse:
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
def item_reveal(request: PersonRequest, pk: int) -> HttpResponse:
    """Show personal data once; that somebody looked is written down."""
    item = _find(request, pk)
    require(request.user, Action.REVEAL, item.queue.folder_id)
    item_presenting.record_reveal(item, by=request.user.actor)
    context = {"item": item, "data": item_presenting.plain_data(item), "is_revealed": True}
    return render(request, "queues/item_detail.html#data", context)


@require_POST
def file_add(request: PersonRequest, pk: int) -> HttpResponse:
    item = _find(request, pk)
    require(request.user, Action.OPERATE, item.queue.folder_id)
    form = FileForm(request.POST, request.FILES)
    if form.is_valid() and form.cleaned_data["file"]:
        files.attach(item, form.cleaned_data["file"], by=request.user.actor)
    else:
        messages.error(request, _("Choose a file first."))
    return redirect("items:item_detail", pk=pk)


@require_safe
def file_download(request: PersonRequest, pk: int, file_id: int) -> FileResponse:
    """Always an attachment of a harmless type: what bots bring in is not ours to render."""
    item = _find(request, pk)
    found = get_object_or_404(ItemFile, pk=file_id, item_id=item.pk)
    return files.as_attachment(found)


@require_safe
def file_page(request: PersonRequest, pk: int, file_id: int, page: int) -> HttpResponse:
    """A page of a PDF, drawn here: no browser ever opens the file itself."""
    item = _find(request, pk)
    found = get_object_or_404(ItemFile, pk=file_id, item_id=item.pk)
    return files.as_page(documents.page_of(found, page))


@require_safe
def file_image(request: PersonRequest, pk: int, file_id: int) -> HttpResponse | FileResponse:
    """An image as it is; whatever is not plainly an image is a download."""
    item = _find(request, pk)
    found = get_object_or_404(ItemFile, pk=file_id, item_id=item.pk)
    if documents.plain_type(found) not in documents.SAFE_IMAGES:
        return redirect("items:file_download", pk=pk, file_id=file_id)
    return files.as_image(found, content_type=documents.plain_type(found))


def _document(request: PersonRequest, item: WorkItem) -> dict[str, Any] | None:
    """Return the file that `?file=` names, or the first, as its viewer shows it; None: no file."""
    kept = list(files.files_about(item.pk))
    if not kept:
        return None
    wanted = request.GET.get("file", "")
    file = next((each for each in kept if str(each.pk) == wanted), kept[0])
    documents.prepare(file)
    template, context = documents.show(file)
    html = render_to_string(template, {**context, "item": item, "file": file}, request)
    return {"file": file, "files": kept, "html": html}


def _find(request: PersonRequest, pk: int) -> WorkItem:
    visible = WorkItem.objects.visible_to(request.user).select_related("queue__folder")
    item: WorkItem = get_object_or_404(visible, pk=pk)
    return item
