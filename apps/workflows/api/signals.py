"""Messages to one instance, signals to all that listen."""

from typing import Any

from django.http import HttpResponse

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.workflows import lifecycle

from .routers import instances as router
from .schemas import HeardOut, MessageIn, SignalIn


@router.post("/messages", response=HeardOut, summary="Send a message")
def send_message(request: TokenRequest, body: MessageIn) -> HttpResponse:
    """To the one instance that waits for it by this name and key, or that it starts.

    Nobody waits: with `ttl_seconds` it is kept so long, without it is 200 with nobody reached.
    """
    require(request.user, Action.OPERATE, request.folder.pk)

    def call() -> tuple[int, Any]:
        heard = lifecycle.publish_message(
            request.folder,
            body.name,
            body.correlation_key,
            body.variables,
            ttl_seconds=body.ttl_seconds,
            by=request.actor,
        )
        return 200, heard_out(heard)

    return carry_out_once(request, call)


@router.post("/signals", response=HeardOut, summary="Broadcast a signal")
def send_signal(request: TokenRequest, body: SignalIn) -> HttpResponse:
    """To every instance of the folder that listens now, and to workflows that it starts."""
    require(request.user, Action.OPERATE, request.folder.pk)

    def call() -> tuple[int, Any]:
        heard = lifecycle.broadcast_signal(
            request.folder, body.name, body.variables, by=request.actor
        )
        return 200, heard_out(heard)

    return carry_out_once(request, call)


def heard_out(heard: Any) -> dict[str, Any]:
    return {
        "reached": len(getattr(heard, "reached", [])),
        "started": len(getattr(heard, "started", [])),
        "is_kept": bool(getattr(heard, "is_kept", False)),
    }
