"""Items that a gate stopped or sampled, and items whose automation asked."""

from typing import Any

from apps.accounts.models import Folder
from apps.events.bus import deliver_outbox
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.queues.lifecycle import NewItem, OwnerPolicy, Result, add_item, finish_items, lease_items
from apps.queues.models import Attempt, Gate, WorkItem, WorkQueue
from tests.queues.owned import add_owned

BOT = Actor(None, "bot-1", "bot")

OUTPUT: dict[str, Any] = {
    "vendor": "ACME",
    "total": 119.5,
    "due": "2026-02-01",
    "lines": [{"text": "Chairs", "net": 100}, {"text": "Desks", "net": 19.5}],
}
SURE: dict[str, float] = {"vendor": 0.62, "total": 0.99, "lines.1.net": 0.97}


def make_gate(folder: Folder, **values: Any) -> Gate:
    defaults = {
        "key": "invoices",
        "title": "Invoices",
        "thresholds": {"default": 0.5, "fields": {"vendor": 0.8, "total": 0.9}},
        "sample_share": 0,
    }
    return Gate.objects.create(folder=folder, **{**defaults, **values})


def hand_in_read(
    queue: WorkQueue,
    *,
    sure: dict[str, float] | None = None,
    output: dict[str, Any] | None = None,
    owned_with: OwnerPolicy | None = None,
) -> WorkItem:
    """Add an item and have a bot hand in what its model read."""
    if owned_with is not None:
        item = WorkItem.objects.get(pk=add_owned(queue, policy=owned_with)[0])
    else:
        item = add_item(
            queue, NewItem(payload={"mail": 7}, reference="INV-1"), origin="api", by=BOT
        )
    whole = OUTPUT if output is None else output
    fields = {
        name: {
            "value": whole.get(name),
            "confidence": each,
            "source": f"Invoice, {name}",
            "region": {"file": "a.pdf", "page": 2, "box": [0.1, 0.2, 0.3, 0.4]},
        }
        for name, each in (SURE if sure is None else sure).items()
    }
    (leased,) = lease_items(queue.pk, n=1, bot="bot-1")
    result = Result(
        leased.id,
        leased.token,
        Attempt.Outcome.SUCCESSFUL,
        whole,
        predictions={"model": "reader", "model_version": "3", "fields": fields},
    )
    assert finish_items([result]).finished == [item.pk]
    return item


def make_read_task(queue: WorkQueue, **values: Any) -> UserTask:
    item = hand_in_read(queue, **values)
    deliver_outbox()
    return UserTask.objects.get(item=item)


def ask(queue: WorkQueue, **question: Any) -> WorkItem:
    item = add_item(queue, NewItem(payload={"mail": 7}, reference="INV-1"), origin="api", by=BOT)
    (leased,) = lease_items(queue.pk, n=1, bot="bot-1")
    said = {"key": "vendor", "title": "Which vendor is it?", **question}
    finish_items(
        [
            Result(
                leased.id,
                leased.token,
                Attempt.Outcome.ASKED,
                code=said["key"],
                message=said["title"],
                question=said,
            )
        ]
    )
    return item


def make_question(queue: WorkQueue, **question: Any) -> UserTask:
    item = ask(queue, **question)
    deliver_outbox()
    return UserTask.objects.get(item=item)
