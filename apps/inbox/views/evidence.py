"""Evidence of a task, and files that people attach to it."""

from typing import Any

from django.contrib import messages
from django.http import FileResponse, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.inbox.attachments import attach_to_task, find_file
from apps.inbox.evidence import chosen_file, evidence_of
from apps.inbox.forming import files_for, form_of
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError, DomainError, InvalidError, TooLargeError
from apps.queues import documents, files

from .common import address_of, filter_of, find_task, is_partial, task_to_decide

MAX_AT_ONCE = 20


@require_safe
def task_evidence(request: PersonRequest, pk: int) -> HttpResponse:
    """The documents alone, drawn: what takes its time comes after the page."""
    task = find_task(request, pk)
    chosen, query = chosen_file(request.GET), filter_of(request).query()
    if not is_partial(request):
        return redirect(f"{reverse('inbox:task', args=[pk])}?file={chosen}")
    document = evidence_of(task, form_of(task), chosen=chosen, query=query, waits=True)
    context: dict[str, Any] = {"document": document, "task": task, "query": query}
    response = render(request, "queues/documents/aside.html", context)
    patch_cache_control(response, private=True, no_store=True)
    return response


@require_POST
def file_add(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep what was chosen, dropped, pasted or photographed; one bad file doesn't stop the rest."""
    task = task_to_decide(request, pk)
    uploads = request.FILES.getlist("file")[:MAX_AT_ONCE]
    refused: list[DomainError] = []
    if not uploads:
        refused.append(InvalidError(_("Choose a file first.")))
    for upload in uploads:
        try:
            attach_to_task(task, upload, by=request.user.actor)
        except (InvalidError, TooLargeError, ConflictError) as error:
            refused.append(error)
    if request.headers.get("X-Requested-By") == "field":
        return _as_choices(task, refused)
    if is_partial(request):
        return _files(request, task, refused)
    for each in refused:
        messages.error(request, each.message)
    return redirect(address_of(task, filter_of(request)))


def _as_choices(task: UserTask, refused: list[DomainError]) -> HttpResponse:
    """Answer a field that takes files: what may be chosen now, the newest last."""
    said = {
        "files": [{"ref": ref, "title": title} for ref, title in files_for(task) or []],
        "refused": " ".join(error.message for error in refused),
    }
    return JsonResponse(said, status=refused[0].status if refused else 200)


def _files(request: PersonRequest, task: UserTask, refused: list[DomainError]) -> HttpResponse:
    context = {
        "task": task,
        "may_decide": task.is_open,
        "query": filter_of(request).query(),
        "refused": refused,
        "is_new": True,
    }
    return render(
        request, "inbox/_files.html", context, status=refused[0].status if refused else 200
    )


@require_safe
def file_download(request: PersonRequest, pk: int, file_id: int) -> FileResponse:
    """Always an attachment of a harmless type: what people bring in is not ours to render."""
    return files.as_attachment(find_file(find_task(request, pk), file_id))


@require_safe
def file_image(request: PersonRequest, pk: int, file_id: int) -> HttpResponseBase:
    """An image as it is; whatever is not plainly an image is a download."""
    kept = find_file(find_task(request, pk), file_id)
    kind = documents.plain_type(kept)
    if kind not in documents.SAFE_IMAGES:
        return redirect("inbox:file_download", pk=pk, file_id=file_id)
    return files.as_image(kept, content_type=kind)


@require_safe
def file_page(request: PersonRequest, pk: int, file_id: int, page: int) -> HttpResponse:
    """A page of a PDF, drawn here: no browser ever opens the file itself."""
    return files.as_page(documents.page_of(find_file(find_task(request, pk), file_id), page))
