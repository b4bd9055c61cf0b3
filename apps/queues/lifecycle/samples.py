"""Items that ended long ago, put in as they stand: sample history, and imports from elsewhere."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from django.db import transaction

from apps.lib.json import Json, JsonObject
from apps.queues.models import (
    Attempt,
    CounterDelta,
    Ended,
    Measure,
    WorkItem,
    WorkQueue,
)


@dataclass(frozen=True, slots=True)
class PastAttempt:
    """A try that is over. `message` and `code` say what went wrong, if anything did."""

    started_at: datetime
    ended_at: datetime
    outcome: Attempt.Outcome
    bot: str
    code: str = ""
    message: str = ""
    output: Json = None


@dataclass(frozen=True, slots=True)
class PastItem:
    """An item that is over, with its tries in order (at least one)."""

    reference: str
    payload: JsonObject
    entered_at: datetime
    ended_at: datetime
    status: Ended.Status
    attempts: Sequence[PastAttempt]
    by: str = ""


@transaction.atomic
def record_past_items(
    queue: WorkQueue, past: Sequence[PastItem], *, origin: WorkItem.Origin
) -> list[int]:
    """Store `past` with its tries and counts; return the ids. Announces nothing, wakes nobody."""
    items = WorkItem.objects.bulk_create(
        [
            WorkItem(
                queue=queue,
                reference=each.reference,
                payload=each.payload,
                entered_at=each.entered_at,
                origin=origin,
            )
            for each in past
        ],
        batch_size=2000,
    )
    pairs = list(zip(items, past, strict=True))
    Ended.objects.bulk_create([_ended(item, each) for item, each in pairs], batch_size=2000)
    Attempt.objects.bulk_create(
        [attempt for item, each in pairs for attempt in _attempts(item, each)], batch_size=2000
    )
    CounterDelta.objects.bulk_create(
        [delta for each in past for delta in _deltas(queue, each)], batch_size=5000
    )
    return [item.pk for item in items]


def _ended(item: WorkItem, past: PastItem) -> Ended:
    return Ended(
        item_id=item.pk,
        queue_id=item.queue_id,
        attempt=len(past.attempts) + 1,
        status=past.status,
        at=past.ended_at,
        by=past.by,
    )


def _attempts(item: WorkItem, past: PastItem) -> list[Attempt]:
    return [
        Attempt(
            item_id=item.pk,
            number=number,
            queue_id=item.queue_id,
            token=uuid4(),
            bot=each.bot,
            started_at=each.started_at,
            ended_at=each.ended_at,
            outcome=each.outcome,
            output=each.output,
            code=each.code,
            message=each.message,
        )
        for number, each in enumerate(past.attempts, start=1)
    ]


def _deltas(queue: WorkQueue, past: PastItem) -> list[CounterDelta]:
    """One for what came in, one for how it ended, one for each try that went wrong."""
    happened: list[tuple[str, datetime]] = [
        (Measure.ADDED, past.entered_at),
        (past.status, past.ended_at),
        *((a.outcome, a.ended_at) for a in past.attempts if a.outcome in Measure.values
          and a.outcome != Attempt.Outcome.SUCCESSFUL),
    ]  # fmt: skip
    return [
        CounterDelta(queue_id=queue.pk, measure=measure, change=1, at=at)
        for measure, at in happened
    ]
