"""What is sent: small, versioned, the same bytes each time. No output, no result, no secret."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final
from uuid import uuid4

import orjson
from django.conf import settings

from apps.lib.json import JsonObject

from .kinds import TEST, Happened, told

VERSION: Final = 1
# the pages of what things happen to
PAGES: Final[Mapping[str, str]] = {
    "alert": "/alerts/%d/",
    "application": "/applications/%d/",
    "bot": "/bots/%d/",
    "failure_group": "/failures/%d/",
    "instance": "/instances/%d/",
    "item": "/items/%d/",
    "operation": "/operations/%d/",
    "queue": "/queues/%d/",
    "run": "/runs/%d/",
    "task": "/inbox/%d/",
    "workflow": "/workflows/%d/",
}


def new_uid() -> str:
    return f"msg_{uuid4().hex}"


def body_of(uid: str, what: Happened, *, folder_key: str, at: datetime) -> str:
    return _written(
        {
            "id": uid,
            "type": what.names[-1],
            "timestamp": at.isoformat(),
            "version": VERSION,
            "folder": folder_key,
            "data": {
                "subject": what.subject[0],
                "id": what.subject[1],
                "key": what.key,
                "url": _page(*what.subject),
                **told(what.data),
            },
        }
    )


def test_body(uid: str, *, folder_key: str, by: str, at: datetime) -> str:
    return _written(
        {
            "id": uid,
            "type": TEST,
            "timestamp": at.isoformat(),
            "version": VERSION,
            "folder": folder_key,
            "data": {"by": by, "message": "It works."},
        }
    )


def _page(subject: str, pk: int) -> str:
    """Return where people see it; "" as long as nobody said how this control room is reached."""
    path = PAGES.get(subject)
    return f"{settings.PUBLIC_URL.rstrip('/')}{path % pk}" if path and settings.PUBLIC_URL else ""


def _written(value: JsonObject) -> str:
    return orjson.dumps(value, default=str).decode()
