"""The audit as a table for spreadsheets; that somebody took it is audited, too."""

from collections.abc import Iterator, Sequence
from tempfile import SpooledTemporaryFile
from typing import IO, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.events.history import NEWEST_FIRST
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.pagination import page_of
from apps.lib.tables import Cell, csv_pieces

from .asking import AuditFilter
from .presenting import address_of, changes_of
from .scopes import Scope

MOST_ROWS: Final = 100_000
ROWS_AT_ONCE: Final = 500
MEMORY_BYTES: Final = 4_000_000


def csv_file(scope: Scope, wanted: AuditFilter, *, by: Actor) -> IO[bytes]:
    """Return what fits, the newest first, MOST_ROWS at most, as a file."""
    n = 0

    def rows() -> Iterator[Sequence[Cell]]:
        nonlocal n
        head = [_("Time"), _("Who"), _("As"), _("What"), _("Object"), _("From where")]
        yield [_("Number"), *head, _("Request"), _("Changes")]
        for events in _pieces(scope, wanted):
            n += len(events)
            yield from map(_cells, events)

    found: IO[bytes] = SpooledTemporaryFile(MEMORY_BYTES)  # noqa: SIM115
    found.writelines(csv_pieces(rows()))
    publish(
        "audit.exported",
        subject=("folder", scope.folder_id or 0),
        folder_id=scope.folder_id,
        by=by,
        data={"n": n, "filter": wanted.query()},
    )
    found.seek(0)
    return found


def _pieces(scope: Scope, wanted: AuditFilter) -> Iterator[list[Event]]:
    cursor, n = "", 0
    while n < MOST_ROWS:
        page = page_of(
            wanted.rows(scope.folder_id), order=NEWEST_FIRST, limit=ROWS_AT_ONCE, cursor=cursor
        )
        yield page.items
        n += len(page.items)
        if not page.next_cursor:
            return
        cursor = page.next_cursor


def _cells(event: Event) -> list[Cell]:
    changes = "; ".join(
        f"{each['field']}: {each['before'] or '–'} → {each['after'] or '–'}"
        for each in changes_of(event)
    )
    return [
        event.id,
        # with its zone, since it leaves the page
        timezone.localtime(event.occurred_at).isoformat(timespec="milliseconds"),
        event.actor_name,
        event.actor_kind,
        event.kind,
        f"{event.subject_type}:{event.subject_id}",
        address_of(event),
        event.request_id,
        changes,
    ]
