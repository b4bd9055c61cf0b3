"""Keeping the last forecast of each queue."""

from datetime import timedelta
from time import monotonic
from typing import Final

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Now

from apps.queues.models import Lease, Ready, Scheduled, WorkQueue

from .models import Foretold
from .outlooks import Outlook, outlook

# How old a kept forecast may be before it is made anew
FRESH: Final = timedelta(seconds=45)
# One call of the upkeep ends after this time; what is left over comes next
BUDGET_SECONDS: Final = 1.0
BATCH: Final = 50


def keep(found: Outlook) -> Foretold:
    """Keep what was foretold of a queue as it is; an older one is overwritten, never a newer."""
    low, middle, high = found.cleared
    values = {
        "made_at": found.made_at,
        "horizon_seconds": round(found.horizon),
        "basis": found.basis,
        "held": found.held,
        "is_empty": found.is_empty_now,
        "slots": found.slots,
        "cleared_low": low,
        "cleared_at": middle,
        "cleared_high": high,
        "miss_chance": found.miss_chance,
        "slots_needed": found.need.slots if found.need else None,
    }
    newer = Foretold.objects.filter(queue=found.queue_id, made_at__lte=found.made_at)
    if newer.update(**values) == 0:
        Foretold.objects.bulk_create(
            [Foretold(queue_id=found.queue_id, **values)], ignore_conflicts=True
        )
    return Foretold(queue_id=found.queue_id, **values)


def renew(*, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Make the oldest forecasts of queues with work anew, and return how many were.

    Several schedulers may do the same one twice, which costs time and harms nothing.
    """
    until, done = monotonic() + budget_seconds, 0
    for queue in _stale()[:BATCH]:
        keep(outlook(queue))
        done += 1
        if monotonic() >= until:
            break
    return done


def _stale() -> QuerySet[WorkQueue, WorkQueue]:
    """Return the queues with work whose forecast is old, the one without any first."""
    has_work = Q()
    for place in (Ready, Lease, Scheduled):
        has_work |= Q(Exists(place.objects.filter(queue_id=OuterRef("pk"))))
    old = Q(foretold=None) | Q(foretold__made_at__lt=Now() - FRESH)
    # one that has been worked off since is looked at once more, so that nothing stale is told
    emptied = Q(foretold__is_empty=False)
    found: QuerySet[WorkQueue, WorkQueue] = (
        WorkQueue.objects.filter(old & (has_work | emptied))
        .select_related("automation")
        .order_by(F("foretold__made_at").asc(nulls_first=True), "pk")
    )
    return found
