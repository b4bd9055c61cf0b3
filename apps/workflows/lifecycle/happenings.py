"""What happens to instances, as it is kept until it is heard: in the outbox, or while paused."""

from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any, NamedTuple

from apps.events import bus
from apps.lib.json import JsonObject
from apps.workflows.engine.events import (
    Cancelled,
    ChildEnded,
    ChildEscalated,
    Event,
    ItemEnded,
    PassesEnded,
    Repaired,
    Started,
    TaskDecided,
    Triggered,
    VariablesSet,
)

# News of our own: {"happenings": [{"instance", "event"}]}
KIND = "workflow.happenings"
# Steps of one transaction: more would hold their instances for too long
AT_ONCE = 200

KINDS: dict[str, type[Any]] = {
    kind.__name__: kind
    for kind in (
        Cancelled,
        ChildEnded,
        ChildEscalated,
        ItemEnded,
        PassesEnded,
        Repaired,
        Started,
        TaskDecided,
        Triggered,
        VariablesSet,
    )
}


class Happening(NamedTuple):
    """`event` happens to the instance. It is safe to have it happen twice."""

    instance_id: int
    event: Event


def tell_later(happenings: Sequence[Happening]) -> None:
    """Have these happen soon after the commit, each batch in a transaction of its own."""
    for start in range(0, len(happenings), AT_ONCE):
        some = happenings[start : start + AT_ONCE]
        bus.announce(KIND, {"happenings": [_told(each) for each in some]})


def heard(told: Iterable[Any]) -> list[Happening]:
    """Return what `tell_later` had said."""
    return [Happening(each["instance"], read_event(each["event"])) for each in told]


def write_event(event: Event) -> JsonObject:
    """Return the event as JSON."""
    values: JsonObject = {field.name: getattr(event, field.name) for field in fields(event)}
    return {**values, "is": type(event).__name__, "at": event.at.isoformat()}


def read_event(written: JsonObject) -> Event:
    """Return the event that `write_event` wrote."""
    values: dict[str, Any] = dict(written)
    kind = KINDS[values.pop("is")]
    event: Event = kind(**{**values, "at": datetime.fromisoformat(values["at"])})
    return event


def happened_at(event: Event, at: datetime) -> Event:
    """Return the event as if it had happened at `at`."""
    return replace(event, at=at)


def _told(happening: Happening) -> JsonObject:
    return {"instance": happening.instance_id, "event": write_event(happening.event)}
