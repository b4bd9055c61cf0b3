"""Reads what is known of failures from where they are written down: tries, runs, incidents."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from django.db import connection

from .fingerprint import Fault
from .models import FailureGroup, Source
from .normalising import values_of

Kind = FailureGroup.Kind
Key = tuple[str, int, int]  # source, number of its row, number of the try

# Larger data is not searched for values that stand in the message
MAX_PAYLOAD_BYTES: Final = 32_000
MAX_MESSAGE: Final = 8_000

# A try is looked up in the month it ended in, where that is known: else in all there are.
_TRY: Final = """
    select t.item_id, t.number, t.ended_at, t.outcome, t.code, t.message, t.error_class, t.bot,
           t.queue_id, t.run_id
      from queues_attempt t
     where t.item_id = a.item_id and t.number = a.number {}
       and t.outcome in ('business_exception', 'application_exception', 'lost')
    offset 0"""
# What is loaded as a sample was worked by no run: it counts as that of the first version
_OF_SAMPLES: Final = """(select min(w.number)::text from bots_automationversion w
         where i.origin = 'sample' and w.automation_id = q.automation_id)"""
_TRIES: Final = """
select t.item_id, t.number, t.ended_at, t.outcome, t.code, t.message, t.error_class, t.bot,
       t.queue_id, q.folder_id, coalesce(v.number::text, {of_samples}, ''),
       coalesce(i.reference, ''),
       case when pg_column_size(i.payload) <= %(bytes)s then i.payload::text end
  from unnest(%(ids)s::bigint[], %(numbers)s::int[], %(ats)s::timestamptz[])
       as a (item_id, number, at)
 cross join lateral ({tries}) t
  join queues_workqueue q on q.id = t.queue_id
  left join queues_workitem i on i.id = t.item_id
  left join bots_run r on r.id = t.run_id
  left join bots_automationversion v on v.id = r.version_id
"""
TRIES_AT: Final = _TRIES.format(tries=_TRY.format("and t.ended_at = a.at"), of_samples=_OF_SAMPLES)
TRIES_ANYWHEN: Final = _TRIES.format(tries=_TRY.format(""), of_samples=_OF_SAMPLES)

RUNS: Final = """
select r.id, r.ended_at, r.status, r.exit_reason, coalesce(b.name, ''), v.automation_id,
       r.folder_id, v.number::text,
       case when pg_column_size(r.input) <= %(bytes)s then r.input::text end
  from bots_run r
  join bots_automationversion v on v.id = r.version_id
  left join bots_bot b on b.id = r.bot_id
 where r.id = any (%(ids)s::bigint[]) and r.status in ('faulted', 'lost')
"""

INCIDENTS: Final = """
select c.id, c.opened_at, c.workflow_id, c.node, c.code, c.message, c.folder_id, v.number::text,
       n.business_key,
       (select s.variables::text from workflows_scope s
         where s.instance_id = c.instance_id and s.kind = 'process'
           and pg_column_size(s.variables) <= %(bytes)s
         order by s.number limit 1)
  from workflows_incident c
  join workflows_workflowinstance n on n.id = c.instance_id
  join workflows_workflowversion v on v.id = n.version_id
 where c.id = any (%(ids)s::bigint[])
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """One failure as it was found."""

    key: Key
    at: datetime
    fault: Fault
    bot: str = ""
    queue_id: int | None = None
    automation_id: int | None = None
    workflow_id: int | None = None
    step: str = ""


def known_of(rows: Iterable[tuple[str, int, int, datetime | None]]) -> list[Known]:
    """Return what is known of failures (source, its number, try, when); gone ones are left out."""
    by_source: dict[str, list[tuple[int, int, datetime | None]]] = {}
    for source, source_id, number, at in rows:
        by_source.setdefault(source, []).append((source_id, number, at))
    return [
        *_tries(by_source.get(Source.TRY, [])),
        *_runs([each[0] for each in by_source.get(Source.RUN, [])]),
        *_incidents([each[0] for each in by_source.get(Source.INCIDENT, [])]),
    ]


def _tries(rows: Sequence[tuple[int, int, datetime | None]]) -> Iterable[Known]:
    dated = [row for row in rows if row[2] is not None]
    undated = [row for row in rows if row[2] is None]
    for sql, some in ((TRIES_AT, dated), (TRIES_ANYWHEN, undated)):
        if some:
            ids, numbers, ats = zip(*some, strict=True)
            values = {"ids": list(ids), "numbers": list(numbers), "ats": list(ats)}
            for row in _asked(sql, values):
                yield _try(row)


def _try(row: tuple[Any, ...]) -> Known:
    item, number, at, outcome, code, message, error, bot, queue, folder, version, ref, data = row
    # what is said of a lost bot is ours, and names the bot
    is_lost = outcome == Kind.LOST
    return Known(
        key=(Source.TRY, item, number),
        at=at,
        bot=bot,
        queue_id=queue,
        fault=Fault(
            folder_id=folder,
            kind=outcome,
            place=f"queue:{queue}",
            version=version,
            error_class=error,
            code=code,
            message="" if is_lost else message,
            values=[] if is_lost else [*_values(data), *_own(ref, bot)],
        ),
    )


def _runs(ids: Sequence[int]) -> Iterable[Known]:
    for run, at, status, reason, bot, automation, folder, version, data in _asked_by(RUNS, ids):
        is_lost = status == "lost"
        error, message = ("", "") if is_lost else _class_and_message(reason)
        yield Known(
            key=(Source.RUN, run, 0),
            at=at,
            bot=bot,
            automation_id=automation,
            fault=Fault(
                folder_id=folder,
                kind=Kind.RUN_LOST if is_lost else Kind.RUN_FAULTED,
                place=f"automation:{automation}",
                version=version,
                error_class=error,
                message=message,
                values=[*_values(data), *_own(bot)],
            ),
        )


def _incidents(ids: Sequence[int]) -> Iterable[Known]:
    for row in _asked_by(INCIDENTS, ids):
        incident, at, workflow, node, code, message, folder, version, key, data = row
        yield Known(
            key=(Source.INCIDENT, incident, 0),
            at=at,
            workflow_id=workflow,
            step=node,
            fault=Fault(
                folder_id=folder,
                kind=Kind.INCIDENT,
                place=f"workflow:{workflow}:{node}",
                version=version,
                code=code,
                message=message,
                values=[*_values(data), *_own(key)],
            ),
        )


def _class_and_message(reason: str) -> tuple[str, str]:
    """Take apart what bots.horse.explain wrote: “ValueError: why”, and the traceback after it."""
    first = reason.partition("\n\n")[0]
    name, colon, message = first.partition(": ")
    if colon and name.isidentifier() and name[:1].isupper():
        return name, message
    return "", first


def _values(data: str | None) -> list[str]:
    return values_of(orjson.loads(data)) if data else []


def _own(*names: str) -> list[str]:
    return [name for name in names if name]


def _asked_by(sql: str, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    return _asked(sql, {"ids": list(ids)}) if ids else []


def _asked(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {**values, "bytes": MAX_PAYLOAD_BYTES})
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
