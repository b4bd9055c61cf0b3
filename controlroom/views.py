"""Pages of the house itself: icon, manifest, errors."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template import loader
from django.templatetags.static import static
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from .answers import is_api, plain_problem


@login_not_required
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(static("favicon.svg"))


@login_not_required
@require_safe
def manifest(request: HttpRequest) -> JsonResponse:
    """Describe the control room to a phone that puts it on its home screen."""
    return JsonResponse(
        {
            "name": "Controlroom",
            "short_name": "Controlroom",
            "start_url": "/",
            "display": "standalone",
            "icons": [{"src": static("favicon.svg"), "sizes": "any", "type": "image/svg+xml"}],
        },
        content_type="application/manifest+json",
    )


@login_not_required
@require_safe
def service_worker(request: HttpRequest) -> HttpResponse:
    """The script that shows push messages; it stands at the top, since it acts for all pages."""
    script = (settings.BASE_DIR / "static" / "js" / "service_worker.js").read_bytes()
    headers = {"Cache-Control": "no-cache", "Service-Worker-Allowed": "/"}
    return HttpResponse(script, content_type="text/javascript; charset=utf-8", headers=headers)


@login_not_required
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _refusal(
        request,
        403,
        _("This page was open too long"),
        _("Nothing was changed. Reload the page and try again."),
    )


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(
        request,
        400,
        _("The request can't be read"),
        _("Something in it is not as it should be. Go back and try again."),
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(
        request,
        403,
        _("Not allowed"),
        _("You lack the right to see or do this. An admin of the folder can give it to you."),
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _refusal(
        request,
        404,
        _("Not found"),
        _("There is nothing at this address, or not for you."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Apologise without touching database or session: they may be what failed."""
    title = _("Something went wrong on our side")
    detail = _("It has been written down. Try again; if it stays, tell whoever runs this.")
    if is_api(request):
        return plain_problem(500, "server_error", title, detail)
    context = _context(500, title, detail)
    context["request_id"] = getattr(request, "request_id", "")
    template = loader.select_template(["500.html", "error.html"])
    return HttpResponse(template.render(context), status=500)


def _refusal(request: HttpRequest, status: int, title: str, detail: str) -> HttpResponse:
    if is_api(request):
        codes = {400: "malformed", 403: "not_allowed", 404: "not_found"}
        return plain_problem(status, codes[status], title, detail)
    template = loader.select_template([f"{status}.html", "error.html"])
    return HttpResponse(template.render(_context(status, title, detail), request), status=status)


def _context(status: int, title: str, detail: str) -> dict[str, Any]:
    return {"status": status, "title": title, "detail": detail}
