"""Calls go down by import; news goes up through here.

`publish` is for what people (or single machines) do: one Event row, which is history and audit,
and an Outbox row if somebody subscribes. `announce` is for what machines do in masses: an Outbox
row alone. Both are part of the caller's transaction. Subscribers hear of it after the commit, at
least once, in any order.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

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
    "Happening",
    "News",
    "announce",
    "deliver_outbox",
    "publish",
    "record_many",
    "ring",
    "subscribe",
    "subscribe_many",
]

EVENTS_IN_A_STATEMENT = 1_000


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
    event = _event(kind, subject, folder_id, data or {}, by)
    event.save(force_insert=True)
    if has_handlers(kind):
        _put_in_outbox(kind, {**event.data, EVENT_KEY: _described(event)})
    nudge(f"{subject[0]}:{subject[1]}", *topics)
    return event


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One of many things that somebody did with one act."""

    subject: tuple[str, int]
    folder_id: int | None
    data: JsonObject = field(default_factory=dict)


def record_many(kind: str, happenings: Sequence[Happening], *, by: Actor) -> None:
    """Record that `by` did `kind` to many subjects, in one statement: history and audit alone.

    Nobody is told and no page is nudged: whoever moves things in masses says so once for all.
    """
    rows = [_event(kind, each.subject, each.folder_id, each.data, by) for each in happenings]
    Event.objects.bulk_create(rows, batch_size=EVENTS_IN_A_STATEMENT)


def announce(kind: str, data: JsonObject) -> None:
    """Tell subscribers of `kind`, if there are any; no history is written."""
    if has_handlers(kind):
        _put_in_outbox(kind, data)


def ring() -> None:
    """Have the outbox delivered soon; for those who write its rows in their own SQL."""
    after_commit(lambda: off_the_loop(doorman.ask_for_delivery))


def _event(
    kind: str, subject: tuple[str, int], folder_id: int | None, data: JsonObject, by: Actor
) -> Event:
    return Event(
        kind=kind,
        folder_id=folder_id,
        subject_type=subject[0],
        subject_id=subject[1],
        actor_id=by.user_id,
        actor_name=by.name[:150],
        actor_kind=by.kind,
        data=data,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", ""))[:40],
    )


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
