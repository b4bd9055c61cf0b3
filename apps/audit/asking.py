"""What somebody asks the audit for: read once, refused where it makes no sense."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import urlencode

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.lib.asking import Reader, read_fields, typed_text
from apps.lib.http import FIRST_YEAR, LAST_YEAR
from apps.lib.numbers import whole_number

MAX_TEXT: Final = 150
DAYS: Final = 30
ACTION: Final = re.compile(r"[a-z_]{1,40}(\.[a-z_]{1,40})?", re.ASCII)
OBJECT: Final = re.compile(r"([a-z_]{1,40}):(\d{1,19})", re.ASCII)
NO_FOLDER: Final = "-"  # what belongs to no folder: people, sign-in, what holds for all

_SAID: Final = """
with recursive found as (
    (select {column} as said from events_event where {of_folder} order by {column} limit 1)
    union all
    select (select {column} from events_event
             where {of_folder} and {column} > f.said order by {column} limit 1)
      from found f where f.said is not null)
select said from found where said is not null
"""

LABELS: Final = {
    "folder": gettext_lazy("Folder"),
    "person": gettext_lazy("Who"),
    "action": gettext_lazy("What"),
    "object": gettext_lazy("Object"),
    "since": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
}


@dataclass(frozen=True, kw_only=True)
class AuditFilter:
    """Its names are those of the address and of the API. "" and None: everything; days are whole,
    in the reader's time zone, `until` included."""

    folder: str = ""
    person: str = ""  # part of the name of who did it
    action: str = ""  # a kind of event (`queue.paused`), or all of a sort (`queue`)
    object: str = ""  # `queue:5`
    since: date | None = None
    until: date | None = None

    @classmethod
    def parse(cls, said: Mapping[str, str]) -> "AuditFilter":
        """Raises InvalidError, naming each field that makes no sense."""
        return cls(**read_fields(said, _READERS, LABELS))

    def query(self, **more: str) -> str:
        """Return it as a query string, the same for the same filter."""
        said = {name: getattr(self, name) for name in LABELS}
        return urlencode({name: value for name, value in {**said, **more}.items() if value})

    def within_reach(self) -> "AuditFilter":
        """Begin DAYS ago unless it says when, or asks for one object: then an index finds all."""
        if self.since or self.object:
            return self
        end = self.until or timezone.localdate()
        return replace(self, since=end - timedelta(days=DAYS))

    def rows(self, folder_id: int | None) -> QuerySet[Event]:
        """Return what fits among what belongs to the folder, or to none."""
        found: QuerySet[Event] = Event.objects.filter(folder_id=folder_id)
        if self.since:
            found = found.filter(occurred_at__gte=_midnight(self.since))
        if self.until:
            found = found.filter(occurred_at__lt=_midnight(self.until + timedelta(days=1)))
        if self.person:
            names = [name for name in said_in("actor_name", folder_id) if self._names(name)]
            found = found.filter(actor_name__in=names)
        if self.action:
            kinds = [kind for kind in said_in("kind", folder_id) if self._means(kind)]
            found = found.filter(kind__in=kinds)
        if self.object:
            subject_type, _colon, number = self.object.partition(":")
            found = found.filter(subject_type=subject_type, subject_id=int(number))
        return found

    def _names(self, name: str) -> bool:
        return self.person.casefold() in name.casefold()

    def _means(self, kind: str) -> bool:
        return kind == self.action or kind.startswith(f"{self.action}.")


def said_in(column: str, folder_id: int | None) -> list[str]:
    """Return what stands in `actor_name` or `kind` of the folder's events, each once.

    A look at the column's index for each: a list by one of few people among millions of events is
    then found by that index, and one by nobody at all without reading any.
    """
    of_folder = "folder_id is null" if folder_id is None else "folder_id = %(folder)s"
    with connection.cursor() as cursor:
        cursor.execute(_SAID.format(column=column, of_folder=of_folder), {"folder": folder_id})
        return [said for (said,) in cursor.fetchall()]


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))


def _text(text: str) -> str:
    return typed_text(text, most=MAX_TEXT)


def _action(text: str) -> str:
    if not ACTION.fullmatch(text):
        raise ValueError(_("is written like queue.paused, or queue"))
    return text


def _object(text: str) -> str:
    found = OBJECT.fullmatch(text)
    if not found or whole_number(found[2]) is None:
        raise ValueError(_("is written like queue:5"))
    return text


def _day(text: str) -> date:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise ValueError(_("is written like 2026-11-30")) from None
    if not FIRST_YEAR < day.year < LAST_YEAR:
        raise ValueError(_("is a day that nobody lives to see"))
    return day


_READERS: Final[dict[str, Reader]] = {
    "folder": _text,
    "person": _text,
    "action": _action,
    "object": _object,
    "since": _day,
    "until": _day,
}
