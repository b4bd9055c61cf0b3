"""Does a chunk of targets, and writes each one's result, in the caller's transaction."""

from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

import orjson
import structlog
from django.db import DatabaseError, DataError, IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.operations import kinds
from apps.operations.kinds import Chunk, Kind, Result
from apps.operations.models import Operation

log = structlog.get_logger("controlroom.operations")

MAX_REASON: Final = 300

_WRITE: Final = """
update operations_operationentry e
   set status = r.status, reason = r.reason, before = coalesce(r.before::jsonb, e.before),
       at = statement_timestamp()
  from unnest(%(ids)s::bigint[], %(statuses)s::text[], %(reasons)s::text[], %(befores)s::text[])
    as r (id, status, reason, before)
 where e.operation_id = %(operation)s and e.target_id = r.id and e.status = 'waiting'
"""


def apply_chunk(operation: Operation, before: Mapping[int, Any]) -> dict[str, int]:
    """Do these targets (what is known of how each was, by id); return how many ended how."""
    kind = kinds.get(operation.kind)
    chunk = Chunk(
        ids=list(before),
        arguments=operation.arguments,
        actor=operation.actor,
        reason=operation.reason,
        operation_id=operation.pk,
        before={pk: value for pk, value in before.items() if value is not None},
    )
    found = _apply(kind, chunk, chunk.ids)
    gone = kinds.skipped(_("It is not there any more."))
    results = {pk: found.get(pk, gone) for pk in chunk.ids}
    _write(operation.pk, results)
    return Counter(str(result.status) for result in results.values())


def _apply(kind: Kind, chunk: Chunk, ids: "list[int] | Any") -> dict[int, Result]:
    """Do `ids`; when they fail together, halve them until the one at fault is alone.

    A deadlock, a timeout and a database that goes away are nobody's fault: they are raised, and
    the whole chunk is tried again.
    """
    try:
        with transaction.atomic():
            return dict(kind.apply(_part(chunk, ids)))
    except (DataError, IntegrityError) as error:
        fault: Exception = error
    except DatabaseError:
        raise
    except Exception as error:
        fault = error
    if len(ids) == 1:
        return {ids[0]: kinds.failed(_said(fault))}
    half = len(ids) // 2
    return _apply(kind, chunk, ids[:half]) | _apply(kind, chunk, ids[half:])


def _part(chunk: Chunk, ids: list[int]) -> Chunk:
    if len(ids) == len(chunk.ids):
        return chunk
    return Chunk(
        ids=ids,
        arguments=chunk.arguments,
        actor=chunk.actor,
        reason=chunk.reason,
        operation_id=chunk.operation_id,
        before={pk: chunk.before[pk] for pk in ids if pk in chunk.before},
    )


def _said(fault: Exception) -> str:
    if isinstance(fault, DomainError):
        return fault.message
    log.error("operation_target_failed", exc_info=fault)
    return _("An error that nobody foresaw; the log of the worker has it.")


def _write(operation_id: int, results: Mapping[int, Result]) -> None:
    listed = results.values()
    values: dict[str, Any] = {
        "operation": operation_id,
        "ids": list(results),
        "statuses": [str(each.status) for each in listed],
        "reasons": [each.reason[:MAX_REASON] for each in listed],
        "befores": [_text(each.before) for each in listed],
    }
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, values)
        if cursor.rowcount != len(results):
            raise RuntimeError("entries of the chunk had a result already")


def _text(before: JsonObject | None) -> str | None:
    return None if before is None else orjson.dumps(before).decode()
