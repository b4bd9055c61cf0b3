"""Request ids, access lines, and domain errors as answers that say what to do.

Both middlewares run synchronously (pages) and asynchronously (API), so that an API call that
waits holds no thread.
"""

import re
import time
import uuid
from collections.abc import Awaitable, Callable
from urllib.parse import SplitResult, quote, urlsplit

import structlog
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware

from apps.lib.errors import DomainError

from .answers import error_page, is_api, problem

log = structlog.get_logger("controlroom.web")

Answer = HttpResponseBase | Awaitable[HttpResponseBase]
Handler = Callable[[HttpRequest], Answer]

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
SLOW_SECONDS = 1.0
QUERY_SAFE = "%=&+/:,;@!$'()*?-._~"
# Documents and pictures are packed already
PACKED_TYPES = (
    "text/",
    "application/json",
    "application/problem+json",
    "application/xml",
    "image/svg",
)


class BothWays:
    """A middleware whose `__call__` and `answer_later` do the same, without and with await."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)  # type: ignore[type-var]  # Django's own way to say it


class RequestIdMiddleware(BothWays):
    """Give each request an id, in the log lines it causes and in its answer."""

    def __call__(self, request: HttpRequest) -> Answer:
        if self.is_async:
            return self.answer_later(request)
        request_id, begun = _identify(request), time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            assert isinstance(response, HttpResponseBase)
            return _finish(request, response, request_id, begun)

    async def answer_later(self, request: HttpRequest) -> HttpResponseBase:
        request_id, begun = _identify(request), time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            assert not isinstance(response, HttpResponseBase)
            return _finish(request, await response, request_id, begun)


class PackedAnswersMiddleware(GZipMiddleware):
    """Compress what is text. Django adds random bytes, so that lengths tell nothing of secrets."""

    def process_response(
        self, request: HttpRequest, response: HttpResponseBase
    ) -> HttpResponseBase:
        # what is streamed would become a gzip for each piece, of which browsers read the first
        is_packed = not response.streaming
        if not (is_packed and response.headers.get("Content-Type", "").startswith(PACKED_TYPES)):
            return response
        packed: HttpResponseBase = super().process_response(request, response)
        return packed


def keep_filter(get_response: Callable[[HttpRequest], HttpResponseBase]) -> Handler:
    """Middleware: lead from an action back to the page as it was, with its filter and its tab.

    Views redirect to their page; who pressed the button on it had its filter in the address. From
    a page behind a list, `returning.js` sends along how the list was left. Only the query of the
    very page that is led to is taken over, so this leads nowhere else.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        return _with_filter(request, get_response(request))

    return answer


class DomainErrorMiddleware(BothWays):
    """Turn what the domain refuses into a problem document (API) or a page (people)."""

    def __call__(self, request: HttpRequest) -> Answer:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        return problem(error) if is_api(request) else error_page(request, error)


def _with_filter(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    if request.method != "POST" or not isinstance(response, HttpResponseRedirect):
        return response
    led_to = _parted(response.url)
    query = _query_of(request, led_to.path)
    if query and not led_to.netloc and not led_to.query:
        response.headers["Location"] = led_to._replace(query=query).geturl()
    return response


def _query_of(request: HttpRequest, path: str) -> str:
    """Return how the page at `path` was left: the one with the button, or the list before it."""
    came_from = _parted(request.headers.get("Referer", ""))
    if came_from.netloc == request.get_host() and came_from.path == path:
        return came_from.query
    left = _parted(request.POST.get("left", ""))
    return quote(left.query, safe=QUERY_SAFE) if left.path == path else ""


def _parted(address: str) -> SplitResult:
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _identify(request: HttpRequest) -> str:
    given = request.headers.get(REQUEST_ID_HEADER, "")
    request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex
    request.request_id = request_id  # type: ignore[attr-defined]
    return request_id


def _finish(
    request: HttpRequest, response: HttpResponseBase, request_id: str, begun: float
) -> HttpResponseBase:
    """Log refusals and slow answers (the many quick ones only at debug level)."""
    seconds = time.perf_counter() - begun
    notable = response.status_code >= 400 or seconds > SLOW_SECONDS
    write = log.info if notable else log.debug
    write(
        "request",
        method=request.method,
        path=_path_to_tell(request),
        status=response.status_code,
        milliseconds=round(seconds * 1000),
    )
    response.headers[REQUEST_ID_HEADER] = request_id
    return response


def _path_to_tell(request: HttpRequest) -> str:
    """Return the path; a secret in it, as of a link that decides, is no matter for a log."""
    match = getattr(request, "resolver_match", None)
    token = match.kwargs.get("token") if match else None
    return request.path.replace(token, "…") if token else request.path
