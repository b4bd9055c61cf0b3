"""Documents that belong to an item, kept by Django's storage."""

import hashlib
from pathlib import PurePosixPath
from typing import TypeVar

from django.conf import settings
from django.core.files import File
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.lib.actors import Actor
from apps.lib.errors import InvalidError, NotFoundError, TooLargeError

from .documents.registry import Document
from .models import ItemFile, Owned, WorkItem

Answer = TypeVar("Answer", bound=HttpResponseBase)
CHUNK_BYTES = 1024 * 1024
MAX_NAME = 255


def attach(item: WorkItem, upload: File, *, by: Actor, content_type: str = "") -> ItemFile:  # type: ignore[type-arg]
    """Keep `upload` with `item`.

    Raises TooLargeError beyond MAX_FILE_BYTES and InvalidError for an empty file. The stored
    name is made by the storage; the given one is only shown.
    """
    if upload.size > settings.MAX_FILE_BYTES:
        limit = settings.MAX_FILE_BYTES // (1024 * 1024)
        raise TooLargeError(_("A file may have up to %(limit)s MB.") % {"limit": limit})
    if not upload.size:
        raise InvalidError(_("The file is empty."))
    with transaction.atomic():
        kept = ItemFile.objects.create(
            item=item,
            name=clean_name(upload.name or ""),
            content_type=(content_type or getattr(upload, "content_type", "") or "")[:100],
            size=upload.size,
            sha256=digest(upload),
            file=upload,
            added_by=by.name,
        )
        publish(
            "work_item.file_added",
            subject=("item", item.pk),
            folder_id=item.queue.folder_id,
            by=by,
            data={"name": kept.name, "size": kept.size, "sha256": kept.sha256},
        )
    return kept


def files_about(item_id: int | None, owner_id: int | None = None) -> QuerySet[ItemFile, ItemFile]:
    """Return an item's files, and those of the other items of its instance, oldest first.

    The instance may be named by `owner_id` instead: what one step has brought in, the next one
    and whoever decides about it needs, too.
    """
    if owner_id is None and item_id is not None:
        owned = Owned.objects.filter(item_id=item_id)
        owner_id = owned.values_list("owner_id", flat=True).first()
    if owner_id is None:
        return ItemFile.objects.filter(item_id=item_id).order_by("pk")
    beside = Owned.objects.filter(owner_id=owner_id).values("item_id")
    return ItemFile.objects.filter(item_id__in=beside).order_by("pk")


def as_attachment(kept: Document) -> FileResponse:
    """Answer with the file as a download that no browser will interpret."""
    response = FileResponse(
        _opened(kept),
        as_attachment=True,
        filename=kept.name,
        content_type="application/octet-stream",
    )
    return _made_harmless(response)


def as_image(kept: Document, *, content_type: str) -> FileResponse:
    """Answer with an image for the page; `content_type` is one that browsers only draw."""
    response = _made_harmless(FileResponse(_opened(kept), content_type=content_type))
    response["Cache-Control"] = "private, max-age=300"
    return response


def as_page(png: bytes) -> HttpResponse:
    """Answer with a page that was drawn from a document."""
    response = _made_harmless(HttpResponse(png, content_type="image/png"))
    response["Cache-Control"] = "private, max-age=3600"
    return response


def _opened(kept: Document) -> File:  # type: ignore[type-arg]
    try:
        opened: File = kept.file.open("rb")  # type: ignore[type-arg]
        return opened
    except OSError:
        raise NotFoundError(_("The storage has lost this file.")) from None


def _made_harmless(response: Answer) -> Answer:
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response


def clean_name(name: str) -> str:
    """Return the last part of `name` without control characters; never empty."""
    last = PurePosixPath(name.replace("\\", "/")).name
    shown = "".join(character for character in last if character.isprintable())
    return "file" if shown in ("", ".", "..") else shown[-MAX_NAME:]


def digest(upload: File) -> str:  # type: ignore[type-arg]
    found = hashlib.sha256()
    upload.seek(0)
    for chunk in upload.chunks(CHUNK_BYTES):
        found.update(chunk)
    upload.seek(0)
    return found.hexdigest()
