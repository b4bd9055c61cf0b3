"""Whether what was expected has come in a stretch of time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from apps.lib.errors import ConflictError, DomainError
from apps.triggers.conditions import Expected
from apps.triggers.receiving.folders import listed, opened_folder

# A folder that lies elsewhere may not answer: nobody waits longer for it
PATIENCE_SECONDS: Final = 2.0

# The newest items of a queue have the highest numbers: of so many, which came in time? Its number
# is looked up first, and asked for as a span: joined or compared, the planner takes the index that
# has items by number alone, and walks the items of all queues backwards until it has enough of this
# one, which for a quiet queue is all there are.
ITEMS: Final = """
with wanted as materialized (
    select q.id from queues_workqueue q where q.folder_id = %(folder)s and q.key = %(key)s
)
select count(*) from (
    select i.entered_at from queues_workitem i
     where i.queue_id >= (select id from wanted) and i.queue_id <= (select id from wanted)
       and i.entered_at < %(until)s
     order by i.queue_id, i.id desc limit %(most)s) newest
 where newest.entered_at >= %(since)s
"""
STARTS: Final = """
select count(*) from triggers_firing f
  join triggers_trigger t on t.id = f.trigger_id
 where t.folder_id = %(folder)s and t.key = %(key)s
   and f.outcome = 'fired' and f.fired_at >= %(since)s and f.fired_at < %(until)s
"""
# Files that triggers have taken meanwhile, and perhaps moved away
TAKEN: Final = """
select f.event ->> 'name' from triggers_firing f
  join triggers_trigger t on t.id = f.trigger_id
 where t.folder_id = %(folder)s and t.kind = 'event' and t.rule ->> 'source' = 'file'
   and t.rule ->> 'folder' = %(key)s and f.event ->> 'name' is not null
   and f.planned_at >= %(since)s and f.planned_at < %(until)s
 order by f.planned_at desc limit 1000
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What is asked for, of a folder, from `since` on and before `until`."""

    folder_id: int
    expected: Expected
    since: datetime
    until: datetime


def n_arrived(arrival: Arrival) -> int:
    """Return how much of it has come, counted no further than is expected.

    Raises DomainError where nobody can tell: a folder that does not answer.
    """
    kind = arrival.expected.kind
    if kind == "file":
        return next(_files(arrival), 0)
    ((n,),) = _rows(ITEMS if kind == "items" else STARTS, arrival)
    return int(n)


def _files(arrival: Arrival) -> Iterator[int]:
    """Yield 1 for each file that was taken, or lies there still."""
    pattern = arrival.expected.pattern
    for (name,) in _rows(TAKEN, arrival):
        if fnmatchcase(str(name), pattern):
            yield 1
    for written_at in _written(arrival.expected):
        if arrival.since <= written_at < arrival.until:
            yield 1


def _written(expected: Expected) -> list[datetime]:
    """Return when each file was written that lies in the folder and fits."""
    pool = ThreadPoolExecutor(1, thread_name_prefix="expected-files")
    try:
        return pool.submit(_look, expected).result(PATIENCE_SECONDS)
    except (OSError, TimeoutError, DomainError) as error:
        words = {"folder": expected.key, "why": str(error) or type(error).__name__}
        message = _("The folder “%(folder)s” could not be looked into: %(why)s") % words
        raise ConflictError(message) from None
    finally:
        pool.shutdown(wait=False)


def _look(expected: Expected) -> list[datetime]:
    with opened_folder(Path(settings.WATCHED_DIR), expected.key) as folder:
        found = listed(folder, expected.pattern)
    return [datetime.fromtimestamp(each.mtime_ns / 1e9, UTC) for each in found]


def _rows(sql: str, arrival: Arrival) -> list[tuple[Any, ...]]:
    values: dict[str, Any] = {
        "folder": arrival.folder_id,
        "key": arrival.expected.key,
        "since": arrival.since,
        "until": arrival.until,
        "most": arrival.expected.at_least,
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
