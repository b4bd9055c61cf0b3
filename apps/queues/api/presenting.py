"""Queues and items as JSON."""

from collections.abc import Iterable
from typing import Any

from apps.lib.schema import mask
from apps.queues.counts import QueueCounts, counts_of
from apps.queues.holding import say_hold
from apps.queues.lifecycle import Hold
from apps.queues.models import (
    Attempt,
    Effect,
    Ended,
    ItemAnswer,
    ItemFile,
    Lease,
    Parked,
    Prediction,
    WorkItem,
    WorkQueue,
)
from apps.queues.outputs import output_of
from apps.queues.owners import owner_of

Out = dict[str, Any]

MAX_ATTEMPTS = 1_000
MAX_PREDICTIONS = 5_000

OF_QUEUE = (
    *("id", "key", "title", "description", "payload_schema", "unique_reference", "max_attempts"),
    *("retry_delay_seconds", "retry_backoff", "lease_seconds", "max_runs", "max_in_progress"),
    *("sla_seconds", "cut_off", "due_lead_seconds", "seconds_per_point", "error_rules"),
    *("on_business_exception", "on_exhausted", "paused_at", "paused_by", "created_at"),
    *("required_capabilities", "share"),
)
OF_ITEM = (
    *("id", "reference", "priority", "status", "since", "entered_at", "due_at", "expires_at"),
    *("version", "origin", "added_by"),
)
OF_ATTEMPT = (
    *("number", "outcome", "bot", "run_id", "started_at", "ended_at", "output", "code", "message"),
    "error_class",
)
OF_PREDICTION = (
    *("attempt", "field", "value", "confidence", "threshold", "went", "source", "region"),
    *("model", "model_version", "document_class"),
)
OF_FILE = ("id", "name", "content_type", "size", "sha256", "added_at", "added_by")


def queues_out(queues: Iterable[WorkQueue]) -> list[Out]:
    """Return queues with their counts; two queries for all of them."""
    found = list(queues)
    counts = counts_of([queue.pk for queue in found])
    return [_queue(queue, counts[queue.pk]) for queue in found]


def queue_out(queue: WorkQueue) -> Out:
    return queues_out([queue])[0]


def item_out(item: Any, *, is_revealed: bool = False) -> Out:
    """Return an item that is annotated by `with_status`; personal values are masked."""
    queue = item.queue
    payload = item.payload if is_revealed else mask(item.payload, queue.payload_schema)
    return {
        **_values(item, OF_ITEM),
        "queue": queue.key,
        "payload": payload,
        "available_at": item.available_at_now or item.available_at,
    }


def item_detail(item: WorkItem, *, is_revealed: bool = False) -> Out:
    lease = Lease.objects.filter(item_id=item.pk).first()
    parked = Parked.objects.filter(item_id=item.pk).first()
    ended = Ended.objects.filter(item_id=item.pk).first()
    attempts = Attempt.objects.filter(item_id=item.pk).order_by("number", "ended_at")
    effects = Effect.objects.filter(item_id=item.pk).order_by("pk")
    owner = owner_of(item.pk)
    return {
        **item_out(item, is_revealed=is_revealed),
        "instance": owner.owner_id if owner else None,
        "attempts": [_values(attempt, OF_ATTEMPT) for attempt in attempts[:MAX_ATTEMPTS]],
        "in_hand": _holder(lease) if lease else None,
        "parked": _values(parked, ("cause", "code", "message", "since", "by")) if parked else None,
        "ended": _values(ended, ("at", "by", "note")) if ended else None,
        "effects": [
            _values(each, ("key", "state", "reference", "begun_at", "finished_at"))
            for each in effects
        ],
        "files": [file_out(each) for each in ItemFile.objects.filter(item=item).order_by("pk")],
        **_said_of(item),
    }


def _said_of(item: WorkItem) -> Out:
    """What models read and people answered, and what came of it."""
    answers = list(ItemAnswer.objects.filter(item_id=item.pk).order_by("pk"))
    read = Prediction.objects.filter(item_id=item.pk).order_by("attempt", "pk")
    return {
        "answers": [
            {
                **_values(each, ("key", "decision", "values", "comment")),
                "by": each.answered_by,
                "at": each.answered_at,
            }
            for each in answers
        ],
        "predictions": [_values(each, OF_PREDICTION) for each in read[:MAX_PREDICTIONS]],
        "output": output_of(item),
    }


def file_out(kept: ItemFile) -> Out:
    return _values(kept, OF_FILE)


def hold_out(hold: Hold | None) -> Out:
    """Return why nothing is leased; nothing when nothing keeps it."""
    if hold is None:
        return {}
    return {"paused": say_hold(hold), "paused_code": hold.code, "paused_until": hold.until}


def _queue(queue: WorkQueue, counts: QueueCounts) -> Out:
    return {
        **_values(queue, OF_QUEUE),
        "automation": queue.automation.key if queue.automation else None,
        "gate": queue.gate.key if queue.gate else None,
        "applications": sorted(each.key for each in queue.applications.all()),
        "limits": sorted(each.key for each in queue.limits.all()),
        "paused": queue.paused_reason if queue.is_paused else None,
        "counts": counts.by_status,
        "oldest_seconds": counts.oldest_seconds,
    }


def _holder(lease: Lease) -> Out:
    # without the token: whoever reads this does not hold the item
    return {
        **_values(lease, ("bot", "attempt", "leased_at", "progress")),
        "lease_expires_at": lease.expires_at,
    }


def _values(row: Any, names: Iterable[str]) -> Out:
    return {name: getattr(row, name) for name in names}
