"""Live fragments by plain HTTP, for browsers whose WebSocket does not get through."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseNotModified
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from . import fragments
from .fragments import Audience

PROBLEM_JSON = "application/problem+json"
MAX_CURSOR_LENGTH = 200


# A redirect to the sign-in page would be put into the page as if it were the fragment.
@login_not_required
@require_safe
def fragment(request: HttpRequest) -> HttpResponse:
    """Answer `?f=<fragment id>` with its inner HTML (ETag: its hash) or, for data, `&cursor=`."""
    audience = fragments.audience_of(request.user)
    if audience is None:
        response = _problem(401, "signed_out", _("You are signed out. Sign in again."))
    else:
        response = _data(request, audience) or _html(request, audience) or _unknown()
    patch_cache_control(response, private=True, no_cache=True)
    return response


def _html(request: HttpRequest, audience: Audience) -> HttpResponse | None:
    rendered = fragments.render(request.GET.get("f", ""), audience)
    if rendered is None:
        return None
    etag = f'"{rendered.hash}"'
    # weak tags too: proxies that compress make them weak
    known = request.headers.get("If-None-Match", "").removeprefix("W/")
    response = HttpResponseNotModified() if known == etag else HttpResponse(rendered.html)
    response.headers["ETag"] = etag
    response.headers["X-Fragment-Hash"] = rendered.hash
    return response


def _data(request: HttpRequest, audience: Audience) -> HttpResponse | None:
    cursor = request.GET.get("cursor", "")[:MAX_CURSOR_LENGTH]
    step = fragments.take_step(request.GET.get("f", ""), audience, cursor)
    if step is None:
        return None
    return JsonResponse({**(step.data or {}), "cursor": step.cursor, "more": step.has_more})


def _unknown() -> HttpResponse:
    return _problem(404, "not_found", _("There is no such part of a page, or not for you."))


def _problem(status: int, code: str, detail: str) -> HttpResponse:
    body = {"type": f"urn:controlroom:{code}", "status": status, "code": code, "detail": detail}
    return JsonResponse(body, status=status, content_type=PROBLEM_JSON)
