"""Reading the log: a page of lines before or after a place, never more rows than a bound."""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import orjson
from django.db import connection, transaction

from . import statements
from .happenings import visits_of
from .keys import AFTER_ALL, BEFORE_ALL, Key
from .lines import LogEntry
from .scopes import Scope
from .statements import Statement, Stretch

# So many lines are looked at for one page, whatever a filter leaves of them
BUDGET: Final = 50_000
# A common word is found among these; for a rare one they cost little
FIRST_LOOK: Final = 5_000
# More of a word in one month: it is not rare, and walking finds it
PROBED: Final = 5_000
# Lines of the future are of clocks that were put right
MONTHS: Final = """
select to_char(now(), 'YYYY_MM'),
       coalesce(array_agg(right(inhrelid::regclass::text, 7)), '{}')
  from pg_inherits
 where inhparent = 'bots_logline'::regclass and inhrelid::regclass::text ~ '_\\d{4}_\\d{2}$'
"""
OTHER_WAYS: Final = """
select set_config('enable_seqscan', %s, true), set_config('enable_indexscan', %s, true),
       set_config('enable_indexonlyscan', %s, true)
"""


@dataclass(frozen=True, kw_only=True)
class Slice:
    """Lines, the oldest first. `looked_to`: from there on nobody has looked yet."""

    entries: list[LogEntry] = field(default_factory=list)
    has_more: bool = False
    looked_to: Key | None = None


def older(scope: Scope, *, before: Key = AFTER_ALL, since: datetime | None = None, n: int) -> Slice:
    """Return the last `n` lines before a place, none from before `since`."""
    low = Key(since, BEFORE_ALL.id) if since else BEFORE_ALL
    return _read(scope, Stretch(low=low, high=before, direction="older"), n)


def newer(scope: Scope, *, start: Key = BEFORE_ALL, until: datetime | None = None, n: int) -> Slice:
    """Return the first `n` lines from a place on, it included, none from `until` on."""
    high = Key(until, BEFORE_ALL.id) if until else AFTER_ALL
    return _read(scope, Stretch(low=start, high=high, direction="newer"), n)


def after(key: Key) -> Key:
    """Return the first place after this one."""
    return Key(key.at, key.id + 1)


def first_error_of(run_id: int, folders: Sequence[int]) -> Key | None:
    """Return where a run first said that something went wrong; by an index of its own."""
    text = """select at, id from bots_logline
     where run_id = %s and level = 'error' and folder_id = any (%s) order by at, id limit 1"""
    rows = _fetched((text, [run_id, list(folders)]))
    return Key(*rows[0]) if rows else None


def read_row(row: Sequence[Any]) -> LogEntry:
    """Return a row of statements.COLUMNS as an entry."""
    values = dict(zip(statements.COLUMNS, row, strict=True))
    said = values.pop("fields")
    return LogEntry(**values, fields=orjson.loads(said) if isinstance(said, str) else said)


def _read(scope: Scope, stretch: Stretch, n: int) -> Slice:
    if not scope.values or stretch.low >= stretch.high:
        return Slice()
    found, looked_to = _lines(scope, stretch, n + 1)
    visits = visits_of(scope, stretch, limit=n + 1, no_further_than=looked_to)
    is_newest_first = stretch.direction == "older"
    merged = heapq.merge(found, visits, key=lambda each: each.key, reverse=is_newest_first)
    entries = list(merged)
    has_more = len(entries) > n
    shown = entries[:n]
    if is_newest_first:
        shown.reverse()
    return Slice(entries=shown, has_more=has_more, looked_to=None if has_more else looked_to)


def _lines(scope: Scope, stretch: Stretch, n: int) -> tuple[list[LogEntry], Key | None]:
    """Return up to `n` lines in the direction of the stretch, and where looking for more ended."""
    found: list[LogEntry] = []
    for month in _months_in(stretch):
        more, looked_to = _in_month(scope, month, n - len(found))
        found += more
        if looked_to or len(found) >= n:
            return found, looked_to if len(found) < n else None
    return found, None


def _in_month(scope: Scope, month: Stretch, n: int) -> tuple[list[LogEntry], Key | None]:
    if scope.words is None or scope.is_narrow:
        return _walked(scope, month, n, BUDGET)
    found, looked_to = _walked(scope, month, n, FIRST_LOOK)
    if len(found) >= n or looked_to is None:
        return found, looked_to
    rest = _beyond(month, looked_to)
    # as often as in the first look, and going on will do
    is_common = len(found) * BUDGET >= n * FIRST_LOOK
    probed = None if is_common else _probed(scope, rest)
    if probed is not None:
        return found + probed[: n - len(found)], None
    more, looked_to = _walked(scope, rest, n - len(found), BUDGET)
    return found + more, looked_to


def _walked(scope: Scope, month: Stretch, n: int, budget: int) -> tuple[list[LogEntry], Key | None]:
    """Return what a walk found, and where it had to end; None: it came to the end."""
    found = _entries(statements.walk(scope, month, budget=budget, n=n))
    if len(found) >= n or not scope.is_filtered:
        return found, None
    edge = _fetched(statements.edge(scope, month, budget=budget))
    return found, Key(*edge[0]) if edge else None


def _probed(scope: Scope, month: Stretch) -> list[LogEntry] | None:
    """Return all that the index of words knows there; None if that is much."""
    with _by_words_alone():
        found = _entries(statements.probe(scope, month, n=PROBED + 1))
    if len(found) > PROBED:
        return None
    return sorted(found, key=lambda each: each.key, reverse=month.direction == "older")


@contextmanager
def _by_words_alone() -> Iterator[None]:
    """Leave the planner no way but the index of words: a LIMIT makes it hope for early luck."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(OTHER_WAYS, ["off"] * 3)
        yield
        cursor.execute(OTHER_WAYS, ["on"] * 3)


def _beyond(month: Stretch, looked_to: Key) -> Stretch:
    if month.direction == "older":
        return Stretch(low=month.low, high=looked_to, direction="older")
    return Stretch(low=after(looked_to), high=month.high, direction="newer")


def _months_in(stretch: Stretch) -> list[Stretch]:
    """Cut a stretch where partitions begin, in the order in which to read them."""
    [[this_month, names]] = _fetched((MONTHS, []))
    starts = sorted({each for name in names if name <= this_month for each in _ends_of(name)})
    cuts = [Key(at, BEFORE_ALL.id) for at in starts]
    inner = [key for key in cuts if stretch.low < key < stretch.high]
    edges = [stretch.low, *inner, stretch.high]
    parts = [
        Stretch(low=low, high=high, direction=stretch.direction)
        for low, high in zip(edges, edges[1:], strict=False)
    ]
    return parts[::-1] if stretch.direction == "older" else parts


def _ends_of(name: str) -> tuple[datetime, datetime]:
    year, month = (int(part) for part in name.split("_"))
    first = datetime(year, month, 1, tzinfo=UTC)
    return first, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)


def _entries(statement: Statement) -> list[LogEntry]:
    return [read_row(row) for row in _fetched(statement)]


def _fetched(statement: tuple[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(*statement)
        rows: list[Any] = cursor.fetchall()
    return rows
