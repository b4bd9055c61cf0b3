"""What the background worker does: hold an operation, write its targets down, do them in chunks.

Any number of workers may, and any of them may be killed anywhere. The lease only keeps two of them
from the same work; that a target is done once is seen to by the row lock, the token, and the entry
that is written by the transaction that did the target.
"""

from collections.abc import Callable
from time import monotonic
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from django.db import DatabaseError, InterfaceError, connection, connections, transaction
from django.db.models import F
from django.db.models.functions import Coalesce, Now

from apps.lib.clock import seconds_from_now
from apps.operations import kinds
from apps.operations.kinds import Bound, Kind
from apps.operations.models import Operation, OperationEntry

from .applying import apply_chunk
from .recording import record, tell_progress, tell_who_asked

log = structlog.get_logger("controlroom.operations")

Status = Operation.Status

CHUNK: Final = 500
# A worker that shows no sign for so long is taken for dead; each chunk is a sign
HELD_SECONDS: Final = 10
PREPARING_SECONDS: Final = 60
# Then the next operation has its turn, so that a small one does not wait for a large one
TURN_SECONDS: Final = 2.0
MAX_FAULTS: Final = 8
LONGEST_DELAY_SECONDS: Final = 60

_CLAIM: Final = """
update operations_operation set token = %(me)s,
       held_until = clock_timestamp() + make_interval(secs => %(seconds)s)
 where id = (
    select id from operations_operation
     where status in ('preparing', 'waiting', 'running') and next_try_at <= clock_timestamp()
       and (held_until is null or held_until <= clock_timestamp())
     order by next_try_at, id
     limit 1 for no key update skip locked)
returning id
"""

# One statement, one snapshot: what the filter means is what it finds in one moment
_WRITE_CHOSEN: Final = """
insert into operations_operationentry (operation_id, target_id, status, reason)
select %s, t.id, 'waiting', '' from ({}) as t (id)
"""
_WRITE_FROM_ORIGIN: Final = """
insert into operations_operationentry (operation_id, target_id, status, reason, before)
select %(new)s, target_id, 'waiting', '', before from operations_operationentry
 where operation_id = %(origin)s and status = %(status)s
"""


class LeaseGoneError(Exception):
    """Somebody else holds the operation by now, or a person cancelled it."""


def work(is_over: Callable[[], bool] = bool) -> int:
    """Work on what is due until there is nothing left; return how many targets had their result.

    `is_over` is asked between chunks: a process that is to end finishes the one in hand.
    """
    n = 0
    while not is_over():
        operation_id, token = claim()
        if operation_id is None:
            break
        n += take_turn(operation_id, token, is_over)
    return n


def claim() -> tuple[int | None, UUID]:
    """Hold the operation that has waited longest; its id, and the token to write with."""
    token = uuid4()
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"me": token, "seconds": HELD_SECONDS})
        row = cursor.fetchone()
    return (row[0] if row else None), token


def take_turn(operation_id: int, token: UUID, is_over: Callable[[], bool] = bool) -> int:
    """Work on an operation that is held, for TURN_SECONDS; never raises for its faults."""
    began, n = monotonic(), 0
    try:
        _prepare_if_new(operation_id, token)
        while (handled := do_chunk(operation_id, token)) is not None:
            n += handled
            if is_over() or monotonic() - began >= TURN_SECONDS:
                _let_go(operation_id, token)
                break
    except LeaseGoneError:
        log.info("operation_lease_gone", operation_id=operation_id)
    except Exception as error:
        _note_fault(operation_id, token, error)
    return n


def _prepare_if_new(operation_id: int, token: UUID) -> None:
    """Write down the targets, all or none."""
    until = seconds_from_now(PREPARING_SECONDS)
    held = Operation.objects.filter(pk=operation_id, token=token)
    if not held.filter(status=Status.PREPARING).update(held_until=until):
        return
    operation = _get(operation_id)
    with transaction.atomic():
        total = _write_targets(operation, kinds.get(operation.kind))
        moved = held.filter(status=Status.PREPARING).update(
            status=Status.WAITING, total=total, held_until=seconds_from_now(HELD_SECONDS)
        )
        if not moved:
            raise LeaseGoneError
    tell_progress(operation)


def _write_targets(operation: Operation, kind: Kind) -> int:
    origin_id = operation.undo_of_id or operation.retry_of_id
    with connection.cursor() as cursor:
        if origin_id is not None:
            wanted = "done" if operation.undo_of_id else "failed"
            values: dict[str, Any] = {"new": operation.pk, "origin": origin_id, "status": wanted}
            cursor.execute(_WRITE_FROM_ORIGIN, values)
        else:
            bound = Bound(operation.asked_at, operation.bound)
            chosen = kind.choose([operation.folder_id], operation.filter, bound).order_by()
            sql, parameters = chosen.query.sql_with_params()
            cursor.execute(_WRITE_CHOSEN.format(sql), [operation.pk, *parameters])
        return int(cursor.rowcount)


def do_chunk(operation_id: int, token: UUID) -> int | None:
    """Do the next targets in one transaction; None when none are left, and it has ended.

    Raises LeaseGoneError if the token is not the operation's any more.
    """
    with transaction.atomic():
        operation = _locked(operation_id, token)
        entries = _next_entries(operation)
        if entries:
            results = apply_chunk(operation, dict(entries))
            _write_down(operation, entries[-1][0], results)
        else:
            _end(operation, Status.DONE)
    tell_progress(operation)
    return len(entries) or None


def _locked(operation_id: int, token: UUID) -> Operation:
    """Lock it for this transaction: a cancel waits for the chunk, and no chunk follows it."""
    held = Operation.objects.select_for_update(no_key=True).filter(pk=operation_id, token=token)
    operation: Operation | None = held.first()
    if operation is None or operation.is_over:
        raise LeaseGoneError
    return operation


def _next_entries(operation: Operation) -> list[tuple[int, Any]]:
    """By the cursor: dead versions of entries that are done are never walked again."""
    waiting = OperationEntry.objects.filter(
        operation_id=operation.pk, target_id__gt=operation.cursor, status="waiting"
    )
    return list(waiting.order_by("target_id").values_list("target_id", "before")[:CHUNK])


def _write_down(operation: Operation, last: int, counts: dict[str, int]) -> None:
    Operation.objects.filter(pk=operation.pk).update(
        status=Status.RUNNING,
        started_at=Coalesce("started_at", Now()),
        cursor=last,
        done=F("done") + counts.get("done", 0),
        skipped=F("skipped") + counts.get("skipped", 0),
        failed=F("failed") + counts.get("failed", 0),
        held_until=seconds_from_now(HELD_SECONDS),
        faults=0,
        problem="",
    )


def _end(operation: Operation, status: str, problem: str = "") -> None:
    operation.status, operation.ended_at, operation.problem = status, Now(), problem
    operation.token = operation.held_until = None
    operation.save(update_fields=["status", "ended_at", "problem", "token", "held_until"])
    record("ended" if status == Status.DONE else "failed", operation, by=operation.actor)
    tell_who_asked(operation, kinds.find(operation.kind))


def _let_go(operation_id: int, token: UUID) -> None:
    """Put it behind the others that wait."""
    held = Operation.objects.filter(pk=operation_id, token=token)
    held.update(token=None, held_until=None, next_try_at=Now())


def _note_fault(operation_id: int, token: UUID, error: Exception) -> None:
    """Try again later, each time later; give up in the end. The targets so far keep their result.

    With the database away nothing can be noted: then the lease runs out.
    """
    log.exception("operation_interrupted", operation_id=operation_id)
    try:
        with transaction.atomic():
            operation = _locked(operation_id, token)
            faults, problem = operation.faults + 1, f"{type(error).__name__}: {error}"[:500]
            if faults >= MAX_FAULTS:
                _end(operation, Status.FAILED, problem)
                return
            delay = min(2 ** (faults - 1), LONGEST_DELAY_SECONDS)
            Operation.objects.filter(pk=operation_id).update(
                faults=faults,
                problem=problem,
                next_try_at=seconds_from_now(delay),
                token=None,
                held_until=None,
            )
    except LeaseGoneError:
        return
    except (DatabaseError, InterfaceError):
        connections.close_all()


def _get(operation_id: int) -> Operation:
    found: Operation = Operation.objects.get(pk=operation_id)
    return found
