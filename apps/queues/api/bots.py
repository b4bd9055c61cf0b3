"""Calls of bots: lease, renew, finish, tell how it goes. They hold no thread while they wait."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse

from apps.accounts.auth import AsyncTokenAuth
from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import key_of
from apps.bots.logs import Line
from apps.lib.http import MAX_BATCH_BYTES, MAX_BODY_BYTES, answer, body_of, read_body_async
from apps.queues import batcher, waiting
from apps.queues.batcher import Answer, Exchange, Leased, Renewal, Want
from apps.queues.lifecycle import begin_effect, end_effect, record_progress

from .finding import find_item, is_key, may_operate, unknown_queue
from .handing_in import hand_in, lease_once_per_key
from .presenting import hold_out
from .results import results_of
from .routers import bots as router
from .schemas import (
    EffectAnswerOut,
    EffectIn,
    FinishAndLeaseIn,
    FinishAndLeaseOut,
    FinishIn,
    FinishOut,
    LeaseOut,
    ProgressIn,
    RenewIn,
    RenewOut,
    Wish,
)

signed_in = AsyncTokenAuth()


@router.post(
    "/queues/{queue}/lease",
    auth=signed_in,
    response=LeaseOut,
    summary="Lease items",
    openapi_extra=body_of(Wish),
)
async def lease(request: TokenRequest, queue: str) -> HttpResponse:
    """Take up to `max_items` in hand until `lease_expires_at`; renew or finish them before."""
    may_operate(request)
    wish = await read_body_async(request, Wish, max_bytes=MAX_BODY_BYTES)
    if key_of(request):
        return await lease_once_per_key(request, queue, wish)
    found = await _lease(request, queue, wish)
    return answer(_lease_out(found))


@router.post(
    "/items/renew",
    auth=signed_in,
    response=RenewOut,
    summary="Renew leases",
    openapi_extra=body_of(RenewIn),
)
async def renew(request: TokenRequest) -> HttpResponse:
    """Always 200. What is `lost` is not yours any more: stop working on it."""
    may_operate(request)
    body = await read_body_async(request, RenewIn, max_bytes=MAX_BATCH_BYTES)
    held = tuple((each.id, each.lease) for each in body.leases)
    done = set()
    if held:
        call = Renewal(request.folder.pk, held, body.lease_seconds)
        done = (await batcher.renew(call)).done
    renewed = dict.fromkeys(key[0] for key in held if key in done)
    lost = dict.fromkeys(key[0] for key in held if key not in done)
    return answer({"renewed": list(renewed), "lost": list(lost)})


@router.post(
    "/items/finish",
    auth=signed_in,
    response=FinishOut,
    summary="Finish items",
    openapi_extra=body_of(FinishIn),
)
async def finish(request: TokenRequest) -> HttpResponse:
    """Always 200. The same result sent twice is finished once, and answered as finished twice."""
    may_operate(request)
    body = await read_body_async(request, FinishIn, max_bytes=MAX_BATCH_BYTES)
    outcome, _answer = await hand_in(request, results_of(body.results))
    return answer(outcome)


@router.post(
    "/items/finish-and-lease",
    auth=signed_in,
    response=FinishAndLeaseOut,
    summary="Finish items and lease the next, in one step",
    openapi_extra=body_of(FinishAndLeaseIn),
)
async def finish_and_lease(request: TokenRequest) -> HttpResponse:
    may_operate(request)
    body = await read_body_async(request, FinishAndLeaseIn, max_bytes=MAX_BATCH_BYTES)
    results = results_of(body.results)
    if key_of(request):
        # handing in is safe to repeat by itself; leasing is by its key
        outcome, _answer = await hand_in(request, results)
        leased = await lease_once_per_key(request, body.queue, body)
        return answer({**outcome, **orjson.loads(leased.content)})
    want = _want(request, body.queue, body)
    outcome, found = await hand_in(request, results, want=want)
    if not found.leased and body.wait_seconds:
        found = await _lease(request, body.queue, body)
    return answer({**outcome, **_lease_out(found)})


@router.post("/items/progress", response={200: None}, summary="Tell how the work goes")
def progress(request: TokenRequest, body: ProgressIn) -> HttpResponse:
    """Keep progress and log lines of a lease holder. 409 when the lease is lost."""
    may_operate(request)
    item = find_item(request, body.id)
    now = datetime.now(UTC)
    lines = [
        Line(
            each.message,
            each.level,
            seconds_ago=_seconds_before(now, each.at),
            step=each.step,
            correlation_id=each.correlation_id,
            fields=each.fields,
        )
        for each in body.log
    ]
    record_progress(item.pk, body.lease, progress=body.progress, log=lines)
    return answer({})


@router.post("/items/effects", response=EffectAnswerOut, summary="Bracket what can't be undone")
def effects(request: TokenRequest, body: EffectIn) -> HttpResponse:
    """`begin` before the act, `end` after it, with the reference that the outside world gave.

    `new`: go ahead. `finished`: it happened before, see `reference`. `unknown`: an earlier try was
    cut off in it, so don't act; end the try with an application exception, and a person is asked.
    """
    may_operate(request)
    item = find_item(request, body.id)
    if body.state == "begin":
        found = begin_effect(item.pk, body.lease, body.key)
    else:
        found = end_effect(item.pk, body.lease, body.key, body.reference)
    return answer({"state": found.state, "reference": found.reference})


async def _lease(request: TokenRequest, queue: str, wish: Wish) -> Answer:
    """Lease, and wait for work as long as is wished."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wish.wait_seconds
    call = Exchange(request.folder.pk, want=_want(request, queue, wish))
    is_last = not wish.wait_seconds
    while True:
        found = await batcher.exchange(call)
        if found.queue_id is None:
            raise unknown_queue(queue)
        if found.leased or is_last or _is_in_vain(found):
            return found
        is_last = not await waiting.wait_for_items(found.queue_id, deadline - loop.time())


def _is_in_vain(found: Answer) -> bool:
    """Whether waiting changes nothing for this bot."""
    return found.hold is not None and found.hold.code == "capability"


def _want(request: TokenRequest, queue: str, wish: Wish) -> Want:
    if not is_key(queue):
        raise unknown_queue(queue)
    bot = wish.bot or request.actor.name
    seconds, can = wish.lease_seconds or 0, tuple(wish.capabilities)
    return Want(queue, n=wish.max_items, bot=bot, seconds=seconds, capabilities=can)


def _lease_out(found: Answer) -> dict[str, Any]:
    return {"items": [_leased(item) for item in found.leased], **hold_out(found.hold)}


def _leased(item: Leased) -> dict[str, Any]:
    return {
        "id": item.id,
        "reference": item.reference,
        "payload": orjson.Fragment(item.payload),
        "attempt": item.attempt,
        "lease": item.token,
        "lease_expires_at": item.expires_at,
    }


def _seconds_before(now: datetime, at: datetime | None) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
