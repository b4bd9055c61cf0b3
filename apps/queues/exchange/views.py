"""The pages of uploads, templates and downloads."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import (
    require_GET,
    require_http_methods,
    require_POST,
    require_safe,
)

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import DomainError, NotFoundError
from apps.lib.tables import CONTENT_TYPES, as_download
from apps.queues.listing import ItemFilter
from apps.queues.models import Upload, WorkQueue

from . import lifecycle
from .exporting import KINDS, faulty_pieces, list_pieces
from .forms import ReadingForm, UploadForm, mapping_in
from .settings import MAX_COLUMNS, MAX_ROWS, Settings
from .templates import template_pieces


@require_GET
def items_download(request: PersonRequest, pk: int, kind: str) -> StreamingHttpResponse:
    """The list as its filter says, all of its pages; that somebody took it is written down."""
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    wanted = ItemFilter.parse(queue.pk, request.META["QUERY_STRING"])
    pieces = list_pieces(queue, wanted, _known(kind), by=request.user.actor)
    name = f"{queue.key}-{timezone.localtime():%Y-%m-%d-%H%M}.{kind}"
    return as_download(request, pieces, name=name, content_type=CONTENT_TYPES[kind])


@require_safe
def upload_template(request: PersonRequest, pk: int, kind: str) -> StreamingHttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    pieces = template_pieces(queue, _known(kind))
    name = f"{queue.key}-template.{kind}"
    return as_download(request, pieces, name=name, content_type=CONTENT_TYPES[kind])


@require_http_methods(["GET", "POST"])
def upload_new(request: PersonRequest, pk: int) -> HttpResponse:
    queue = _queue(request, pk)
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            upload = lifecycle.receive(
                queue,
                form.cleaned_data["file"],
                settings=Settings(zone=timezone.get_current_timezone_name()),
                by=request.user.actor,
            )
        except DomainError as error:
            form.add_error("file", error.message)
        else:
            return redirect("queues:upload", pk=queue.pk, upload_pk=upload.pk)
    recent = queue.uploads.select_related("operation").order_by("-pk")[:10]
    context = {
        "queue": queue,
        "form": form,
        "recent": recent,
        "max_rows": MAX_ROWS,
        "max_columns": MAX_COLUMNS,
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "queues/upload_new.html", context, status=status)


@require_safe
def upload_detail(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponse:
    upload = _upload(request, pk, upload_pk)
    live = f"{upload.pk}?operation={upload.operation_id}" if upload.operation_id else upload.pk
    context = {"queue": upload.queue, "upload": upload, "live_arg": live}
    return render(request, "queues/upload_detail.html", context)


@require_POST
def upload_columns(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponse:
    """Read it anew, with what was chosen for its columns."""
    upload = _upload(request, pk, upload_pk)
    form = ReadingForm(request.POST, upload=upload)
    if form.is_valid():
        settings = form.settings(Settings.of(upload.settings))
        # another sheet has other columns
        is_same = settings.sheet in ("", upload.found.get("sheet", ""))
        mapping = mapping_in(request.POST, upload) if is_same else None
        _try(request, lambda: lifecycle.remap(upload, mapping=mapping, settings=settings))
    else:
        messages.error(request, _("Choose from what is offered."))
    return redirect("queues:upload", pk=pk, upload_pk=upload_pk)


@require_POST
def upload_confirm(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponse:
    upload = _upload(request, pk, upload_pk)
    mode = request.POST.get("mode", "")
    _try(request, lambda: lifecycle.confirm(upload, mode=mode, by=request.user.actor))
    return redirect("queues:upload", pk=pk, upload_pk=upload_pk)


@require_POST
def upload_discard(request: PersonRequest, pk: int, upload_pk: int) -> HttpResponse:
    upload = _upload(request, pk, upload_pk)
    if _try(request, lambda: lifecycle.discard(upload, by=request.user.actor)):
        messages.success(request, _("Nothing was added; the file is forgotten."))
        return redirect("queues:queue_detail", pk=pk)
    return redirect("queues:upload", pk=pk, upload_pk=upload_pk)


@require_safe
def upload_faulty(request: PersonRequest, pk: int, upload_pk: int) -> StreamingHttpResponse:
    """The rows that were not added, as they stand in the file, to be mended and sent again.

    What is personal is shown to whoever brought the file, and to nobody else.
    """
    upload = _upload(request, pk, upload_pk)
    pieces = faulty_pieces(upload, is_plain=upload.by_id == request.user.pk)
    name = f"{upload.queue.key}-faulty-{upload.pk}.csv"
    return as_download(request, pieces, name=name, content_type=CONTENT_TYPES["csv"])


def _try(request: PersonRequest, act: Any) -> bool:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
        return False
    return True


def _queue(request: PersonRequest, pk: int) -> WorkQueue:
    visible = WorkQueue.objects.visible_to(request.user).select_related("folder")
    queue: WorkQueue = get_object_or_404(visible, pk=pk)
    require(request.user, Action.OPERATE, queue.folder_id)
    return queue


def _upload(request: PersonRequest, pk: int, upload_pk: int) -> Upload:
    queue = _queue(request, pk)
    found = Upload.objects.filter(queue=queue).select_related("queue__folder", "operation")
    upload: Upload = get_object_or_404(found, pk=upload_pk)
    return upload


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise NotFoundError(_("There is no such kind of file here: take csv or xlsx."))
    return kind
