"""Uploads for tests, small ones read at once."""

from typing import Any

from django.core.files.base import ContentFile

from apps.lib.actors import Actor
from apps.operations import lifecycle as operations
from apps.operations.models import Operation
from apps.queues.exchange import lifecycle
from apps.queues.exchange.settings import Settings
from apps.queues.models import Upload, WorkItem, WorkQueue
from tests.factories_queues import ANNA

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["invoice", "total"],
    "properties": {
        "invoice": {"type": "string", "title": "Invoice number", "x-order": 1},
        "total": {"type": "number", "minimum": 0, "x-order": 2},
        "due": {"type": "string", "format": "date", "x-order": 3},
        "urgent": {"type": "boolean", "x-order": 4},
        "iban": {"type": "string", "x-personal": True, "x-order": 5},
        "to": {
            "type": "object",
            "x-order": 6,
            "properties": {"city": {"type": "string"}, "country": {"enum": ["DE", "FR"]}},
        },
        "tags": {"type": "array", "items": {"type": "string"}, "x-order": 7},
    },
}


def make_upload(
    queue: WorkQueue,
    content: str | bytes = "reference,invoice,total\nR-1,I-1,10\n",
    *,
    name: str = "items.csv",
    by: Actor = ANNA,
    **settings: str,
) -> Upload:
    raw = content.encode() if isinstance(content, str) else content
    file = ContentFile(raw, name=name)
    return lifecycle.receive(queue, file, settings=Settings(**settings), by=by)


def confirmed(upload: Upload, mode: str = "good") -> Operation:
    """Confirm it and have its rows added."""
    operation = lifecycle.confirm(upload, mode=mode, by=ANNA)
    operations.work()
    operation.refresh_from_db()
    upload.refresh_from_db()
    return operation


def faults(upload: Upload) -> dict[int, list[tuple[int | None, str]]]:
    """Return column and message of what is wrong, by row."""
    rows = upload.rows.filter(problems__isnull=False).order_by("number")
    return {
        row.number: [(each["column"], each["message"]) for each in row.problems or []]
        for row in rows
    }


def payloads(queue: WorkQueue) -> list[Any]:
    items = WorkItem.objects.filter(queue=queue).order_by("pk")
    return list(items.values_list("payload", flat=True))
