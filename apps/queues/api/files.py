"""Documents of an item, up and down."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from django.core.files import File as DjangoFile
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from ninja import File, Path
from ninja.files import UploadedFile

from apps.accounts.http import TokenRequest
from apps.lib.errors import NotFoundError
from apps.lib.http import Id, answer
from apps.queues.documents import Document
from apps.queues.files import as_attachment, attach
from apps.queues.models import ItemFile

from .finding import find_item, may_operate
from .presenting import file_out
from .routers import items as router
from .schemas import FileOut

ItemId = Annotated[Id, Path(description="The item's number.")]
FileId = Annotated[Id, Path(description="The file's number.")]
CHUNK_BYTES = 256 * 1024


@router.post("/items/{int:item_id}/files", response={201: FileOut}, summary="Attach a file")
def upload(request: TokenRequest, item_id: ItemId, file: File[UploadedFile]) -> HttpResponse:
    """As multipart/form-data, in the field `file`; 25 MB by default."""
    item = find_item(request, item_id)
    may_operate(request)
    return answer(file_out(attach(item, file, by=request.actor)), status=201)


@router.get("/items/{int:item_id}/files/{int:file_id}", response={200: bytes}, summary="Get a file")
def download(request: TokenRequest, item_id: ItemId, file_id: FileId) -> HttpResponseBase:
    """Always as an attachment of a harmless type."""
    item = find_item(request, item_id)
    kept = ItemFile.objects.filter(item=item, pk=file_id).first()
    if kept is None:
        raise NotFoundError(_("Item %(id)d has no such file.") % {"id": item_id})
    response = as_attachment(kept)
    if not isinstance(request, ASGIRequest):
        return response
    return as_stream(kept, response)


def as_stream(kept: Document, response: HttpResponseBase) -> StreamingHttpResponse:
    """On an event loop a file must be read in pieces, each in a thread."""
    streaming = StreamingHttpResponse(_pieces(kept.file), headers=dict(response.items()))
    streaming.headers["Content-Disposition"] = content_disposition_header(True, kept.name) or ""
    return streaming


async def _pieces(file: "DjangoFile[bytes]") -> AsyncIterator[bytes]:
    try:
        while piece := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield piece
    finally:
        await asyncio.to_thread(file.close)
