"""One list of a timeline: for its page, its file and the API; filtered, in pages, with its gaps."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words
from apps.lib.errors import InvalidError
from apps.lib.pagination import decode_cursor, encode_cursor
from apps.lib.tables import Cell, csv_pieces

from .entries import KINDS, Entry, events_of, merged
from .rows import rows_told
from .subjects import Subjects

PAGE_SIZE: Final = 200
ORDER: Final = ("at", "key")
# a time without news is folded into one line when it is at least as long
GAP: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, what it is about, how long nothing happened before it, and how long it took; "":
    no time."""

    entry: Entry
    name: str
    gap: str = ""
    took: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """`counts`: of each kind, whatever is filtered."""

    rows: list[Row]
    next_cursor: str
    counts: dict[str, int]


def list_entries(
    subjects: Subjects, *, kind: str = "", cursor: str = "", limit: int = PAGE_SIZE
) -> Listing:
    """Return a page of what happened, the oldest first.

    `kind`: one of KINDS, "" for all. Raises InvalidError for a cursor that is not of this list.
    """
    every = sorted(merged(rows_told(subjects), events_of(subjects)), key=_place)
    counts = {name: sum(entry.kind == name for entry in every) for name in KINDS}
    wanted = [entry for entry in every if kind in ("", entry.kind)]
    if cursor:
        after = _place_of(cursor)
        wanted = [entry for entry in wanted if _place(entry) > after]
    shown = wanted[:limit]
    return Listing(
        rows=list(_rows(shown, _names(subjects))),
        next_cursor=_cursor(shown[-1]) if len(wanted) > limit else "",
        counts=counts,
    )


def as_csv(rows: Sequence[Row], page_url: str) -> bytes:
    """Return a table for spreadsheets; times have their zone, since they leave the page."""
    return b"".join(csv_pieces(_table(rows, page_url)))


def _table(rows: Sequence[Row], page_url: str) -> Iterator[Sequence[Cell]]:
    yield [
        _("Time"), _("Until"), _("Kind"), _("What"), _("Who"), _("Note"), _("About"), _("Address"),
    ]  # fmt: skip
    for row in rows:
        entry = row.entry
        texts = [KINDS[entry.kind], entry.what, entry.who, entry.note, row.name]
        address = f"{page_url}{entry.url}" if entry.url else ""
        yield [_moment(entry.at), _moment(entry.until), *map(str, texts), address]


def _rows(entries: Sequence[Entry], names: dict[tuple[str, int], str]) -> Iterator[Row]:
    last = None
    for entry in entries:
        gap = "" if last is None or entry.at - last < GAP else duration_in_words(entry.at - last)
        took = duration_in_words(entry.until - entry.at) if entry.until else ""
        yield Row(entry, names.get(entry.subject, ""), gap, took)
        moments = [each for each in (last, entry.at, entry.until) if each is not None]
        last = max(moments)


def _names(subjects: Subjects) -> dict[tuple[str, int], str]:
    words = {
        "item": _("Item #%(n)d"),
        "instance": _("Instance #%(n)d"),
        "run": _("Run %(n)d"),
        "task": _("Task #%(n)d"),
    }
    return {(kind, row.pk): words[kind] % {"n": row.pk} for kind, row in subjects.all()}


def _place(entry: Entry) -> tuple[Any, str]:
    return entry.at, entry.key


def _cursor(entry: Entry) -> str:
    place: Any = SimpleNamespace(at=entry.at, key=entry.key)
    return encode_cursor(place, ORDER)


def _place_of(cursor: str) -> tuple[Any, str]:
    at, key = decode_cursor(cursor, ORDER)
    if not hasattr(at, "tzinfo") or not isinstance(key, str):
        raise InvalidError(_("This cursor is not of this list. Start again without one."))
    return at, key


def _moment(at: Any) -> str:
    return timezone.localtime(at).isoformat(timespec="milliseconds") if at else ""
