"""What happened, as entries of a timeline: rows of many tables, each said once.

An end that a row tells of (an item ended, a task was decided) is often an event, too: such events
stand for the same moment and are left out, their person is kept.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.search.asking import NUMBERED

from .subjects import Subjects

KINDS: Final[dict[str, Any]] = {
    "start": gettext_lazy("Starts"),
    "item": gettext_lazy("Items"),
    "try": gettext_lazy("Tries"),
    "instance": gettext_lazy("Instances"),
    "step": gettext_lazy("Steps"),
    "task": gettext_lazy("Tasks"),
    "decision": gettext_lazy("Decisions"),
    "run": gettext_lazy("Runs"),
    "event": gettext_lazy("Changes"),
}
# an event and the row that it belongs to are written in one transaction, within this
SAME_MOMENT: Final = timedelta(seconds=2)
MOST_EVENTS: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """`key` tells entries of one moment apart, and what comes first then; `until`: it lasted so
    long.

    `stands_for`: kinds of events that say the same.
    """

    at: datetime
    key: str
    kind: str
    what: str
    subject: tuple[str, int]
    tone: str = "waiting"
    who: str = ""
    note: str = ""
    url: str = ""
    until: datetime | None = None
    stands_for: tuple[str, ...] = ()


def merged(entries: Iterable[Entry], events: Iterable[Event]) -> list[Entry]:
    """Return all of them, without events that an entry tells of; it takes over who it was."""
    known = list(entries)
    places: dict[tuple[str, int], list[int]] = defaultdict(list)
    for index, entry in enumerate(known):
        if entry.stands_for:
            places[entry.subject].append(index)
    said: list[Entry] = []
    for event in events:
        about = places.get((event.subject_type, event.subject_id), ())
        place = next((index for index in about if _says(known[index], event)), None)
        if place is None:
            said.append(_of_event(event))
        else:
            entry = known[place]
            note = entry.note or _note(event)
            known[place] = replace(entry, who=entry.who or event.actor_name, note=note)
    return [*known, *said]


def events_of(subjects: Subjects) -> Iterator[Event]:
    """Index event_subject, once for each kind of thing."""
    for kind in NUMBERED:
        if pks := list(subjects.of(kind)):
            rows = Event.objects.filter(subject_type=kind, subject_id__in=pks).order_by()
            yield from rows[:MOST_EVENTS]


def _says(entry: Entry, event: Event) -> bool:
    if event.kind not in entry.stands_for:
        return False
    moments = (entry.at, entry.until or entry.at)
    return any(abs(moment - event.occurred_at) <= SAME_MOMENT for moment in moments)


def _of_event(event: Event) -> Entry:
    return Entry(
        at=event.occurred_at,
        key=f"7:event:{event.id}",
        kind="event",
        what=sentence_of(event),
        subject=(event.subject_type, event.subject_id),
        who=event.actor_name,
        note=_note(event),
    )


def _note(event: Event) -> str:
    return str(event.data.get("reason") or "")
