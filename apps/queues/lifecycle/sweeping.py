"""What time brings: leases run out, items become available, items expire.

Each sweep moves up to BATCH items in one transaction and says how many; `apps.queues.upkeep`
repeats them. They may run twice at once.
"""

from django.db import transaction

from apps.events.bus import publish, ring
from apps.lib.actors import SYSTEM
from apps.queues.models import Parked, WorkQueue
from apps.queues.statements import (
    EXPIRE_PARKED,
    EXPIRE_READY,
    EXPIRE_SCHEDULED,
    LOCK_EXPIRED,
    PROMOTE,
)

from .finishing import settle_leases
from .running import run, tell_moved

BATCH = 1000


@transaction.atomic
def reap_some_leases() -> int:
    """Take back items whose leases ran out; decide about each as lost."""
    rows = run(LOCK_EXPIRED, {"limit": BATCH})
    settle_leases(rows, {})
    return len(rows)


@transaction.atomic
def promote_some_scheduled() -> int:
    """Make ready what has become available."""
    moved = dict(run(PROMOTE, {"limit": BATCH}))
    tell_moved(moved, refilled=moved)
    return sum(moved.values())


@transaction.atomic
def expire_some_items() -> int:
    """End what was not worked in time. What a person was asked about gets an event."""
    moved = [
        row
        for statement in (EXPIRE_READY, EXPIRE_SCHEDULED, EXPIRE_PARKED)
        for row in run(statement, {"limit": BATCH})
    ]
    asked = [row for row in moved if row[2] == Parked.Status.NEEDS_DECISION]
    queues = WorkQueue.objects.in_bulk({row[1] for row in asked})
    for item_id, queue_id, place, _has_told in asked:
        publish(
            "work_item.expired",
            subject=("item", item_id),
            folder_id=queues[queue_id].folder_id,
            by=SYSTEM,
            data={"from": place, "to": "expired", "queue_id": queue_id},
        )
    tell_moved({row[1] for row in moved}, [row[0] for row in moved])
    if any(has_told for *_moved, has_told in moved):
        ring()
    return len(moved)
