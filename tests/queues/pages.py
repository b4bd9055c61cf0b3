"""Items in each place, and what pages of them look like."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from apps.accounts.models import Folder
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import WorkItem, WorkQueue
from apps.queues.upkeep import fold_counters
from tests.factories_queues import make_item, make_queue

SCRIPT = "<script>alert(1)</script>"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["number"],
    "properties": {
        "number": {"type": "string", "title": "Invoice number", "x-order": 1},
        "total": {"type": "number", "title": "Total", "x-order": 2},
        "iban": {"type": "string", "title": "IBAN", "x-personal": True, "x-order": 3},
    },
}
PAYLOAD = {"number": "4711", "total": 12.5, "iban": "DE89370400440532013000"}


def queue_in(folder: Folder, key: str = "invoices", **values: Any) -> WorkQueue:
    return make_queue(key, folder=folder, **{"payload_schema": SCHEMA, **values})


def waiting(queue: WorkQueue, reference: str = "INV-1", **values: Any) -> WorkItem:
    return make_item(queue, payload=PAYLOAD, reference=reference, **values)


def deferred(queue: WorkQueue, **values: Any) -> WorkItem:
    later = timezone.now() + timedelta(hours=1)
    return waiting(queue, available_at=later, **values)


def tried(queue: WorkQueue, outcome: str, *, message: str = "", **values: Any) -> WorkItem:
    """Return an item that a bot worked on once, and with this outcome."""
    item = waiting(queue, **values)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    finish_items([Result(leased.id, leased.token, outcome, code="c-1", message=message)])  # type: ignore[arg-type]
    fold_counters()
    found: WorkItem = WorkItem.objects.with_status().get(pk=item.pk)
    return found


def leased(queue: WorkQueue, **values: Any) -> WorkItem:
    item = waiting(queue, **values)
    lease_items(queue.pk, n=1, bot="Robbie")
    found: WorkItem = WorkItem.objects.with_status().get(pk=item.pk)
    return found
