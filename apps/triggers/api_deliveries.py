"""What came in for triggers, for programs: look, deliver again, replace the secret."""

from typing import Annotated, Any, Literal

from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from ninja import Path, Query, Router
from pydantic import BaseModel, Field

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.lib.errors import ConflictError, NotFoundError
from apps.lib.http import Cursor, Id, Limit, Moment, StrictModel, answer, page
from apps.queues.api.files import as_stream
from apps.queues.files import as_attachment

from .models import Delivery, Trigger
from .receiving import keeping
from .receiving.accepting import event_of, redeliver
from .receiving.signing import (
    MAX_OVERLAP_SECONDS,
    OVERLAP_SECONDS,
    holding,
    replace_secret,
)

router = Router(tags=["Triggers"])

Key = Annotated[str, Path(max_length=100)]
DeliveryId = Annotated[Id, Path(description="The delivery's number.")]
FileId = Annotated[str, Path(max_length=41)]


class DeliveryOut(BaseModel):
    """Something that came in, and what became of it."""

    id: int
    received_at: Moment
    source: str = Field(description="webhook, internal, file or mail")
    occasion: str = Field(description="what it is known by: it starts something once")
    outcome: str = Field(description="accepted, refused or duplicate")
    reason: str = Field(description="why it was refused, as a word")
    message: str
    size: int
    sha256: str
    attempt: int = Field(description="2 and more: a person or a program delivered it again")
    by: str
    firing: str = Field(description="what became of the start: fired, failed, …; else empty")
    subject: str = Field(description="what was started: instance, run, items, …; else empty")
    subject_ids: list[int]


class DeliveryPage(BaseModel):
    items: list[DeliveryOut]
    next_cursor: str | None


class WholeDeliveryOut(DeliveryOut):
    headers: dict[str, Any] = Field(description="without what is secret")
    event: dict[str, Any] | None = Field(description="what conditions see; null: not kept")


class SecretIn(StrictModel):
    overlap_seconds: int = Field(
        default=OVERLAP_SECONDS,
        ge=0,
        le=MAX_OVERLAP_SECONDS,
        description="how long the secrets so far still hold",
    )


class SecretOut(BaseModel):
    secret: str = Field(description="shown this once")
    address: str
    holding: int = Field(description="how many secrets hold now, this one included")


@router.get("/triggers/{key}/deliveries", response=DeliveryPage, summary="What came in for it")
def list_deliveries(
    request: TokenRequest,
    key: Key,
    limit: Limit,
    cursor: Cursor,
    outcome: Annotated[Literal["accepted", "refused", "duplicate"] | None, Query(None)],
) -> HttpResponse:
    """Newest first; the newest 1 000, for FIRING_DAYS_KEPT days. In a flood not each is kept."""
    found = Delivery.objects.filter(trigger=_trigger(request, key)).select_related("firing")
    if outcome is not None:
        found = found.filter(outcome=outcome)
    rows = page(found.defer("body"), order=("-received_at", "-id"), limit=limit, cursor=cursor)
    return answer({"items": [_out(each) for each in rows.items], "next_cursor": rows.next_cursor})


@router.get(
    "/triggers/{key}/deliveries/{int:delivery_id}",
    response=WholeDeliveryOut,
    summary="Look at a delivery",
)
def get_delivery(request: TokenRequest, key: Key, delivery_id: DeliveryId) -> HttpResponse:
    """With its headers and what came: for those who may operate."""
    delivery = _find(request, key, delivery_id)
    return answer({**_out(delivery), "headers": delivery.headers, "event": _event(delivery)})


@router.post(
    "/triggers/{key}/deliveries/{int:delivery_id}/redeliver",
    response={201: DeliveryOut},
    summary="Deliver it again",
)
def redeliver_delivery(request: TokenRequest, key: Key, delivery_id: DeliveryId) -> HttpResponse:
    """As if it were new, whether the trigger is on or not. 409 if too little of it was kept."""
    delivery = _find(request, key, delivery_id)

    def again() -> tuple[int, dict[str, Any]]:
        return 201, _out(redeliver(delivery, by=request.actor))

    return carry_out_once(request, again)


@router.get(
    "/triggers/{key}/deliveries/{int:delivery_id}/files/{file_id}",
    response={200: bytes},
    summary="Get what came with a mail",
)
def get_file(
    request: TokenRequest, key: Key, delivery_id: DeliveryId, file_id: FileId
) -> HttpResponseBase:
    """Always as an attachment of a harmless type."""
    kept = keeping.kept_file(_event(_find(request, key, delivery_id)) or {}, file_id)
    response = as_attachment(kept)
    if not isinstance(request, ASGIRequest):
        return response
    return as_stream(kept, response)


@router.post(
    "/triggers/{key}/secret", response={201: SecretOut}, summary="Replace the secret of a webhook"
)
def post_secret(request: TokenRequest, key: Key, body: SecretIn | None = None) -> HttpResponse:
    """The first one also makes the address. The new secret is told this once."""
    trigger = _trigger(request, key)
    require(request.user, Action.DESIGN, request.folder.pk)
    wish = body or SecretIn()
    secret = replace_secret(trigger, by=request.actor, overlap_seconds=wish.overlap_seconds)
    trigger.refresh_from_db()
    response = answer(
        {
            "secret": secret.reveal(),
            "address": address_of(trigger, request),
            "holding": len(holding(trigger)),
        },
        status=201,
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def address_of(trigger: Trigger, request: Any) -> str:
    """Return where callers send to, as they reach us; "" before there is a secret."""
    if not trigger.hook_key:
        return ""
    path = reverse("hooks:receive", args=[trigger.hook_key], urlconf=settings.ROOT_URLCONF)
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL.rstrip('/')}{path}"
    found: str = request.build_absolute_uri(path)
    return found


def _trigger(request: TokenRequest, key: str) -> Trigger:
    require(request.rights, Action.VIEW, request.folder.pk)
    rows = Trigger.objects.filter(folder=request.folder).select_related("folder")
    found: Trigger | None = rows.filter(key=key).first() if key.isprintable() else None
    if found is None:
        raise NotFoundError(_("There is no trigger “%(key)s” in this folder.") % {"key": key})
    return found


def _find(request: TokenRequest, key: str, delivery_id: int) -> Delivery:
    trigger = _trigger(request, key)
    require(request.user, Action.OPERATE, request.folder.pk)
    rows = Delivery.objects.filter(trigger=trigger, pk=delivery_id)
    found: Delivery | None = rows.select_related("firing", "again_of").first()
    if found is None:
        raise NotFoundError(_("There is no delivery %(id)d of this trigger.") % {"id": delivery_id})
    return found


def _event(delivery: Delivery) -> dict[str, Any] | None:
    try:
        return event_of(delivery)
    except ConflictError:
        return None


def _out(delivery: Delivery) -> dict[str, Any]:
    firing = delivery.firing
    mine = [name for name in DeliveryOut.model_fields if name not in FROM_FIRING]
    return {
        **{name: getattr(delivery, name) for name in mine},
        "firing": firing.outcome if firing else "",
        "subject": firing.subject_type if firing else "",
        "subject_ids": firing.subject_ids if firing else [],
    }


FROM_FIRING = ("firing", "subject", "subject_ids")
