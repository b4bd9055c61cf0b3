"""Steps of workflows that need a person, and what their instances hear."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from apps.accounts.models import Folder
from apps.events import bus, news
from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import NewTask, open_owned_tasks
from apps.inbox.models import UserTask
from apps.lib.json import JsonObject

INSTANCE = 31
DECIDED = "user_task.decided"
APPROVAL: dict[str, Any] = {
    "type": "object",
    "required": ["approved"],
    "properties": {
        "amount": {"type": "number", "title": "Amount", "readOnly": True, "x-order": 1},
        "approved": {"type": "boolean", "title": "Approved", "x-order": 2},
        "note": {"type": "string", "title": "Note", "x-order": 3},
    },
}
STEP: dict[str, Any] = {
    "kind": "form",
    "token": 4,
    "title": "Approve invoice 4711",
    "workflow": "Invoices",
    "step": "Approve",
    "element": "approve",
    "form": APPROVAL,
    "values": {"amount": 1200, "number": "4711"},
}
INCIDENT: dict[str, Any] = {
    "kind": "incident",
    "token": 5,
    "title": "Post: no account",
    "workflow": "Invoices",
    "step": "Post",
    "element": "post",
    "reason": "No account for vendor 7.",
    "code": "unhandled_error",
    "values": {"vendor": 7, "lines": [{"net": 1}]},
}


def open_step(folder: Folder, **values: Any) -> UserTask:
    return _open(folder, {**STEP, **values})


def open_incident(folder: Folder, **values: Any) -> UserTask:
    return _open(folder, {**INCIDENT, **values})


def _open(folder: Folder, values: dict[str, Any]) -> UserTask:
    new = NewTask(**{"folder_id": folder.pk, "instance_id": INSTANCE, **values})
    open_owned_tasks([new])
    return UserTask.objects.open().get(instance_id=new.instance_id, token=new.token, kind=new.kind)


@contextmanager
def instances_listening() -> Iterator[list[JsonObject]]:
    """Collect what instances are told, once it is delivered; see `told`. Nobody else hears it."""
    heard: list[JsonObject] = []

    def listen(some: list[news.News]) -> None:
        heard.extend(each.data for each in some)

    registries = (news._handlers, news._handlers_of_many)
    before = [registry.pop(DECIDED, None) for registry in registries]
    bus.subscribe_many(DECIDED)(listen)
    try:
        yield heard
    finally:
        for registry, handlers in zip(registries, before, strict=True):
            registry.pop(DECIDED, None)
            if handlers:
                registry[DECIDED] = handlers  # type: ignore[assignment]


def told(heard: list[JsonObject]) -> list[JsonObject]:
    deliver_outbox()
    return heard
