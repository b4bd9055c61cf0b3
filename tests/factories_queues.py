"""Queues and items for tests. Items come in by the lifecycle: their places are its business."""

from itertools import count
from typing import Any

from apps.accounts.models import Folder
from apps.lib.actors import Actor
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import WorkItem, WorkQueue
from tests.factories import make_folder

_numbers = count(1)

ANNA = Actor(None, "Anna", "person")


def make_queue(key: str = "", *, folder: Folder | None = None, **values: Any) -> WorkQueue:
    key = key or f"queue-{next(_numbers)}"
    values.setdefault("title", key.replace("-", " ").capitalize())
    return WorkQueue.objects.create(key=key, folder=folder or make_folder(), **values)


def make_items(queue: WorkQueue | None = None, n: int = 1, **values: Any) -> list[int]:
    """Add `n` items with payloads {"n": 0}, {"n": 1}… and return their ids."""
    queue = queue or make_queue()
    reference = values.pop("reference", "")
    payload = values.pop("payload", {})
    news = [
        NewItem({"n": number, **payload}, reference=reference if n == 1 else "", **values)
        for number in range(n)
    ]
    return add_items(queue, news, origin="api", by=ANNA, all_or_nothing=True).ids


def make_item(queue: WorkQueue | None = None, **values: Any) -> WorkItem:
    (item_id,) = make_items(queue, 1, **values)
    item: WorkItem = WorkItem.objects.with_status().get(pk=item_id)
    return item


def status_of(item_id: int) -> str:
    item = WorkItem.objects.with_status().get(pk=item_id)
    return str(item.status)
