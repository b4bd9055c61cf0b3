"""Webhooks: outside systems say that something happened, in the way of Standard Webhooks.

Who calls proves by a signature that it is them; nobody is signed in, and no cookie is looked at.
Every refusal says why, and is written down with the trigger.
"""

import re
from typing import Any, Final

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt
from psycopg_pool import PoolTimeout

from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject, parse_json
from apps.lib.threads import let_go_of_connections

from .models import Delivery, Firing, Trigger
from .receiving.accepting import (
    Incoming,
    Taken,
    accept,
    record_refusal,
    webhook_event,
)
from .receiving.flood import STARTS
from .receiving.refusals import RefusedError
from .receiving.rules import DEFAULT_TOLERANCE, whole_number
from .receiving.signatures import ID, TIMESTAMP, Signed, check
from .receiving.signing import is_webhook, secrets_of

log = structlog.get_logger("controlroom.triggers")

MAX_BODY_BYTES: Final = 1024 * 1024
# in the scope of a request: what was wrong with its body, "too_large" or "too_slow"
FAULT: Final = "controlroom.hooks.fault"
MAX_HEADERS, MAX_VALUE = 40, 300
HIDDEN: Final = "•••"
# what may give somebody rights elsewhere
SECRETIVE: Final = re.compile(r"auth|cookie|token|secret|key|passw|signature|session|credential")
PROBLEM_JSON: Final = "application/problem+json"
UNREACHABLE: Final = (OperationalError, InterfaceError, PoolTimeout)


@csrf_exempt
@login_not_required
def receive_call(request: HttpRequest, token: str) -> HttpResponse:
    """Answer 202 with what was started, 200 with what was started by the same call before."""
    try:
        return _answered(request, token)
    except RefusedError as refusal:
        return _refused(refusal)
    except DomainError as error:  # the trigger was removed a moment ago, say
        return _refused(RefusedError(error.code, error.message, status=error.status))
    except UNREACHABLE as error:
        log.warning("hook_database_unreachable", error=str(error))
        message = _("Nothing was taken; send it again in a moment.")
        return _refused(RefusedError("not_available", message, status=503, retry_after_seconds=2))
    finally:
        # of this thread, which ends with the call
        let_go_of_connections()


def _answered(request: HttpRequest, hook_key: str) -> HttpResponse:
    trigger = _find(hook_key)
    if request.method != "POST":
        return _wrong_method()
    try:
        signed = _check(request, trigger)
        event = _event_of(request, signed)
    except RefusedError as refusal:
        record_refusal(trigger.pk, _incoming(request, {}, _said_id(request)), refusal)
        raise
    incoming = _incoming(request, event, signed.id, trigger=trigger)
    taken = accept(trigger.pk, incoming)
    if taken.refusal is not None:
        return _refused(taken.refusal)
    return _accepted(taken)


def _find(hook_key: str) -> Trigger:
    """Raises RefusedError; an address that there is not looks like one that listens no more."""
    rows = Trigger.objects.select_related("folder")
    is_one = hook_key.isascii() and hook_key.isprintable() and 0 < len(hook_key) <= 64
    found = rows.filter(hook_key=hook_key).first() if is_one else None
    if found is None or not is_webhook(found):
        raise RefusedError("no_such_hook", _("Nothing listens at this address."), status=404)
    trigger: Trigger = found
    return trigger


def _check(request: HttpRequest, trigger: Trigger) -> Signed:
    fault = getattr(request, "scope", {}).get(FAULT)
    if fault == "too_slow":
        raise RefusedError("too_slow", _("The body did not arrive in time."), status=408)
    if fault == "too_large" or len(request.body) > MAX_BODY_BYTES:
        raise RefusedError("too_large", _("The body is longer than 1 MB."), status=413)
    if request.content_type != "application/json":
        message = _("The content type must be application/json.")
        raise RefusedError("wrong_type", message, status=415)
    return check(
        {name.lower(): value for name, value in request.headers.items()},
        request.body,
        secrets=secrets_of(trigger),
        now=database_now(),
        tolerance_seconds=whole_number(trigger.rule, "tolerance_seconds", DEFAULT_TOLERANCE),
    )


def _event_of(request: HttpRequest, signed: Signed) -> JsonObject:
    try:
        body = parse_json(request.body, max_bytes=MAX_BODY_BYTES)
    except DomainError as error:
        raise RefusedError("no_json", error.message, status=400) from None
    return webhook_event(signed.id, request.headers[TIMESTAMP], body)


def _incoming(
    request: HttpRequest, event: JsonObject, webhook_id: str, *, trigger: Trigger | None = None
) -> Incoming:
    is_whole = getattr(request, "scope", {}).get(FAULT) is None
    return Incoming(
        source=Delivery.Source.WEBHOOK,
        occasion=webhook_id,
        event=event,
        body=request.body if is_whole else b"",
        headers=shown_headers(request),
        insist=None if trigger is None else lambda: _insist_on_calm(trigger),
    )


def _insist_on_calm(trigger: Trigger) -> None:
    """Raises RefusedError beyond what one sender may start; it is asked to come again."""
    if not STARTS.take(trigger.pk):
        seconds = int(STARTS.seconds_until_next(trigger.pk)) + 1
        message = _("Too many calls: send it again in %(seconds)d s.") % {"seconds": seconds}
        raise RefusedError("too_many", message, status=429, retry_after_seconds=seconds)


def shown_headers(request: HttpRequest) -> JsonObject:
    """Return the headers that people may look at, and where the call came from."""
    found: JsonObject = {"from": str(request.META.get("REMOTE_ADDR", ""))}
    for name, value in sorted(request.headers.items())[:MAX_HEADERS]:
        shown = "".join(each for each in value[:MAX_VALUE] if each.isprintable())
        found[name.lower()[:80]] = HIDDEN if SECRETIVE.search(name.lower()) else shown
    return found


def _said_id(request: HttpRequest) -> str:
    said = request.headers.get(ID, "")[:150]
    return said if said.isprintable() else ""


def _accepted(taken: Taken) -> HttpResponse:
    is_new = taken.outcome == Delivery.Outcome.ACCEPTED
    said = {"outcome": str(taken.outcome), "firing": _shown(taken.firing)}
    return JsonResponse(said, status=202 if is_new else 200)


def _shown(firing: Firing | None) -> dict[str, Any] | None:
    """What a caller may know: not the message, which may quote what is ours."""
    if firing is None:
        return None
    return {
        "outcome": str(firing.outcome),
        "reason": str(firing.reason),
        "subject": str(firing.subject_type),
        "subject_ids": firing.subject_ids,
    }


def _refused(refusal: RefusedError) -> HttpResponse:
    said = {
        "type": f"urn:controlroom:{refusal.code}",
        "title": str(refusal.title),
        "status": refusal.status,
        "detail": refusal.message,
        "code": refusal.code,
    }
    if refusal.status < 400:  # well sent, but not for us
        return JsonResponse({"outcome": "refused", "reason": refusal.code}, status=refusal.status)
    response = JsonResponse(said, status=refusal.status, content_type=PROBLEM_JSON)
    # Django would write the whole address into the log; our own line leaves its key out
    response._has_been_logged = True  # type: ignore[attr-defined]
    if refusal.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(refusal.retry_after_seconds)
    return response


def _wrong_method() -> HttpResponse:
    response = _refused(RefusedError("wrong_method", _("Calls are sent by POST."), status=405))
    response.headers["Allow"] = "POST"
    return response
