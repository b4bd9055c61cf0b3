"""Taking items in hand, and keeping them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from apps.bots.logs import Line, Speaker, append_log
from apps.lib.json import Json
from apps.queues.exceptions import LeaseLostError
from apps.queues.statements import (
    FINISH_AND_LEASE,
    LOCK_ROOM,
    RECORD_PROGRESS,
    RENEW,
    SPEND,
    ask_room,
)

from .room import Room, asking, read_room
from .running import array_text, change_hot, prepare_for_draining, run, run_hot, tell_moved
from .values import Hold, LeasedItem, Renewed, Wanted

__all__ = ["lease_items", "prepare_for_draining", "record_progress", "renew_leases"]

MAX_LEASED_AT_ONCE = 1000
MAX_BOT_NAME = 150
MAX_PROGRESS_BYTES = 65_536

NO_RESULTS: dict[str, Any] = dict.fromkeys(
    ("ids", "tokens", "outcomes", "outputs", "available_at"), "{}"
)

# As many elements as there are of a single want, so that one prepared statement serves both
NOTHING: dict[str, Any] = {
    "queue_id": None,
    "wanted_by": [""],
    "run_ids": [None],
    "counts": [0],
    "seconds": [0],
}
NOTHING_FINISHED: dict[str, Any] = {
    "finished": [],
    "queues": [],
    "refilled": [],
    "has_told": False,
}

# Queues that were seen to be limited: for them the locks are taken at the first call.
_limited: set[int] = set()


def lease_items(
    queue_id: int,
    *,
    n: int,
    bot: str,
    run_id: int | None = None,
    lease_seconds: int | None = None,
) -> list[LeasedItem]:
    """Return up to `n` items of the queue, now held by `bot`; none when it is held or empty."""
    wanted = Wanted(queue_id=queue_id, n=n, bot=bot, run_id=run_id, lease_seconds=lease_seconds)
    return exchange(NO_RESULTS, want_of(wanted))[1]


def want_of(wanted: Wanted | None) -> dict[str, Any]:
    """Return the parameters of FINISH_AND_LEASE that say what is wanted."""
    if wanted is None:
        return NOTHING
    return {
        "queue_id": wanted.queue_id,
        "wanted_by": [wanted.bot[:MAX_BOT_NAME]],
        "run_ids": [wanted.run_id],
        "counts": [max(0, min(wanted.n, MAX_LEASED_AT_ONCE))],
        "seconds": [wanted.lease_seconds or 0],
        "capabilities": [list(wanted.capabilities)],
        "is_ahead": wanted.is_ahead,
    }


def exchange(
    results: dict[str, Any], want: dict[str, Any]
) -> tuple[dict[str, Any], list[LeasedItem]]:
    """Finish `results` and lease what is wanted, in one statement; return its report and the items.

    Where something limits the queue, those who lease queue up behind locks, in a transaction of
    their own: what is finished is finished in any case, and makes room. The report's `hold` says
    why a single want got nothing, None if nothing kept it.
    """
    must_lock = is_limited(want["queue_id"])
    if must_lock and results is NO_RESULTS:
        report: dict[str, Any] = dict(NOTHING_FINISHED)
    else:
        report, items = _exchange(results, NOTHING if must_lock else want, is_locked=False)
        if not must_lock and not report["is_limited"]:
            report["hold"] = paused(report["paused"])
            return report, items
    report["hold"], items = _lease_locked(want)
    return report, items


def renew_leases(held: Sequence[tuple[int, UUID]], *, lease_seconds: int | None = None) -> Renewed:
    """Hold the items for another `lease_seconds` (None: what their queues say) from now on.

    The answer is by lease: an item of which an old lease is asked for, too, is in both lists.
    """
    values = {
        "ids": array_text(item_id for item_id, _token in held),
        "tokens": array_text(token for _item_id, token in held),
        "seconds": lease_seconds,
    }
    renewed = set(run_hot(RENEW, values))
    asked = dict.fromkeys(held)
    return Renewed(
        renewed=[lease[0] for lease in asked if lease in renewed],
        lost=[lease[0] for lease in asked if lease not in renewed],
    )


@transaction.atomic
def record_progress(
    item_id: int, token: UUID, *, progress: Json = None, log: Sequence[Line] = ()
) -> None:
    """Keep what the holder says about its work. Raises LeaseLostError if it is not the holder."""
    text = orjson.dumps(progress).decode()
    values = {
        "item_id": item_id,
        "token": token,
        "progress": text,
        "has_progress": progress is not None and len(text) <= MAX_PROGRESS_BYTES,
    }
    rows = run(RECORD_PROGRESS, values)
    if not rows:
        raise LeaseLostError(item_id)
    attempt, run_id, folder_id, bot_id = rows[0]
    speaker = Speaker(folder_id=folder_id, run_id=run_id, bot_id=bot_id)
    append_log(speaker, [replace(line, item_id=item_id, attempt=attempt) for line in log])
    tell_moved([], [item_id])


@transaction.atomic
def _lease_locked(want: dict[str, Any]) -> tuple[Hold | None, list[LeasedItem]]:
    """Lease with everybody else held off whom the same limits bind."""
    locked = run_hot(LOCK_ROOM, {"queue_id": want["queue_id"]})
    room = read_room(run_hot(ask_room(), asking(want)), locked)
    note_limited(want["queue_id"], room)
    counts = room.fitted(_one_by_one(want, room)) if room.is_capable else []
    if not any(counts):
        return room.hold_of(0) if room.is_capable else None, []
    _report, items = _exchange(NO_RESULTS, {**want, "counts": counts}, is_locked=True)
    if items and room.has_rates:
        change_hot(SPEND, {"queue_id": want["queue_id"], "n": len(items)})
    return None, items


def is_limited(queue_id: int | None) -> bool:
    """Whether leasing from the queue was seen to need locks."""
    return queue_id in _limited


def note_limited(queue_id: int, room: Room) -> None:
    """Keep in mind whether leasing from the queue needs locks, as was just seen."""
    if room.is_limited:
        _limited.add(queue_id)
    else:
        _limited.discard(queue_id)


def paused(reason: str | None) -> Hold | None:
    return None if reason is None else Hold("queue_paused", reason=reason)


def _one_by_one(want: dict[str, Any], room: Room) -> list[int]:
    """Return how many are wanted; a seat is for the item in hand, not for those leased ahead."""
    counts: list[int] = want["counts"]
    return [min(n, 1) for n in counts] if room.is_bound and want.get("is_ahead") else counts


def _exchange(
    results: dict[str, Any], want: dict[str, Any], *, is_locked: bool
) -> tuple[dict[str, Any], list[LeasedItem]]:
    rows = run_hot(FINISH_AND_LEASE, {**results, **want, "is_locked": is_locked})
    rows[1:] = sorted(rows[1:], key=_by_want_and_place)
    report: dict[str, Any] = orjson.loads(rows[0][3])
    return report, [_leased(row) for row in rows[1:]]


def _by_want_and_place(row: tuple[Any, ...]) -> tuple[int, int]:
    return row[7], row[8]


def _leased(row: tuple[Any, ...]) -> LeasedItem:
    item_id, token, reference, payload, attempt, expires_at, is_alone = row[:7]
    moment: datetime = expires_at
    return LeasedItem(
        item_id, reference, orjson.loads(payload), attempt, token, moment, is_alone=is_alone
    )
