"""Items for tests of sessions."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from typing import Any

from django.db import DatabaseError, InterfaceError, connection

from apps.lib import doorbell
from apps.lib.actors import SYSTEM
from apps.queues.allocation import allocate_runs
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import Attempt, WorkQueue
from apps.queues.upkeep import promote_scheduled, reap_leases


def add_work(
    queue: WorkQueue, *payloads: dict[str, Any], references: Sequence[str] = ()
) -> list[int]:
    """Add items with these payloads and return their ids."""
    names = [*references, *[""] * len(payloads)]
    items = [
        NewItem(payload=payload, reference=name)
        for payload, name in zip(payloads, names, strict=False)
    ]
    return add_items(queue, items, origin="api", by=SYSTEM, all_or_nothing=True).ids


def attempts_of(item_id: int) -> list[Attempt]:
    return list(Attempt.objects.filter(item_id=item_id).order_by("number", "ended_at"))


@contextmanager
def scheduler() -> Iterator[None]:
    """What the scheduler does for queues: when its bell rings, and four times a second."""
    over = Event()

    def run() -> None:
        while not over.is_set():
            doorbell.wait("scheduler", 0.25)
            try:
                for entry in (reap_leases, promote_scheduled, allocate_runs):
                    entry()
            except (DatabaseError, InterfaceError):
                connection.close()
        connection.close()

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
