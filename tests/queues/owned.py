"""Items of steps, for tests; and what was told about their ends."""

from typing import Any

from apps.events.models import Outbox
from apps.lib.actors import SYSTEM
from apps.queues.lifecycle import NewItem, Owner, OwnerPolicy, Result, add_owned_items, lease_items
from apps.queues.models import WorkQueue

INSTANCE = 77


def add_owned(
    queue: WorkQueue,
    n: int = 1,
    *,
    token: int = 5,
    instance: int = INSTANCE,
    policy: OwnerPolicy | None = None,
    **values: Any,
) -> list[int]:
    """Add `n` items of one token, with an index each if they are several; return their ids."""
    news = [
        NewItem(
            {"n": number},
            owner=Owner(instance, token, index=number if n > 1 else None, policy=policy),
            **values,
        )
        for number in range(n)
    ]
    added = add_owned_items([(queue, new) for new in news], by=SYSTEM)
    assert not added.rejected
    return [item_id for item_id in added.ids if item_id is not None]


def lease_all(queue: WorkQueue, n: int = 100) -> list[Any]:
    return lease_items(queue.pk, n=n, bot="bot-1")


def result_of(leased: Any, outcome: str = "successful", **values: Any) -> Result:
    return Result(leased.id, leased.token, outcome, **values)  # type: ignore[arg-type]


def told_ends() -> list[dict[str, Any]]:
    """Return what stands in the outbox about ends, by item."""
    rows = Outbox.objects.filter(kind="work_item.ended")
    told = [item for row in rows for item in row.data["items"]]
    return sorted(told, key=lambda item: item["id"])
