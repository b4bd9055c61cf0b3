"""Taking items in hand, and keeping them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction

from apps.bots.logs import Line, append_log
from apps.lib.json import Json
from apps.queues.exceptions import LeaseLostError
from apps.queues.statements import FINISH_AND_LEASE, LOCK_QUEUE, RECORD_PROGRESS, RENEW

from .running import array_text, prepare_for_draining, run, run_hot, tell_moved
from .values import LeasedItem, Renewed

__all__ = ["lease_items", "prepare_for_draining", "record_progress", "renew_leases"]

MAX_LEASED_AT_ONCE = 1000
MAX_BOT_NAME = 150
MAX_PROGRESS_BYTES = 65_536

NO_RESULTS: dict[str, Any] = dict.fromkeys(
    ("ids", "tokens", "outcomes", "outputs", "available_at"), "{}"
)

# What the report of a call that finished and did not lease keeps saying when it leased afterwards
FINISHED_SAYS = ("finished", "queues", "refilled", "has_told")

# Queues that were seen to have max_in_progress: for them the lock is taken at the first call.
_limited: set[int] = set()


def lease_items(
    queue_id: int,
    *,
    n: int,
    bot: str,
    run_id: int | None = None,
    lease_seconds: int | None = None,
) -> list[LeasedItem]:
    """Return up to `n` items of the queue, now held by `bot`; none when it is paused or empty."""
    want = want_of(queue_id, n=n, bot=bot, run_id=run_id, lease_seconds=lease_seconds)
    return exchange(NO_RESULTS, want)[1]


def want_of(
    queue_id: int | None,
    *,
    n: int,
    bot: str,
    run_id: int | None = None,
    lease_seconds: int | None = None,
) -> dict[str, Any]:
    """Return the parameters of FINISH_AND_LEASE that say what is wanted; n = 0: nothing."""
    return {
        "queue_id": queue_id,
        "wanted_by": [bot[:MAX_BOT_NAME]],
        "run_ids": [run_id],
        "counts": [max(0, min(n, MAX_LEASED_AT_ONCE))],
        "seconds": [lease_seconds or 0],
    }


def exchange(
    results: dict[str, Any], want: dict[str, Any]
) -> tuple[dict[str, Any], list[LeasedItem]]:
    """Finish `results` and lease what is wanted, in one statement; return its report and the items.

    Where the number of items in progress is limited, those who lease queue up behind a lock; what
    is finished is finished in any case.
    """
    queue_id = want["queue_id"]
    if queue_id in _limited:
        return _exchange_locked(results, want)
    report, items = _exchange(results, want, is_locked=False)
    if report["is_limited"]:
        _limited.add(queue_id)
        locked, items = _exchange_locked(NO_RESULTS, want)
        report = {**locked, **{key: report[key] for key in FINISHED_SAYS}}
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
    attempt, run_id = rows[0]
    append_log(run_id, [_line_of(line, item_id, attempt) for line in log])
    tell_moved([], [item_id])


def _line_of(line: Line, item_id: int, attempt: int) -> Line:
    return Line(
        message=line.message,
        level=line.level,
        item_id=item_id,
        attempt=attempt,
        seconds_ago=line.seconds_ago,
    )


def _exchange_locked(
    results: dict[str, Any], want: dict[str, Any]
) -> tuple[dict[str, Any], list[LeasedItem]]:
    """Lease with everybody else held off; the statement's snapshot must come after the lock."""
    with transaction.atomic():
        run_hot(LOCK_QUEUE, {"queue_id": want["queue_id"]})
        return _exchange(results, want, is_locked=True)


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
