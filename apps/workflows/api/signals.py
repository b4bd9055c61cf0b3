"""Messages to one instance, signals to all that listen."""

from typing import Any

from django.http import HttpResponse

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.workflows import lifecycle

from .routers import instances as router
from .schemas import HeardOut, MessageIn, PublishedOut, SignalIn


@router.post("/messages", response=PublishedOut, summary="Send a message")
def send_message(request: TokenRequest, body: MessageIn) -> HttpResponse:
    """To the instance that waits for it by this name and key, or to the workflow that it starts.

    Nobody waits: with `ttl_seconds` it waits itself so long; without, 409.
    """
    require(request.user, Action.OPERATE, request.folder.pk)

    def call() -> tuple[int, Any]:
        published = lifecycle.publish_message(
            request.folder,
            body.name,
            body.correlation_key,
            body.variables,
            ttl_seconds=body.ttl_seconds,
            by=request.actor,
        )
        return 200, {
            "id": published.id,
            "is_awaited": published.is_awaited,
            "expires_at": published.expires_at,
        }

    return carry_out_once(request, call)


@router.post("/signals", response=HeardOut, summary="Broadcast a signal")
def send_signal(request: TokenRequest, body: SignalIn) -> HttpResponse:
    """To every instance of the folder that listens now, and to workflows that it starts."""
    require(request.user, Action.OPERATE, request.folder.pk)

    def call() -> tuple[int, Any]:
        heard = lifecycle.broadcast_signal(
            request.folder, body.name, body.variables, by=request.actor
        )
        return 200, {"reached": heard}

    return carry_out_once(request, call)
