"""Outgoing webhooks for programs: set them up, look what became of calls, send them again."""

import json
from typing import Annotated, Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router

from apps.accounts.http import TokenRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.http import MAX_ID, Cursor, answer, page
from apps.lib.http import Limit as PageSize

from . import kinds, lifecycle
from .api_schemas import (
    CallOut,
    CallPage,
    NewSecretOut,
    OverlapIn,
    ReplayIn,
    ReplayOut,
    TryOut,
    WebhookIn,
    WebhookKindsOut,
    WebhookOut,
    WebhookPage,
    WholeCallOut,
)
from .lifecycle.secrets import holding
from .listing import NEWEST_FIRST, DeliveryFilter, waiting
from .models import Delivery, Endpoint

router = Router(tags=["Webhooks"])

Key = Annotated[str, Path(max_length=60)]
Number = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/webhook-kinds", response=WebhookKindsOut, summary="What a webhook may be told of")
def list_kinds(request: TokenRequest) -> HttpResponse:
    require(request.rights, Action.VIEW, request.folder.pk)
    items = [{"key": key, "title": str(title)} for key, title in kinds.titles().items()]
    return answer({"items": items})


@router.get("/webhooks", response=WebhookPage, summary="List webhooks")
def list_webhooks(request: TokenRequest, limit: PageSize, cursor: Cursor) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    rows = Endpoint.objects.filter(folder=request.folder)
    found = page(rows, order=("key", "id"), limit=limit, cursor=cursor)
    return answer({"items": _webhooks(found.items), "next_cursor": found.next_cursor})


@router.get("/webhooks/{key}", response=WebhookOut, summary="Look at a webhook")
def get_webhook(request: TokenRequest, key: Key) -> HttpResponse:
    return answer(_webhooks([_find(request, key)])[0])


@router.put(
    "/webhooks/{key}",
    response={200: WebhookOut, 201: WebhookOut},
    summary="Make or change a webhook",
)
def put_webhook(request: TokenRequest, key: Key, body: WebhookIn) -> HttpResponse:
    """201 when it was made, with its secret, which is told this once."""
    require(request.user, Action.ADMINISTER, request.folder.pk)
    known = Endpoint.objects.filter(folder=request.folder, key=key).first()
    row = known or Endpoint(folder=request.folder, key=key, title=key)
    values = {
        name: value
        for name, value in body.model_dump(exclude={"version"}).items()
        if value is not None
    }
    _changes, secret = lifecycle.save_endpoint(
        row, values, by=request.actor, version=body.version if known else None
    )
    told = _webhooks([row])[0]
    if secret is None:
        return answer(told)
    return _unstored(answer({**told, "secret": secret.reveal()}, status=201))


@router.delete("/webhooks/{key}", response={204: None}, summary="Remove a webhook")
def delete_webhook(request: TokenRequest, key: Key) -> HttpResponse:
    """What waits is not sent any more."""
    lifecycle.remove_endpoint(_find(request, key, Action.ADMINISTER), by=request.actor)
    return HttpResponse(status=204)


@router.post("/webhooks/{key}/pause", response=WebhookOut, summary="Hold it back")
def pause_webhook(request: TokenRequest, key: Key) -> HttpResponse:
    """What happens meanwhile is kept for three days."""
    return answer(_webhooks([lifecycle.pause(_find(request, key), by=request.actor)])[0])


@router.post("/webhooks/{key}/resume", response=WebhookOut, summary="Tell it again")
def resume_webhook(request: TokenRequest, key: Key) -> HttpResponse:
    """Of one that was paused, or put to rest because nothing got through."""
    return answer(_webhooks([lifecycle.resume(_find(request, key), by=request.actor)])[0])


@router.post("/webhooks/{key}/secret", response={201: NewSecretOut}, summary="Replace its secret")
def post_secret(request: TokenRequest, key: Key, body: OverlapIn | None = None) -> HttpResponse:
    """For a while calls are signed with the one so far as well."""
    endpoint, wish = _find(request, key, Action.ADMINISTER), body or OverlapIn()
    secret = lifecycle.replace_secret(
        endpoint, by=request.actor, overlap_seconds=wish.overlap_seconds
    )
    told = {"secret": secret.reveal(), "holding": len(holding(endpoint))}
    return _unstored(answer(told, status=201))


@router.post("/webhooks/{key}/test", response={201: CallOut}, summary="Send a test")
def post_test(request: TokenRequest, key: Key) -> HttpResponse:
    """Tried once, even while it is paused or rests; look at the call for what was answered."""
    delivery = lifecycle.send_test(_find(request, key), by=request.actor)
    return answer(_call(delivery), status=201)


@router.get("/webhooks/{key}/calls", response=CallPage, summary="What became of calls")
def list_calls(
    request: TokenRequest,
    key: Key,
    limit: PageSize,
    cursor: Cursor,
    status: Annotated[str, Query(max_length=20)] = "",
    kind: Annotated[str, Query(max_length=60)] = "",
) -> HttpResponse:
    """Newest first. `status`: waiting, delivered or failed."""
    endpoint = _find(request, key)
    rows = DeliveryFilter.of(endpoint.pk, status=status, kind=kind).rows()
    found = page(
        rows.select_related("message").defer("message__body"),
        order=NEWEST_FIRST,
        limit=limit,
        cursor=cursor,
    )
    return answer(
        {"items": [_call(each) for each in found.items], "next_cursor": found.next_cursor}
    )


@router.get("/webhooks/{key}/calls/{number}", response=WholeCallOut, summary="Look at a call")
def get_call(request: TokenRequest, key: Key, number: Number) -> HttpResponse:
    """With what was sent and answered in each of its last tries."""
    delivery = _find_call(request, key, number)
    attempts = [
        {name: getattr(each, name) for name in TryOut.model_fields}
        for each in delivery.attempts.all()
    ]
    body = json.loads(delivery.message.body)
    return answer({**_call(delivery), "body": body, "attempts": attempts})


@router.post("/webhooks/{key}/calls/{number}/replay", response=CallOut, summary="Send it again")
def replay_call(request: TokenRequest, key: Key, number: Number) -> HttpResponse:
    """Under the same id. 409 while it waits for its turn anyway."""
    return answer(_call(lifecycle.replay(_find_call(request, key, number), by=request.actor)))


@router.post("/webhooks/{key}/replay", response=ReplayOut, summary="Send again since a time")
def replay_since(request: TokenRequest, key: Key, body: ReplayIn) -> HttpResponse:
    """What was given up since then; `with_delivered`: also what was delivered."""
    n = lifecycle.replay_since(
        _find(request, key), body.since, by=request.actor, with_delivered=body.with_delivered
    )
    return answer({"count": n})


def _find(request: TokenRequest, key: str, action: Action = Action.OPERATE) -> Endpoint:
    require(request.user, action, request.folder.pk)
    rows = Endpoint.objects.filter(folder=request.folder).select_related("folder", "owner")
    found: Endpoint | None = rows.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no webhook “%(key)s” in this folder.") % {"key": key})
    return found


def _find_call(request: TokenRequest, key: str, number: int) -> Delivery:
    endpoint = _find(request, key)
    rows = Delivery.objects.select_related("endpoint", "message").filter(endpoint=endpoint)
    found: Delivery | None = rows.filter(pk=number).first()
    if found is None:
        raise NotFoundError(_("There is no call %(id)d of this webhook.") % {"id": number})
    return found


def _webhooks(rows: list[Endpoint]) -> list[dict[str, Any]]:
    queued = waiting([row.pk for row in rows]) if rows else {}
    left = ("waiting", "secret")
    names = [name for name in WebhookOut.model_fields if name not in left]
    return [
        {**{name: getattr(row, name) for name in names}, "waiting": queued.get(row.pk, 0)}
        for row in rows
    ]


def _call(row: Delivery) -> dict[str, Any]:
    left = ("uid", "next_try_at")
    names = [name for name in CallOut.model_fields if name not in left]
    is_waiting = row.status == Delivery.Status.WAITING
    return {
        **{name: getattr(row, name) for name in names},
        "uid": row.message.uid,
        "next_try_at": row.next_try_at if is_waiting else None,
    }


def _unstored(response: HttpResponse) -> HttpResponse:
    response.headers["Cache-Control"] = "no-store"
    return response
