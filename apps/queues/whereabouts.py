"""Where items belong, for the lines of the log that speak of them."""

from collections.abc import Collection, Mapping
from typing import Any

from .models import WorkItem


def queues_of(items: Collection[int]) -> Mapping[int, Mapping[str, Any]]:
    """Return queue and folder of these items."""
    rows = WorkItem.objects.filter(pk__in=items).values_list("pk", "queue_id", "queue__folder_id")
    return {pk: {"queue_id": queue_id, "folder_id": folder} for pk, queue_id, folder in rows}
