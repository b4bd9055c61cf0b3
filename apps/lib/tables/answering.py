"""A table as the answer to a request: sent while it is written."""

from collections.abc import AsyncIterator, Iterator
from datetime import tzinfo
from typing import Final

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone, translation
from django.utils.http import content_disposition_header

from apps.lib.threads import in_thread

_END: Final = b""


def as_download(
    request: HttpRequest, pieces: Iterator[bytes], *, name: str, content_type: str
) -> StreamingHttpResponse:
    """Answer with the pieces as a file called `name`, none made before the one before it is sent.

    They are made after the request is over, in the language and the time zone that it had.

    On an event loop each piece is made in a thread, which lets go of its database connection: a
    reader who is slow, or gone, holds none.
    """
    is_async = isinstance(request, ASGIRequest)
    pieces = _spoken(pieces, translation.get_language(), timezone.get_current_timezone())
    content = _on_the_loop(pieces) if is_async else pieces
    response = StreamingHttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(True, name) or ""
    response["X-Content-Type-Options"] = "nosniff"
    response["Cache-Control"] = "no-store"
    return response


def _spoken(pieces: Iterator[bytes], language: str, zone: tzinfo) -> Iterator[bytes]:
    while True:
        with translation.override(language), timezone.override(zone):
            piece = next(pieces, None)
        if piece is None:
            break
        yield piece


async def _on_the_loop(pieces: Iterator[bytes]) -> AsyncIterator[bytes]:
    while True:
        piece = await in_thread(next, pieces, None)
        if piece is None:
            break
        if piece != _END:
            yield piece
