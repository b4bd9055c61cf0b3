"""Calls go down by import; news goes up through here.

`publish` is for what people (or single machines) do: one Event row, which is history and audit,
and an Outbox row if somebody subscribes. `announce` is for what machines do in masses: an Outbox
row alone. Both are part of the caller's transaction. Subscribers hear of it after the commit, at
least once, in any order.
"""

from collections.abc import Iterable

import structlog

from apps.lib.actors import Actor
from apps.lib.after_commit import after_commit
from apps.lib.json import JsonObject
from apps.lib.redis import off_the_loop

from . import doorman
from .delivery import deliver_outbox
from .live import nudge
from .models import Event, Outbox
from .news import EVENT_KEY, News, has_handlers, subscribe, subscribe_many

__all__ = [
    "News",
    "announce",
    "deliver_outbox",
    "publish",
    "ring",
    "subscribe",
    "subscribe_many",
]


def publish(
    kind: str,
    *,
    subject: tuple[str, int],
    folder_id: int | None,
    by: Actor,
    data: JsonObject | None = None,
    topics: Iterable[str] = (),
) -> Event:
    """Record that `by` did `kind` to `subject`, in the caller's transaction.

    After the commit, open pages on `subject` and `topics` are nudged, and subscribers told.
    """
    event = Event.objects.create(
        kind=kind,
        folder_id=folder_id,
        subject_type=subject[0],
        subject_id=subject[1],
        actor_id=by.user_id,
        actor_name=by.name[:150],
        actor_kind=by.kind,
        data=data or {},
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:40],
    )
    if has_handlers(kind):
        _put_in_outbox(kind, {**event.data, EVENT_KEY: _described(event)})
    nudge(f"{subject[0]}:{subject[1]}", *topics)
    return event


def announce(kind: str, data: JsonObject) -> None:
    """Tell subscribers of `kind`, if there are any; no history is written."""
    if has_handlers(kind):
        _put_in_outbox(kind, data)


def ring() -> None:
    """Have the outbox delivered soon; for those who write its rows in their own SQL."""
    after_commit(lambda: off_the_loop(doorman.ask_for_delivery))


def _put_in_outbox(kind: str, data: JsonObject) -> None:
    Outbox.objects.create(kind=kind, data=data)
    ring()


def _described(event: Event) -> JsonObject:
    return {
        "id": event.id,
        "subject": [event.subject_type, event.subject_id],
        "folder_id": event.folder_id,
        "by": {"user_id": event.actor_id, "name": event.actor_name, "kind": event.actor_kind},
    }
