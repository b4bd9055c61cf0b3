"""Calls about items: add one or many, list, look, change."""

from typing import Annotated, Any

from django.db.models import Exists, OuterRef, Q
from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Path, Query
from pydantic import ValidationError

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.accounts.permissions import Action, require
from apps.events.bus import publish
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.http import (
    MAX_BATCH_BYTES,
    Cursor,
    Id,
    Limit,
    answer,
    body_of,
    invalid,
    page,
    read_body,
)
from apps.lib.schema import personal_paths
from apps.queues.lifecycle import NewItem, Rejected, add_item, add_items
from apps.queues.listing import FILTERS
from apps.queues.models import ItemReference, Ready, Scheduled, WorkItem, WorkQueue

from .finding import find_item, find_queue, may_operate
from .presenting import item_detail, item_out
from .routers import items as router
from .schemas import BatchIn, BatchOut, ItemDetail, ItemIn, ItemList, ItemOut, Status

ItemId = Annotated[Id, Path(description="The item's number.")]
MAX_PROBLEMS = 100

_WAITING = Q(Exists(Ready.objects.filter(item_id=OuterRef("pk")))) | Q(
    Exists(Scheduled.objects.filter(item_id=OuterRef("pk")))
)


@router.post("/queues/{queue}/items", response={201: ItemOut, 200: ItemOut}, summary="Add an item")
def add(request: TokenRequest, queue: str, body: ItemIn) -> HttpResponse:
    """201 with the item. Where the queue ignores or updates known references: 200 with the one it
    has, changed while it waits.

    409 when the queue refuses the reference, or the item to update does not wait any more; 422 when
    the data does not fit the schema.
    """
    found = find_queue(request, queue)
    may_operate(request)

    def call() -> tuple[int, Any]:
        is_known = _is_known(found, body.reference)
        origin = WorkItem.Origin.API
        item = add_item(found, _new_item(body), origin=origin, by=request.actor)
        item.queue = found
        return 200 if is_known else 201, item_out(item)

    return carry_out_once(request, call)


@router.post(
    "/queues/{queue}/items/batch",
    response=BatchOut,
    summary="Add up to 10 000 items",
    openapi_extra=body_of(BatchIn),
)
def add_batch(request: TokenRequest, queue: str) -> HttpResponse:
    """`all_or_nothing`: any fault is 422, and nothing is stored. `independent`: the rest is."""
    found = find_queue(request, queue)
    may_operate(request)
    body = read_body(request, BatchIn, max_bytes=MAX_BATCH_BYTES)
    new_items, faults = _read_items(body.items)
    is_strict = body.mode == "all_or_nothing"
    if faults and is_strict:
        raise _all_refused(faults, n=len(body.items))

    def call() -> tuple[int, Any]:
        added = add_items(
            found,
            list(new_items.values()),
            origin=WorkItem.Origin.API,
            by=request.actor,
            all_or_nothing=is_strict,
        )
        indexes = list(new_items)
        refused = [*faults, *(_moved(each, indexes[each.index]) for each in added.rejected)]
        refused.sort(key=lambda each: each.index)
        return 200, {"ids": added.ids, "rejected": [_rejected(each) for each in refused]}

    return carry_out_once(request, call)


@router.get("/queues/{queue}/items", response=ItemList, summary="List items, newest first")
def list_items(
    request: TokenRequest,
    queue: str,
    limit: Limit,
    cursor: Cursor,
    status: Annotated[Status | None, Query(None)],
    reference: Annotated[str | None, Query(None, max_length=200)],
) -> HttpResponse:
    found = find_queue(request, queue)
    items = WorkItem.objects.filter(queue=found)
    if status is not None:
        items = items.filter(_WAITING if status == "new" else FILTERS[status])
    if reference is not None:
        items = items.filter(reference=_storable(reference))
    rows = page(items.with_status(), order=("-id",), limit=limit, cursor=cursor)
    for item in rows.items:
        item.queue = found
    return answer({"items": [item_out(i) for i in rows.items], "next_cursor": rows.next_cursor})


@router.get("/items/{int:item_id}", response=ItemDetail, summary="Look at an item")
def get_item(
    request: TokenRequest,
    item_id: ItemId,
    reveal: Annotated[bool, Query(False, description="personal values, too; recorded")],
) -> HttpResponse:
    item = find_item(request, item_id)
    if reveal:
        _record_reveal(request, item)
    return answer(item_detail(item, is_revealed=reveal))


def _read_items(raw: list[Any]) -> tuple[dict[int, NewItem], list[Rejected]]:
    """Return the items by their index, and what is wrong with the others."""
    found: dict[int, NewItem] = {}
    faults = []
    validate = ItemIn.model_validate
    for index, each in enumerate(raw):
        try:
            found[index] = _new_item(validate(each))
        except ValidationError as error:
            problem = invalid(error)
            faults.append(Rejected(index, problem.message.removeprefix(": "), problem.fields))
    return found, faults


def _new_item(body: ItemIn) -> NewItem:
    return NewItem(
        payload=body.payload,
        reference=body.reference,
        priority=body.priority,
        available_at=body.available_at,
        due_at=body.due_at,
        expires_at=body.expires_at,
        given=frozenset(body.model_fields_set),
    )


def _all_refused(faults: list[Rejected], *, n: int) -> InvalidError:
    fields = [
        FieldProblem(f"items.{fault.index}.{field.path}".rstrip("."), field.message)
        for fault in faults
        for field in fault.fields
    ]
    message = _("%(faulty)d of %(n)d items are wrong, so none was added. %(path)s: %(first)s.")
    words = {"faulty": len(faults), "n": n, "path": fields[0].path, "first": fields[0].message}
    return InvalidError(message % words, fields=fields[:MAX_PROBLEMS])


def _moved(rejected: Rejected, index: int) -> Rejected:
    """Return what the lifecycle refused under the index that the caller knows."""
    return Rejected(index, rejected.error, rejected.fields)


def _rejected(rejected: Rejected) -> dict[str, Any]:
    return {
        "index": rejected.index,
        "error": rejected.error,
        "fields": [{"path": each.path, "message": str(each.message)} for each in rejected.fields],
    }


def _is_known(queue: WorkQueue, reference: str) -> bool:
    unique = WorkQueue.UniqueReference
    if not reference or queue.unique_reference not in (unique.IGNORE, unique.UPDATE):
        return False
    return ItemReference.objects.filter(queue_id=queue.pk, reference=reference).exists()


def _storable(text: str) -> str:
    if "\x00" in text:
        problem = FieldProblem("reference", _("must not contain NUL characters"))
        raise InvalidError(f"reference: {problem.message}.", fields=[problem])
    return text


def _record_reveal(request: TokenRequest, item: WorkItem) -> None:
    require(request.user, Action.REVEAL, item.queue.folder_id)
    fields = personal_paths(item.queue.payload_schema)
    if fields:
        publish(
            "work_item.revealed",
            subject=("item", item.pk),
            folder_id=item.queue.folder_id,
            by=request.actor,
            data={"fields": [*fields]},
        )
