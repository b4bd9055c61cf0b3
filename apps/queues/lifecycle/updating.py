"""Items that come in with a known reference, where the queue updates those that wait."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from django.utils.translation import gettext as _

from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem
from apps.lib.json import Json, JsonObject
from apps.lib.schema import unmask
from apps.operations.kinds import Chunk
from apps.queues.models import WorkItem, WorkQueue
from apps.queues.statements.many import SET_ANEW

from .changes import changes_between
from .checking import payload_problems
from .left_out import why_left_out
from .many import put_ready, record_each, restore, take_many
from .places import WAITING, Taken
from .running import array_text, quoted_array_text, run
from .values import NewItem

Problems = dict[int, list[FieldProblem]]
TIMES = ("due_at", "available_at", "expires_at")


def update_waiting(
    queue: WorkQueue, wanted: Mapping[int, NewItem], *, by: Actor, operation_id: int = 0
) -> Problems:
    """Change the items, by id, that wait; return why each of the others was not changed.

    In the caller's transaction. Nobody can lease what is being changed; what nothing changes of
    stays as it is, its version too.
    """
    chunk = Chunk(ids=sorted(wanted), arguments={}, actor=by, operation_id=operation_id)
    taken = take_many(chunk, WAITING)
    changes, problems = _differences(queue, taken, wanted)
    if changes:
        _write(changes)
    again = {pk for pk, found in changes.items() if "available_at" in found}
    put_ready([each for each in taken if each.item_id in again])
    restore([each for each in taken if each.item_id not in again])
    if changes:
        _record(taken, changes, chunk)
    missing = sorted(wanted.keys() - {each.item_id for each in taken})
    return problems | _not_waiting(missing)


def laid_over(before: JsonObject, given: JsonObject) -> JsonObject:
    """Return `before` with what is `given` in its place, objects member by member."""
    found: JsonObject = {**before}
    for name, value in given.items():
        old = found.get(name)
        both = isinstance(old, dict) and isinstance(value, dict)
        found[name] = laid_over(old, value) if both else value  # type: ignore[arg-type]
    return found


def updated_payload(item: WorkItem, new: NewItem, schema: Any) -> JsonObject:
    """Return the data that the item comes to; masks that were sent back stand for what is there."""
    given = unmask(new.payload, item.payload, schema)
    return laid_over(item.payload, given) if new.is_partial else given


def _differences(
    queue: WorkQueue, taken: Sequence[Taken], wanted: Mapping[int, NewItem]
) -> tuple[dict[int, dict[str, Any]], Problems]:
    """Return what is to be written of each, before and after, and what must not be written."""
    changes: dict[int, dict[str, Any]] = {}
    problems: Problems = {}
    for item in WorkItem.objects.filter(pk__in=[each.item_id for each in taken]).order_by("pk"):
        item.queue = queue
        values = _values(queue, item, wanted[item.pk])
        found = payload_problems(queue, values["payload"]) if "payload" in values else []
        if found:
            problems[item.pk] = found
        elif values:
            changes[item.pk] = {**values, _NOTED: changes_between(item, values)}
    return changes, problems


def _values(queue: WorkQueue, item: WorkItem, new: NewItem) -> dict[str, Any]:
    values: dict[str, Any] = {"payload": updated_payload(item, new, queue.payload_schema)}
    if new.given is None or "priority" in new.given:
        values["priority"] = new.priority
    values |= {name: at for name in TIMES if (at := getattr(new, name)) is not None}
    return {name: value for name, value in values.items() if value != getattr(item, name)}


# beside the values: what the history says of them
_NOTED = "noted"


def _write(changes: Mapping[int, Mapping[str, Any]]) -> None:
    rows = list(changes.values())

    def moments(name: str) -> str:
        found = (each.get(name) for each in rows)
        return quoted_array_text(at.isoformat() if at else None for at in found)

    run(
        SET_ANEW,
        {
            "ids": array_text(changes),
            "payloads": quoted_array_text(_text(each.get("payload")) for each in rows),
            "priorities": array_text(each.get("priority") for each in rows),
            "due": moments("due_at"),
            "available": moments("available_at"),
            "expires": moments("expires_at"),
        },
    )


def _text(payload: Json) -> str | None:
    return None if payload is None else orjson.dumps(payload).decode()


def _record(taken: Sequence[Taken], changes: Mapping[int, Mapping[str, Any]], chunk: Chunk) -> None:
    changed = [each for each in taken if each.item_id in changes]
    noted = {pk: found[_NOTED] for pk, found in changes.items()}
    record_each("work_item.edited", changed, None, chunk, noted)


def _not_waiting(ids: Sequence[int]) -> Problems:
    if not ids:
        return {}
    reasons = why_left_out(ids, WAITING)
    gone = _("it is not there any more")
    return {
        pk: [
            FieldProblem(
                "reference",
                _("belongs to item %(id)d, which does not wait any more: %(why)s")
                % {"id": pk, "why": reasons[pk].reason.rstrip(".") if pk in reasons else gone},
            )
        ]
        for pk in ids
    }
