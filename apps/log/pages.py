"""Which lines a page of the log shows first, and how it goes on from there."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.urls import reverse

from apps.lib.errors import InvalidError

from . import tailing
from .asking import LogFilter
from .keys import BEFORE_ALL, Key, read_key
from .presenting import Row, rows_of
from .reading import Slice, after, first_error_of, newer, older
from .scopes import Scope, scope_of

PAGE_LINES: Final = 200
LINES_ABOVE: Final = 20
# as it stands in `at`
FIRST_ERROR: Final = "error"
# longer ones are no argument of a fragment
MAX_TAIL_QUERY: Final = 450


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a page begins: at most one of these. None of them: at the end."""

    at: Key | None = None
    before: Key | None = None
    after: Key | None = None

    @classmethod
    def parse(cls, said: Mapping[str, str], wanted: LogFilter, folders: Collection[int]) -> "Place":
        """Raises InvalidError for what is no place. A run without an error begins at its end."""
        if said.get("at") == FIRST_ERROR:
            found = first_error_of(wanted.run, sorted(folders)) if wanted.run else None
            return cls(at=found)
        for name in ("at", "before", "after"):
            if text := said.get(name, ""):
                return cls(**{name: read_key(text, name)})
        return cls()


@dataclass(frozen=True, kw_only=True)
class LogPage:
    rows: list[Row]
    older_url: str = ""
    newer_url: str = ""
    tail: str = ""  # the cursor to follow the log from; "" while there is more to come first
    anchor: int | None = None
    looked_to: Key | None = None


def page_of(wanted: LogFilter, place: Place, folders: Collection[int]) -> LogPage:
    """Return the lines there. Before they are read the tail begins: nothing falls in between."""
    scope = scope_of(wanted, folders)
    tail = tailing.now()
    above, below = _around(scope, wanted, place)
    entries = [*above.entries, *below.entries]
    query = wanted.query()
    is_end = not below.has_more and below.looked_to is None
    first = above.looked_to or (entries[0].key if entries else None)
    last = below.looked_to or (entries[-1].key if entries else None)
    return LogPage(
        rows=rows_of(entries, wanted),
        older_url=_address(query, "before", first) if above.has_more or above.looked_to else "",
        newer_url=_address(query, "after", last) if not is_end else "",
        tail=tail if is_end and not wanted.until and len(query) <= MAX_TAIL_QUERY else "",
        anchor=place.at.id if place.at else None,
        looked_to=above.looked_to,
    )


def _around(scope: Scope, wanted: LogFilter, place: Place) -> tuple[Slice, Slice]:
    """Return the lines before the place and those from it on."""
    if place.at:
        n = PAGE_LINES - LINES_ABOVE
        return (
            older(scope, before=place.at, since=wanted.since, n=LINES_ABOVE),
            newer(scope, start=place.at, until=wanted.until, n=n),
        )
    if place.after:
        start = max(after(place.after), _begin(wanted))
        found = newer(scope, start=start, until=wanted.until, n=PAGE_LINES)
        return Slice(has_more=True) if found.entries else Slice(), found
    high = {"before": place.before} if place.before else {}
    if wanted.until and (not place.before or place.before.at > wanted.until):
        high = {"before": Key(wanted.until, BEFORE_ALL.id)}
    found = older(scope, since=wanted.since, n=PAGE_LINES, **high)
    return found, Slice(has_more=bool(place.before))


def _begin(wanted: LogFilter) -> Key:
    return Key(wanted.since, BEFORE_ALL.id) if wanted.since else BEFORE_ALL


def _address(query: str, name: str, key: Key | None) -> str:
    if key is None:
        return ""
    return f"{reverse('log:page')}?{query}{'&' if query else ''}{name}={key}"


def problem_of(error: InvalidError) -> dict[str, Any]:
    """Return what a page says when it was asked for nonsense."""
    return {"problem": error.message, "page": LogPage(rows=[])}
