"""Keeping the last forecast of each queue."""

from datetime import timedelta
from time import monotonic
from typing import Final

from django.db.models import (
    Case,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Now

from apps.queues.models import Lease, Ready, Scheduled, WorkQueue

from .models import Foretold
from .outlooks import Outlook, outlook

# How old a kept forecast may be before it is made anew: of a queue in which something is due, and
# of one in which nothing ever is, so that only its “empty at …” is told
FRESH: Final = timedelta(seconds=45)
FRESH_WITHOUT_DUES: Final = timedelta(seconds=150)
# One call of the upkeep ends after this time; what is left over comes next. While forecasts are as
# long as `LATE` beyond their time, more is spent: a quarter of a processor or so
BUDGET_SECONDS: Final = 1.0
LATE: Final = timedelta(seconds=60)
LATE_BUDGET_SECONDS: Final = 4.0
BATCH: Final = 500


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
    }
    newer = Foretold.objects.filter(queue=found.queue_id, made_at__lte=found.made_at)
    if newer.update(**values) == 0:
        Foretold.objects.bulk_create(
            [Foretold(queue_id=found.queue_id, **values)], ignore_conflicts=True
        )
    return Foretold(queue_id=found.queue_id, **values)


def renew(*, budget_seconds: float = BUDGET_SECONDS) -> int:
    """Make the forecasts of queues with work that are longest overdue anew; return how many.

    Several schedulers may do the same one twice, which costs time and harms nothing.
    """
    began, done = monotonic(), 0
    for queue in _stale()[:BATCH]:
        # what is kept has neither a curve nor the slots it takes: these are most of the work
        keep(outlook(queue, needs=False, has_curve=False))
        done += 1
        overdue = getattr(queue, "overdue", None)
        is_late = overdue is None or overdue > LATE
        if monotonic() - began >= (LATE_BUDGET_SECONDS if is_late else budget_seconds):
            break
    return done


def _stale() -> QuerySet[WorkQueue, WorkQueue]:
    """Return the queues with work whose forecast is old, the one without any first.

    By how long each is overdue, so that many of one sort never keep those of the other waiting.
    """
    ready, leased, scheduled = (
        Exists(place.objects.filter(queue_id=OuterRef("pk"))) for place in (Ready, Lease, Scheduled)
    )
    has_dues = Q(sla_seconds__isnull=False) | Q(cut_off__isnull=False)
    has_dues |= Q(foretold__miss_chance__isnull=False)
    # one that has been worked off since is looked at once more, so that nothing stale is told
    emptied = Q(has_work=False, foretold__is_empty=False)
    patience = Case(When(has_dues | emptied, then=Value(FRESH)), default=Value(FRESH_WITHOUT_DUES))
    found: QuerySet[WorkQueue, WorkQueue] = (
        WorkQueue.objects.alias(has_work=ready | leased | scheduled)
        .filter(Q(has_work=True) | emptied)
        .annotate(
            overdue=ExpressionWrapper(
                Now() - F("foretold__made_at") - patience, output_field=DurationField()
            )
        )
        .filter(Q(foretold=None) | Q(overdue__gt=timedelta()))
        .select_related("automation")
        .order_by(F("overdue").desc(nulls_first=True), "pk")
    )
    return found
