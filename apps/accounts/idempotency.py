"""Idempotency-Key: the same call sent twice is carried out once and answered twice.

The answer is stored in the transaction of the call itself, so there is no moment at which one of
them is committed without the other.
"""

import hashlib
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from apps.events.causes import as_said_by
from apps.lib.errors import ConflictError, FieldProblem, InvalidError
from apps.lib.http import answer, check_header

from .models import IdempotentCall, User

HEADER = "Idempotency-Key"
REPLAYED_HEADER = "Idempotent-Replayed"
MAX_KEY_LENGTH = 200
KEPT_DAYS = 7
PRUNED_AT_ONCE = 5_000

Call = Callable[[], tuple[int, Any]]


class StillRunningError(ConflictError):
    """The first call with this key has not ended yet."""

    code = "idempotent_call_running"


def key_of(request: HttpRequest) -> str:
    """Return the Idempotency-Key of `request`, or "". Raises MalformedError."""
    return check_header(HEADER, request.headers.get(HEADER, ""), longest=MAX_KEY_LENGTH)


def carry_out_once(request: Any, call: Call) -> HttpResponse:
    """Answer with what `call` returns, a status and JSON; for a known key, with what it returned.

    A call that raises leaves nothing behind, its key included. Raises InvalidError when the key
    was used for something else, and StillRunningError while the first call is under way. What the
    call makes is noted as made in the course of what the caller says to be at.
    """
    key = key_of(request)
    if not key:
        with transaction.atomic(), as_said_by(request):
            status, data = call()
        return answer(data, status=status)
    with transaction.atomic():
        _be_the_only_one(request.user, key)
        known = IdempotentCall.objects.filter(user=request.user, key=key).first()
        if known is not None:
            return _replay(known, fingerprint_of(request))
        with as_said_by(request):
            status, data = call()
        response = answer(data, status=status)
        IdempotentCall.objects.create(
            user=request.user,
            key=key,
            fingerprint=fingerprint_of(request),
            status=status,
            # as it was sent: times and ids are text by now
            answer=orjson.loads(response.content),
        )
    return response


def fingerprint_of(request: Any) -> str:
    """Return what makes two calls the same: address, folder and body."""
    parts = [request.method, request.get_full_path(), str(request.folder.pk)]
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + request.body).hexdigest()


def prune_idempotent_calls(limit: int = PRUNED_AT_ONCE) -> int:
    """Forget calls older than a week; return how many. Call it again while it returns `limit`."""
    old = IdempotentCall.objects.filter(created_at__lt=Now() - timedelta(days=KEPT_DAYS))
    ids = list(old.values_list("pk", flat=True)[:limit])
    return IdempotentCall.objects.filter(pk__in=ids).delete()[0]


def _be_the_only_one(user: User, key: str) -> None:
    """Hold the key until the transaction ends, or raise StillRunningError."""
    digest = hashlib.sha256(f"{user.pk}\n{key}".encode()).digest()
    number = int.from_bytes(digest[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("select pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise StillRunningError(
                _("A call with this Idempotency-Key is still running. Send it again in a moment.")
            )


def _replay(known: IdempotentCall, fingerprint: str) -> HttpResponse:
    if known.fingerprint != fingerprint:
        problem = FieldProblem(HEADER, _("was used for another call; make up a new one"))
        raise InvalidError(f"{HEADER} {problem.message}.", fields=[problem])
    response = answer(known.answer, status=known.status or 200)
    response.headers[REPLAYED_HEADER] = "true"
    return response
