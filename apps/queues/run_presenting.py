"""What a run that drains a queue has in hand, and what went wrong in it."""

from typing import Any

from apps.bots.models import Run

from .item_presenting import BADGES
from .models import Attempt, Lease, QueueRun, WorkItem

MAX_IN_HAND, MAX_PROBLEMS = 10, 10
# what the index of problems holds
WENT_WRONG = (
    Attempt.Outcome.BUSINESS_EXCEPTION,
    Attempt.Outcome.APPLICATION_EXCEPTION,
    Attempt.Outcome.LOST,
)


def items_of_run(run: Run) -> dict[str, Any]:
    """Return the queue (None for other runs), the items in hand, and the latest problems."""
    drains = QueueRun.objects.select_related("queue").filter(run_id=run.pk).first()
    if drains is None:
        return {"queue": None}
    leases = Lease.objects.filter(run_id=run.pk).order_by("leased_at", "item_id")
    held = [lease.item_id for lease in leases[:MAX_IN_HAND]]
    wrong = _problems_of(run)
    ids = {*held, *(attempt.item_id for attempt in wrong)}
    items = WorkItem.objects.only("pk", "reference").in_bulk(ids)
    return {
        "queue": drains.queue,
        "in_hand": [items[pk] for pk in held if pk in items],
        "problems": [_problem(attempt, items) for attempt in wrong if attempt.item_id in items],
    }


def _problems_of(run: Run) -> list[Attempt]:
    if run.started_at is None:
        return []
    # by time: there is an index of problems by when they ended, none of tries by run
    found = Attempt.objects.filter(outcome__in=WENT_WRONG, ended_at__gte=run.started_at)
    if run.ended_at is not None:
        found = found.filter(ended_at__lte=run.ended_at)
    return list(found.filter(run_id=run.pk).order_by("-ended_at")[:MAX_PROBLEMS])


def _problem(attempt: Attempt, items: dict[int, WorkItem]) -> dict[str, Any]:
    return {
        "item": items[attempt.item_id],
        "badge": BADGES[Attempt.Outcome(attempt.outcome)],
        "word": attempt.get_outcome_display(),
        "message": attempt.message,
        "at": attempt.ended_at,
    }
