"""Request ids, access lines, and domain errors as answers that say what to do."""

import re
import time
import uuid
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from apps.lib.errors import DomainError

from .answers import error_page, problem

log = structlog.get_logger("controlroom.web")

Handler = Callable[[HttpRequest], HttpResponseBase]

REQUEST_ID_HEADER = "X-Request-ID"
ACCEPTABLE_ID = re.compile(r"[A-Za-z0-9._-]{8,40}")
SLOW_SECONDS = 1.0


class RequestIdMiddleware:
    """Give each request an id, in the log lines it causes and in its answer."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        request_id = given if ACCEPTABLE_ID.fullmatch(given) else uuid.uuid4().hex
        request.request_id = request_id  # type: ignore[attr-defined]
        begun = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            _log_answer(request, response, time.perf_counter() - begun)
        response.headers[REQUEST_ID_HEADER] = request_id
        return response


class DomainErrorMiddleware:
    """Turn what the domain refuses into a problem document (API) or a page (people)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, DomainError):
            return None
        if request.path.startswith("/api/"):
            return problem(error)
        return error_page(request, error)


def _log_answer(request: HttpRequest, response: HttpResponseBase, seconds: float) -> None:
    """Log refusals and slow answers; the many quick ones only at debug level."""
    notable = response.status_code >= 400 or seconds > SLOW_SECONDS
    write = log.info if notable else log.debug
    write(
        "request",
        method=request.method,
        path=request.path,
        status=response.status_code,
        milliseconds=round(seconds * 1000),
    )
