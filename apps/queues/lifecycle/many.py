"""What people do with many items at once: a chunk of a bulk action, in its transaction.

Each verb takes what may be taken out of its place, puts it into the next, and returns a Result for
every id: those it found elsewhere are left out, with the reason. The history of each item has the
number of the operation.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import orjson
from django.db.models import QuerySet

from apps.events.bus import Happening, announce, record_many, ring
from apps.lib.json import JsonObject
from apps.operations.kinds import Chunk, Result, did
from apps.queues.models import Parked, WorkItem, WorkQueue
from apps.queues.statements import FORGET_TIMES
from apps.queues.statements.many import (
    PUT_ENDED_MANY,
    PUT_PARKED_MANY,
    PUT_READY_MANY,
    PUT_SCHEDULED_MANY,
    SET_AVAILABLE,
    SET_PRIORITIES,
    TAKE_MANY,
)

from .left_out import why_left_out
from .places import ENDED, MAX_NAME, WAITING, Taken
from .running import array_text, quoted_array_text, run, tell_moved

Status = WorkItem.Status
NEEDS_DECISION: Final = Parked.Status.NEEDS_DECISION.value
ON_HOLD: Final = Parked.Status.ON_HOLD.value
CANCELLED: Final = Status.CANCELLED.value

# what each verb may take
RETRIED: Final = frozenset({"scheduled", NEEDS_DECISION, ON_HOLD, "failed", "expired"})
HELD: Final = WAITING
RELEASED: Final = frozenset({ON_HOLD})
RANKED: Final = WAITING | {ON_HOLD}
POSTPONED: Final = WAITING
ENDABLE: Final = WAITING | {NEEDS_DECISION, ON_HOLD}
REVIVED: Final = frozenset({CANCELLED})


def retry_items(chunk: Chunk) -> Mapping[int, Result]:
    """Work them now and with fresh tries: what failed or expired, is parked, or waits for a time.

    An item of which nobody knows whether an act happened is left out: a person must say so first.
    """
    taken = take_many(chunk, RETRIED, insist_on_known=True)
    if taken:
        run(FORGET_TIMES, {"ids": array_text(each.item_id for each in taken)})
        put_ready([each.fresh() for each in taken])
    parked = [each for each in taken if each.place not in ENDED]
    ended = [each for each in taken if each.place in ENDED]
    record_each("work_item.retried", parked, Status.NEW, chunk)
    record_each("work_item.reopened", ended, Status.NEW, chunk)
    return _results(chunk, taken, RETRIED)


def hold_items(chunk: Chunk) -> Mapping[int, Result]:
    """Keep what waits from being worked."""
    taken = take_many(chunk, HELD)
    held: JsonObject = {"cause": Parked.Cause.HELD.value, "message": chunk.reason, "code": ""}
    held["by"] = chunk.actor.name[:MAX_NAME]
    _put_parked(taken, ON_HOLD, [held] * len(taken))
    record_each("work_item.held", taken, Status.ON_HOLD, chunk)
    return _results(chunk, taken, HELD, _waited_until)


def release_items(chunk: Chunk) -> Mapping[int, Result]:
    """Let what is on hold wait for its turn again; of an undo: for its time, if that is to come."""
    taken = take_many(chunk, RELEASED)
    _put_back(taken, chunk.before)
    record_each("work_item.resumed", taken, Status.NEW, chunk)
    return _results(chunk, taken, RELEASED)


def rank_items(chunk: Chunk) -> Mapping[int, Result]:
    """Give what waits or is on hold another priority; of an undo: each the one it had."""
    taken = take_many(chunk, RANKED)
    before = dict(_items(taken).values_list("pk", "priority"))
    wanted = {
        pk: int(chunk.before.get(pk, {}).get("priority", chunk.arguments.get("priority", 50)))  # type: ignore[arg-type]
        for pk in before
    }
    differing = [pk for pk in before if before[pk] != wanted[pk]]
    if differing:
        priorities = array_text(wanted[pk] for pk in differing)
        run(SET_PRIORITIES, {"ids": array_text(differing), "priorities": priorities})
    restore(taken)
    changes: dict[int, JsonObject] = {
        pk: {"priority": {"before": before[pk], "after": wanted[pk]}} for pk in differing
    }
    changed = [each for each in taken if each.item_id in changes]
    record_each("work_item.edited", changed, None, chunk, changes)
    return _results(chunk, taken, RANKED, lambda each: {"priority": before[each.item_id]})


def postpone_items(chunk: Chunk) -> Mapping[int, Result]:
    """Have what waits come up at the given time; of an undo: when it would have come up."""
    taken = take_many(chunk, POSTPONED)
    before = dict(_items(taken).values_list("pk", "available_at"))
    given = str(chunk.arguments.get("available_at", ""))
    wanted = {pk: _time_back(chunk.before[pk]) if chunk.before else given for pk in before}
    if taken:
        times = quoted_array_text(wanted[pk] or None for pk in before)
        run(SET_AVAILABLE, {"ids": array_text(before), "times": times})
    _put_back(taken, chunk.before)
    changes: dict[int, JsonObject] = {
        pk: {"available_at": _change(before[pk], wanted[pk])} for pk in before
    }
    record_each("work_item.edited", taken, None, chunk, changes)
    own = {pk: at.isoformat() if at else "" for pk, at in before.items()}
    return _results(
        chunk, taken, POSTPONED, lambda each: _waited_until(each) | {"own": own[each.item_id]}
    )


def cancel_items(chunk: Chunk) -> Mapping[int, Result]:
    """Withdraw what waits or is parked: it should not have been there. Owners hear of it."""
    taken = take_many(chunk, ENDABLE)
    if taken:
        by, note = chunk.actor.name[:MAX_NAME], chunk.reason
        rows = run(PUT_ENDED_MANY, {**_arrays(taken), "status": CANCELLED, "by": by, "note": note})
        if rows and rows[0][1]:
            ring()
    record_each("work_item.cancelled", taken, Status.CANCELLED, chunk)
    return _results(chunk, taken, ENDABLE, _stood)


def revive_items(chunk: Chunk) -> Mapping[int, Result]:
    """Put what was cancelled back to where it was, as it was; only to take a cancel back."""
    taken = take_many(chunk, REVIVED)
    by_place: dict[str, list[Taken]] = {}
    for each in taken:
        place = str(chunk.before.get(each.item_id, {}).get("place", "ready"))
        by_place.setdefault(place, []).append(each)
    for place in (NEEDS_DECISION, ON_HOLD):
        parked = by_place.pop(place, [])
        details = [chunk.before[each.item_id] for each in parked]
        _put_parked(parked, place, details)
        record_each("work_item.reopened", parked, Status(place), chunk)
        if place == NEEDS_DECISION:
            _ask_again(parked, chunk.before)
    waiting = [each for found in by_place.values() for each in found]
    _put_back(waiting, chunk.before)
    record_each("work_item.reopened", waiting, Status.NEW, chunk)
    return _results(chunk, taken, REVIVED)


# --- taking and putting


def take_many(
    chunk: Chunk, places: frozenset[str], *, insist_on_known: bool = False
) -> list[Taken]:
    """Take out of their places what stands in `places`; look once more for what was on its way."""
    values: dict[str, Any] = {"places": sorted(places), "insist_on_known": insist_on_known}
    rows = run(TAKE_MANY, {**values, "ids": array_text(chunk.ids)})
    missing = set(chunk.ids) - {row[0] for row in rows}
    if missing:
        rows += run(TAKE_MANY, {**values, "ids": array_text(sorted(missing))})
    return [
        Taken(
            item_id=item_id,
            queue_id=queue_id,
            attempt=attempt,
            tries=tries,
            losses=losses,
            alone=alone,
            place=place,
            details=orjson.loads(details),
        )
        for item_id, queue_id, attempt, tries, losses, alone, place, details in sorted(rows)
    ]


def _arrays(taken: Sequence[Taken]) -> dict[str, Any]:
    return {
        "item_ids": array_text(each.item_id for each in taken),
        "queue_ids": array_text(each.queue_id for each in taken),
        "attempts": array_text(each.attempt for each in taken),
        "tries": array_text(each.tries for each in taken),
        "losses": array_text(each.losses for each in taken),
        "alones": array_text("t" if each.alone else "f" for each in taken),
    }


def _items(taken: Sequence[Taken]) -> QuerySet[WorkItem, WorkItem]:
    found: QuerySet[WorkItem, WorkItem] = WorkItem.objects.filter(
        pk__in=[each.item_id for each in taken]
    )
    return found


def put_ready(taken: Sequence[Taken]) -> None:
    if taken:
        run(PUT_READY_MANY, _arrays(taken))


def _put_scheduled(taken: Sequence[Taken], details: Iterable[JsonObject]) -> None:
    if taken:
        run(PUT_SCHEDULED_MANY, {**_arrays(taken), "details": _texts(details)})


def _put_parked(taken: Sequence[Taken], status: str, details: Iterable[JsonObject]) -> None:
    if taken:
        values = {**_arrays(taken), "status": status, "details": _texts(details)}
        run(PUT_PARKED_MANY, values)


def restore(taken: Sequence[Taken]) -> None:
    """Put each back to where it was taken from, ranked anew."""
    put_ready([each for each in taken if each.place == "ready"])
    scheduled = [each for each in taken if each.place == "scheduled"]
    _put_scheduled(scheduled, [each.details for each in scheduled])
    held = [each for each in taken if each.place == ON_HOLD]
    _put_parked(held, ON_HOLD, [each.details for each in held])


def _put_back(taken: Sequence[Taken], before: Mapping[int, JsonObject]) -> None:
    """Let each wait: for the time that `before` has of it, else for its turn or its own time."""
    timed = [each for each in taken if before.get(each.item_id, {}).get("available_at")]
    _put_scheduled(timed, [before[each.item_id] for each in timed])
    put_ready([each for each in taken if not before.get(each.item_id, {}).get("available_at")])


def _texts(details: Iterable[JsonObject]) -> str:
    return quoted_array_text(orjson.dumps(each).decode() for each in details)


# --- what an undo needs to know


def _waited_until(each: Taken) -> JsonObject:
    return dict(each.details) if each.place == "scheduled" else {}


def _stood(each: Taken) -> JsonObject:
    return {"place": each.place, **each.details}


def _time_back(before: JsonObject) -> str:
    return str(before.get("own", ""))


def _change(before: datetime | None, after: str) -> JsonObject:
    return {"before": before.isoformat() if before else None, "after": after or None}


# --- what moves leave behind


def _nothing(each: Taken) -> JsonObject | None:
    return None


def _results(
    chunk: Chunk,
    taken: Sequence[Taken],
    places: frozenset[str],
    before: Callable[[Taken], JsonObject | None] = _nothing,
) -> dict[int, Result]:
    results = {each.item_id: did(before(each)) for each in taken}
    missing = [pk for pk in chunk.ids if pk not in results]
    return results | why_left_out(missing, places) if missing else results


def record_each(
    kind: str,
    taken: Sequence[Taken],
    to: Status | None,
    chunk: Chunk,
    changes: Mapping[int, JsonObject] | None = None,
) -> None:
    """Write each one's history, close tasks that are not needed any more, tell the world."""
    if not taken:
        return
    folders = dict(
        WorkQueue.objects.filter(pk__in={each.queue_id for each in taken}).values_list(
            "pk", "folder_id"
        )
    )
    happenings = [
        Happening(
            subject=("item", each.item_id),
            folder_id=folders[each.queue_id],
            data=_data(each, to, chunk, (changes or {}).get(each.item_id)),
        )
        for each in taken
    ]
    record_many(kind, happenings, by=chunk.actor)
    # only what a person was asked about has a task
    asked = [each.item_id for each in taken if each.place == NEEDS_DECISION or each.place in ENDED]
    if asked:
        announce(kind, {"ids": list(asked)})
    refilled = folders if to in (None, Status.NEW) else ()
    tell_moved(folders, [each.item_id for each in taken], refilled=refilled)


def _data(each: Taken, to: Status | None, chunk: Chunk, changes: JsonObject | None) -> JsonObject:
    data: JsonObject = {
        "queue_id": each.queue_id,
        "from": each.status,
        "to": str(to or each.status),
        "reason": chunk.reason,
        "operation": chunk.operation_id,
    }
    return {**data, "changes": changes} if changes else data


def _ask_again(parked: Sequence[Taken], before: Mapping[int, JsonObject]) -> None:
    """Have the inbox open tasks for what needs a person again."""
    by_queue: dict[int, list[Taken]] = {}
    for each in parked:
        by_queue.setdefault(each.queue_id, []).append(each)
    for queue_id, found in by_queue.items():
        items: list[Any] = [
            {
                "id": each.item_id,
                "attempt": each.attempt - 1,
                **{
                    name: before[each.item_id].get(name, "")
                    for name in ("cause", "code", "message")
                },
            }
            for each in found
        ]
        announce("work_item.needs_decision", {"queue_id": queue_id, "items": items})
