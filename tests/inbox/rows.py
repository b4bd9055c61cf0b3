"""Items that need a person, made the way they come about: a bot tried, and could not."""

from typing import Any

from apps.accounts.models import Folder
from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import Answer
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.queues.lifecycle import (
    NewItem,
    Result,
    add_item,
    begin_effect,
    finish_items,
    lease_items,
)
from apps.queues.models import Attempt, WorkItem, WorkQueue

BOT = Actor(None, "bot-1", "bot")

INVOICE: dict[str, Any] = {
    "title": "Invoice",
    "type": "object",
    "required": ["number", "total"],
    "properties": {
        "number": {"type": "string", "title": "Invoice number", "x-order": 1},
        "vendor": {"type": "string", "title": "Vendor", "x-order": 2},
        "total": {
            "type": "string",
            "title": "Total",
            "pattern": r"^\d+\.\d\d$",
            "x-order": 3,
        },
        "due": {"type": "string", "format": "date", "title": "Due date", "x-order": 4},
        "iban": {"type": "string", "title": "IBAN", "x-personal": True, "x-order": 5},
        "lines": {
            "type": "array",
            "title": "Lines",
            "x-order": 6,
            "items": {
                "type": "object",
                "required": ["net"],
                "properties": {
                    "text": {"type": "string", "title": "Description", "x-order": 1},
                    "net": {"type": "string", "title": "Net", "x-order": 2},
                },
            },
        },
    },
}
PAYLOAD: dict[str, Any] = {
    "number": "4711",
    "vendor": "Stark",
    "total": "100.00",
    "iban": "DE89370400440532013000",
    "lines": [{"text": "Chairs", "net": "60.00"}, {"text": "Desks", "net": "50.00"}],
}


def make_queue(folder: Folder, key: str = "invoices", **values: Any) -> WorkQueue:
    defaults = {"title": key.capitalize(), "payload_schema": INVOICE, "max_attempts": 1}
    return WorkQueue.objects.create(folder=folder, key=key, **{**defaults, **values})


def stop_item(
    queue: WorkQueue,
    *,
    payload: dict[str, Any] | None = None,
    reference: str = "INV-4711",
    outcome: str = Attempt.Outcome.BUSINESS_EXCEPTION,
    message: str = "The lines add up to 110.00, not 100.00.",
    field: str = "",
    effect: str = "",
) -> WorkItem:
    """Add an item and have a bot stop at it."""
    new = NewItem(payload=PAYLOAD if payload is None else payload, reference=reference)
    item = add_item(queue, new, origin=WorkItem.Origin.API, by=BOT)
    stop_waiting(queue, outcome=outcome, message=message, field=field, effect=effect)
    return item


def stop_waiting(
    queue: WorkQueue,
    *,
    n: int = 1,
    outcome: str = Attempt.Outcome.BUSINESS_EXCEPTION,
    message: str = "The lines add up to 110.00, not 100.00.",
    field: str = "",
    effect: str = "",
) -> None:
    """Have a bot stop at the next `n` waiting items."""
    leased = lease_items(queue.pk, n=n, bot="bot-1")
    results = []
    for one in leased:
        if effect:
            begin_effect(one.id, one.token, effect)
        results.append(
            Result(
                one.id,
                one.token,
                Attempt.Outcome(outcome),
                output={"field": field} if field else None,
                code="sum",
                message=message,
            )
        )
    finish_items(results)


def make_task(queue: WorkQueue, **how: Any) -> UserTask:
    """Return the open task of a new item that a bot stopped at."""
    item = stop_item(queue, **how)
    deliver_outbox()
    return UserTask.objects.open().select_related("item", "queue").get(item=item)


def answer(task: UserTask, decision: str = "correct", **more: Any) -> Answer:
    return Answer(decision=decision, version=task.version, **more)
