"""Errors as answers: RFC 9457 problem documents for programs, pages for people."""

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import loader

from apps.lib.errors import DomainError

PROBLEM_JSON = "application/problem+json"


def problem_document(error: DomainError) -> dict[str, Any]:
    """Return the problem document that describes `error`."""
    document: dict[str, Any] = {
        "type": f"urn:controlroom:{error.code}",
        "title": str(error.title),
        "status": error.status,
        "detail": str(error.message),
        "code": error.code,
    }
    if error.fields:
        document["errors"] = [
            {"path": field.path, "message": str(field.message)} for field in error.fields
        ]
    # what a program may want to know by name: who decided, when
    return document | getattr(error, "details", {})


def problem(error: DomainError) -> HttpResponse:
    return JsonResponse(problem_document(error), status=error.status, content_type=PROBLEM_JSON)


def plain_problem(status: int, code: str, title: str, detail: str) -> HttpResponse:
    """Return a problem that is no domain error: an unknown address, a bug of ours."""
    document = {
        "type": f"urn:controlroom:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return JsonResponse(document, status=status, content_type=PROBLEM_JSON)


def error_page(request: HttpRequest, error: DomainError) -> HttpResponse:
    """Return the page for `error`: its own template by status, else the general one."""
    template = loader.select_template([f"{error.status}.html", "error.html"])
    context = {"error": error, "status": error.status, "title": error.title}
    return HttpResponse(template.render(context, request), status=error.status)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")
