"""What people do with an item, by API: change, hold, resume, leave out, cancel, retry, reopen."""

from collections.abc import Callable
from typing import Annotated, Any

from django.http import HttpResponse
from ninja import Path

from apps.accounts.http import TokenRequest
from apps.lib.http import Id, answer
from apps.lib.schema import unmask
from apps.queues import lifecycle
from apps.queues.models import WorkItem

from .finding import find_item, may_operate
from .presenting import item_out
from .routers import items as router
from .schemas import EditIn, ItemOut, ReasonIn, RetryIn

ItemId = Annotated[Id, Path(description="The item's number.")]
TIMES = ("available_at", "due_at", "expires_at")


@router.patch("/items/{int:item_id}", response=ItemOut, summary="Change an item")
def edit(request: TokenRequest, item_id: ItemId, body: EditIn) -> HttpResponse:
    """Only while it waits or is parked. 409 when `version` is not the newest.

    Personal values that come back masked stay as they are.
    """
    item = _find(request, item_id)
    given = body.model_fields_set
    times = {name: getattr(body, name) for name in TIMES if name in given}
    changed = lifecycle.edit_item(
        item.pk,
        version=body.version,
        by=request.actor,
        payload=_whole(item, body.payload),
        priority=body.priority,
        reason=body.reason,
        **times,
    )
    return answer(item_out(changed))


@router.post("/items/{int:item_id}/retry", response=ItemOut, summary="Try an item again now")
def retry(request: TokenRequest, item_id: ItemId, body: RetryIn | None = None) -> HttpResponse:
    """With fresh tries, and with corrected data if `payload` is given."""
    item, wish = _find(request, item_id), body or RetryIn()
    changed = lifecycle.retry_item(
        item.pk,
        by=request.actor,
        payload=_whole(item, wish.payload),
        reason=wish.reason,
        version=wish.version,
    )
    return answer(item_out(changed))


@router.post("/items/{int:item_id}/hold", response=ItemOut, summary="Hold an item")
def hold(request: TokenRequest, item_id: ItemId, body: ReasonIn | None = None) -> HttpResponse:
    return _do(request, item_id, body, lifecycle.hold_item)


@router.post("/items/{int:item_id}/resume", response=ItemOut, summary="Take an item off hold")
def resume(request: TokenRequest, item_id: ItemId, body: ReasonIn | None = None) -> HttpResponse:
    return _do(request, item_id, body, lifecycle.resume_item)


@router.post("/items/{int:item_id}/skip", response=ItemOut, summary="Leave an item out")
def skip(request: TokenRequest, item_id: ItemId, body: ReasonIn | None = None) -> HttpResponse:
    """`reason` is a must."""
    return _do(request, item_id, body, lifecycle.skip_item)


@router.post("/items/{int:item_id}/cancel", response=ItemOut, summary="Cancel an item")
def cancel(request: TokenRequest, item_id: ItemId, body: ReasonIn | None = None) -> HttpResponse:
    """`reason` is a must."""
    return _do(request, item_id, body, lifecycle.cancel_item)


@router.post("/items/{int:item_id}/reopen", response=ItemOut, summary="Reopen an item that ended")
def reopen(request: TokenRequest, item_id: ItemId, body: ReasonIn | None = None) -> HttpResponse:
    """`reason` is a must."""
    return _do(request, item_id, body, lifecycle.reopen_item)


def _do(
    request: TokenRequest, item_id: int, body: ReasonIn | None, verb: Callable[..., WorkItem]
) -> HttpResponse:
    item = _find(request, item_id)
    changed = verb(item.pk, by=request.actor, reason=body.reason if body else "")
    return answer(item_out(changed))


def _find(request: TokenRequest, item_id: int) -> WorkItem:
    item = find_item(request, item_id)
    may_operate(request)
    return item


def _whole(item: WorkItem, payload: Any) -> Any:
    """Return the data as it is meant: masks stand for what they hide."""
    if payload is None:
        return None
    return unmask(payload, item.payload, item.queue.payload_schema)
