"""Failures come in: noted by their keys first, so that what told of them is done quickly."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from django.db import connection

from apps.failures.models import Source

Row = tuple[str, int, int, datetime | None]

# The same news may come twice: what has a group by then is dropped when it is to get one.
_NOTE: Final = """
insert into failures_ungrouped (source, source_id, number, at)
select * from unnest(%(sources)s::text[], %(ids)s::bigint[], %(numbers)s::int[],
                     %(ats)s::timestamptz[])
on conflict (source, source_id, number) do nothing
"""
# What happened to an instance says which incidents may be new; those that are known are left out.
_NOTE_INCIDENTS: Final = """
insert into failures_ungrouped (source, source_id, number, at)
select 'incident', c.id, 0, c.opened_at
  from workflows_incident c
 where c.instance_id = any (%(ids)s::bigint[])
   and not exists (select from failures_failure f
                    where f.source = 'incident' and f.source_id = c.id and f.number = 0
                      and f.at = c.opened_at)
on conflict (source, source_id, number) do nothing
"""


def note_tries(tries: Iterable[tuple[int, int]], at: datetime | None) -> None:
    """Note that these tries (item, number) failed; `at`: when they ended, if all did together."""
    _note([(Source.TRY.value, item, number, at) for item, number in tries])


def note_runs(run_ids: Iterable[int]) -> None:
    """Note that these runs have ended; those that went well are left out later."""
    _note([(Source.RUN.value, pk, 0, None) for pk in run_ids])


def note_incidents_of(instance_ids: Iterable[int]) -> None:
    """Note the incidents of these instances that are not known yet."""
    with connection.cursor() as cursor:
        cursor.execute(_NOTE_INCIDENTS, {"ids": sorted(set(instance_ids))})


def _note(rows: list[Row]) -> None:
    if not rows:
        return
    sources, ids, numbers, ats = (list(column) for column in zip(*sorted(set(rows)), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_NOTE, {"sources": sources, "ids": ids, "numbers": numbers, "ats": ats})
