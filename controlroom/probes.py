"""What probes and scrapers ask: `/healthz`, `/readyz`, `/watchz`, `/metrics`.

Answered before anything else looks at the request: they call us by an address of their own, which
need not be one of ALLOWED_HOSTS, and they have no session.
"""

from collections.abc import Callable
from dataclasses import asdict

from django.conf import settings
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.crypto import constant_time_compare

from apps.alerts.standing import watch_problem

from .health import check_parts
from .metrics import as_text

READING = {"GET", "HEAD"}


class ProbeMiddleware:
    """Answer the probes' addresses, and pass on everything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = PROBES.get(request.path_info)
        if probe is None or request.method not in READING:
            return self.get_response(request)
        response = probe(request)
        response.headers["Cache-Control"] = "no-store"
        return response


def healthz(request: HttpRequest) -> HttpResponse:
    """Say that this process answers; nothing else is looked at."""
    return JsonResponse({"status": "ok", "version": settings.VERSION})


def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether requests can be served: 503 without the database, 200 when only helpers lack."""
    parts = check_parts()
    states = {part.state for part in parts.values()}
    status = "down" if "down" in states else "degraded" if "degraded" in states else "ok"
    document = {"status": status, "parts": {name: asdict(part) for name, part in parts.items()}}
    return JsonResponse(document, status=503 if status == "down" else 200)


def watchz(request: HttpRequest) -> HttpResponse:
    """Say whether somebody would be told of what goes wrong; 503 with the reason when not.

    For a check elsewhere: alert rules are looked at, and messages go out.
    """
    try:
        problem = watch_problem()
    except DatabaseError:
        problem = "The database does not answer."
    document = {"status": "down", "reason": problem} if problem else {"status": "ok"}
    return JsonResponse(document, status=503 if problem else 200)


def metrics(request: HttpRequest) -> HttpResponse:
    wanted = f"Bearer {settings.METRICS_TOKEN}" if settings.METRICS_TOKEN else ""
    if wanted and not constant_time_compare(request.headers.get("Authorization", ""), wanted):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    text, content_type = as_text()
    return HttpResponse(text, content_type=content_type)


PROBES = {"/healthz": healthz, "/readyz": readyz, "/watchz": watchz, "/metrics": metrics}
