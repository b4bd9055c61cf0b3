"""Results of bots, handed in by the quick way where it goes, else by the lifecycle's own."""

import asyncio
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from apps.accounts.http import TokenRequest
from apps.accounts.idempotency import carry_out_once
from apps.lib.threads import in_thread
from apps.queues import batcher, waiting
from apps.queues.batcher import Answer, Exchange, Want
from apps.queues.lifecycle import LeasedItem, Result, Wanted, finish_items, take_turn
from apps.queues.lifecycle.finishing import is_hot
from apps.queues.models import WorkItem

from .finding import find_queue, unknown_queue
from .presenting import hold_out
from .schemas import Wish

Key = tuple[int, UUID]
Reasons = dict[Key, str]


async def hand_in(
    request: TokenRequest, results: Sequence[Result], *, want: Want | None = None
) -> tuple[dict[str, Any], Answer]:
    """Finish `results`, then lease; return what became of each, and what was leased.

    Failures are decided first, so that nothing is leased to somebody whose results were not taken.
    """
    given: dict[Key, Result] = {}
    for result in results:
        given.setdefault(_key(result), result)
    hot = tuple(each for each in given.values() if is_hot(each))
    cold = [each for each in given.values() if not is_hot(each)]
    if cold and want is not None:
        # what is asked for in vain must not be half done
        await in_thread(find_queue, request, want.queue)
    reasons = await _settle(request, cold)
    found = Answer()
    if hot or want is not None:
        found = await batcher.exchange(Exchange(request.folder.pk, hot, want))
        if want is not None and found.queue_id is None:
            raise unknown_queue(want.queue)
        reasons |= await _settle(request, [each for each in hot if _key(each) not in found.done])
    return _told(results, given, reasons), found


async def _settle(request: TokenRequest, results: Sequence[Result]) -> Reasons:
    """Hand in results that need a decision or a second look; return why some were refused."""
    if not results:
        return {}
    return await in_thread(_settle_now, request.folder.pk, results)


def _settle_now(folder_id: int, results: Sequence[Result]) -> Reasons:
    ids = {result.id for result in results}
    here = WorkItem.objects.filter(pk__in=ids, queue__folder_id=folder_id)
    own_ids = set(here.values_list("pk", flat=True))
    own = [result for result in results if result.id in own_ids]
    # the lifecycle's answer is by item, and several leases of one item may be among them
    reasons: Reasons = {_key(each): "unknown" for each in results if each.id not in own_ids}
    for some in _one_lease_of_each(own):
        refused = {each.id: str(each.reason) for each in finish_items(some).refused}
        reasons |= {_key(each): refused[each.id] for each in some if each.id in refused}
    return reasons


def _one_lease_of_each(results: Sequence[Result]) -> Iterator[list[Result]]:
    """Divide `results` so that no part has an item twice; nearly always there is one part."""
    waiting = list(results)
    while waiting:
        part = {result.id: result for result in reversed(waiting)}
        yield list(part.values())
        waiting = [result for result in waiting if part[result.id] is not result]


def _told(results: Sequence[Result], given: dict[Key, Result], reasons: Reasons) -> dict[str, Any]:
    """Answer each result as it was sent, repetitions and contradictions included."""
    finished: dict[int, None] = {}
    refused = []
    for result in results:
        reason = reasons.get(_key(result))
        if reason is None and given[_key(result)].outcome != result.outcome:
            reason = "already_finished"
        if reason is None:
            finished[result.id] = None
        else:
            refused.append({"id": result.id, "reason": reason})
    return {"finished": list(finished), "refused": refused}


async def lease_once_per_key(request: TokenRequest, queue: str, wish: Wish) -> HttpResponse:
    """Lease under an Idempotency-Key: its row is written with the leases, in a thread."""
    loop = asyncio.get_running_loop()
    deadline = loop.time() + wish.wait_seconds
    is_last = not wish.wait_seconds
    while True:
        try:
            return await in_thread(_lease_now, request, queue, wish, is_last=is_last)
        except _NothingYetError as nothing:
            left = deadline - loop.time()
            is_last = not await waiting.wait_for_items(nothing.queue_id, left)


class _NothingYetError(Exception):
    """The queue is empty and there is time left: roll back, wait, try again."""

    def __init__(self, queue_id: int) -> None:
        self.queue_id = queue_id


def _lease_now(request: TokenRequest, queue: str, wish: Wish, *, is_last: bool) -> HttpResponse:
    def call() -> tuple[int, Any]:
        found = find_queue(request, queue)
        wanted = Wanted(
            queue_id=found.pk,
            n=wish.max_items,
            bot=wish.bot or request.actor.name,
            lease_seconds=wish.lease_seconds,
            capabilities=wish.capabilities,
        )
        turn = take_turn([], wanted)
        if not turn.leased and not is_last:
            raise _NothingYetError(found.pk)
        return 200, {"items": [_leased(item) for item in turn.leased], **hold_out(turn.hold)}

    return carry_out_once(request, call)


def _leased(item: LeasedItem) -> dict[str, Any]:
    return {
        "id": item.id,
        "reference": item.reference,
        "payload": item.payload,
        "attempt": item.attempt,
        "lease": item.token,
        "lease_expires_at": item.expires_at,
    }


def _key(result: Result) -> Key:
    return result.id, result.token
