"""What people did to all this, from the audit, and the seals over it."""

from bisect import bisect_left
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from apps.audit.models import AuditSeal
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.json import JsonObject
from apps.search.asking import NUMBERED

from .scope import Scope, named

MOST_EVENTS: Final = 5_000
# never a value of the work itself; what changed was masked when it was recorded
PLAIN: Final = frozenset({
    "changes", "reason", "decision", "title", "reference", "corrections", "operation", "fields",
    "from", "to", "how", "item",
})  # fmt: skip
OF_EVENT = (
    *("id", "occurred_at", "kind", "subject_type", "subject_id", "actor_id", "actor_name"),
    *("actor_kind", "request_id"),
)


def events(scope: Scope) -> Iterator[JsonObject]:
    for kind in NUMBERED:
        if pks := list(scope.subjects.of(kind)):
            rows = Event.objects.filter(subject_type=kind, subject_id__in=pks)
            ordered = rows.filter(_here(scope)).order_by("occurred_at", "id")
            for event in scope.at_most(ordered, MOST_EVENTS, _("Events")):
                data = event.data
                shown = {k: v for k, v in data.items() if scope.reveals or k in PLAIN}
                yield {**named(event, OF_EVENT), "sentence": sentence_of(event), "data": shown}


def seals(scope: Scope) -> Iterator[JsonObject]:
    """Return the seals over the hours of these events; none for hours that are not sealed yet."""
    moments = sorted(_moments(scope))
    if not moments:
        return
    rows = AuditSeal.objects.filter(to_at__gt=moments[0], from_at__lte=moments[-1])
    for seal in rows.iterator(chunk_size=500):
        n = bisect_left(moments, seal.to_at) - bisect_left(moments, seal.from_at)
        if n:
            names = ("from_at", "to_at", "n_events", "digest", "sealed_at")
            yield {**named(seal, names), "of_this_pack": n}


def _moments(scope: Scope) -> Iterator[datetime]:
    for kind in NUMBERED:
        if pks := list(scope.subjects.of(kind)):
            rows = Event.objects.filter(subject_type=kind, subject_id__in=pks)
            found = rows.filter(_here(scope)).order_by("occurred_at", "id")
            yield from found.values_list("occurred_at", flat=True)[:MOST_EVENTS]


def _here(scope: Scope) -> Q:
    return Q(folder_id=scope.folder.pk) | Q(folder_id__isnull=True)
