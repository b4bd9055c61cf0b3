"""Retries what a group holds: one item first, the rest when that went well.

Asked for once, it goes on by itself: a look each second takes each retry a step further, under the
lock of its row, so that the rest starts once whoever looks, and never if the one failed again.
"""

from typing import Final

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.failures.items import FILTER, open_failures
from apps.failures.models import Failure, FailureGroup, GroupRetry
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.json import JsonObject
from apps.operations import lifecycle as operations
from apps.operations.exceptions import NothingToDoError
from apps.operations.kinds import Chunk
from apps.operations.lifecycle.asking import MAX_TARGETS
from apps.operations.models import Operation, OperationEntry
from apps.queues.lifecycle.many import retry_items
from apps.queues.models import Attempt, Ended, Parked

from .people import lock, resolve_group
from .recording import SYSTEM, nudge, record

Status = GroupRetry.Status
Outcome = Attempt.Outcome

KIND: Final = "items.retry"
# so many that would be tried first may have moved on meanwhile
CANDIDATES: Final = 20
MAX_NAME, MAX_MESSAGE = 150, 2_000
# What says that whatever failed before is mended: the bot came to an end with it
WELL: Final = (Outcome.SUCCESSFUL, Outcome.ASKED)


@transaction.atomic
def retry_group(group_id: int, *, by: Actor) -> GroupRetry:
    """Have one item of the group tried again; if that goes well, all that are still open.

    Raises ConflictError if there is none, or while an earlier retry is under way.
    """
    group = lock(group_id)
    if group.queue_id is None:
        raise ConflictError(_("Only failed items can be retried from here."))
    if GroupRetry.objects.filter(group=group, status__in=GroupRetry.UNFINISHED).exists():
        raise ConflictError(_("It is being retried already."))
    failure = _retry_one(group, by)
    retry = GroupRetry.objects.create(
        group=group,
        item_id=failure.source_id,
        number=failure.number + 1,
        actor_id=by.user_id,
        actor_name=by.name[:MAX_NAME],
        actor_kind=by.kind,
    )
    record("retried", group, by, {"item_id": failure.source_id})
    nudge([group.pk])
    return retry


def cancel_retry(group_id: int, *, by: Actor) -> GroupRetry:
    """Leave the rest as it is. The one that is tried, and what was retried so far, goes on.

    Raises ConflictError if nothing is being retried.
    """
    with transaction.atomic():
        group = lock(group_id)
        retry = group.retries.filter(status__in=GroupRetry.UNFINISHED).first()
        if retry is None:
            raise ConflictError(_("It is not being retried."))
        if retry.operation is not None and not retry.operation.is_over:
            operations.cancel(retry.operation, by=by)
        _end(retry, Status.CANCELLED)
        record("retry_cancelled", group, by)
    return retry


def follow_retries() -> int:
    """Take each retry that is under way a step further; return how many moved."""
    under_way = GroupRetry.objects.filter(status__in=GroupRetry.UNFINISHED)
    return sum(_follow(pk) for pk in list(under_way.values_list("pk", flat=True)[:500]))


@transaction.atomic
def _follow(pk: int) -> bool:
    group_id = GroupRetry.objects.filter(pk=pk).values_list("group_id", flat=True).first()
    # the group first, as everybody locks it
    rows = FailureGroup.objects.select_for_update(skip_locked=True)
    group = rows.filter(pk=group_id or 0).first()
    retry = GroupRetry.objects.filter(pk=pk, status__in=GroupRetry.UNFINISHED).first()
    if group is None or retry is None:
        return False
    return _follow_one(retry, group) if retry.status == Status.TRYING else _follow_rest(retry)


def _retry_one(group: FailureGroup, by: Actor) -> Failure:
    """Have the newest be tried that can be; what moves on meanwhile is left out."""
    reason = ""
    for failure in open_failures(group.pk).order_by("-at")[:CANDIDATES]:
        pk = failure.source_id
        chunk = Chunk(ids=[pk], arguments={}, actor=by, reason=_reason(group))
        result = retry_items(chunk).get(pk)
        if result is not None and result.status == OperationEntry.Status.DONE:
            return failure
        reason = result.reason if result is not None else ""
    raise ConflictError(reason or _("None of its items is open any more."))


def _follow_one(retry: GroupRetry, group: FailureGroup) -> bool:
    tries = Attempt.objects.filter(item_id=retry.item_id, number__gte=retry.number)
    ended = tries.exclude(outcome=Outcome.RELEASED).order_by("number").first()
    if ended is not None:
        if ended.outcome in WELL:
            return _go_on(retry, group)
        return _stop(retry, ended.message or str(Outcome(ended.outcome).label))
    taken_away = Ended.objects.filter(item_id=retry.item_id).first()
    if taken_away is None:
        return False
    if taken_away.status == Ended.Status.SUCCESSFUL:
        return _go_on(retry, group)
    return _stop(retry, _("The item was ended before it was tried."))


def _go_on(retry: GroupRetry, group: FailureGroup) -> bool:
    """The one went well: whoever asked for it asked for the rest."""
    by = Actor(retry.actor_id, retry.actor_name, retry.actor_kind)  # type: ignore[arg-type]
    wanted: JsonObject = {FILTER: group.pk}
    try:
        with transaction.atomic():
            retry.operation = operations.start(
                KIND, group.folder, wanted, {}, by, MAX_TARGETS, reason=_reason(group)
            )
    except NothingToDoError:
        _end(retry, Status.CLEARED)
        _resolve(retry)
        return True
    retry.status = Status.REST
    retry.save(update_fields=["status", "operation"])
    nudge([group.pk])
    return True


def _follow_rest(retry: GroupRetry) -> bool:
    operation = retry.operation
    if operation is None or operation.status in (
        Operation.Status.FAILED,
        Operation.Status.CANCELLED,
    ):
        return _end(retry, Status.LEFT, operation.problem if operation else "")
    if not operation.is_over or _is_any_at_work(operation):
        return False
    if _has_failed_since(retry):
        return _end(retry, Status.LEFT)
    _end(retry, Status.CLEARED)
    _resolve(retry)
    return True


def _is_any_at_work(operation: Operation) -> bool:
    """Whether something that was retried has not ended yet; stops at the first that has not."""
    places = [
        Exists(model.objects.filter(item_id=OuterRef("target_id"))) for model in (Ended, Parked)
    ]
    retried = OperationEntry.objects.filter(operation_id=operation.pk, status="done")
    return retried.filter(~places[0], ~places[1]).exists()


def _has_failed_since(retry: GroupRetry) -> bool:
    failed = Failure.objects.filter(group=retry.group_id, at__gt=retry.asked_at).exists()
    return failed or open_failures(retry.group_id).exists()


def _stop(retry: GroupRetry, message: str) -> bool:
    _end(retry, Status.STOPPED, message)
    record("retry_stopped", retry.group, SYSTEM, {"message": message[:300]})
    return True


def _end(retry: GroupRetry, status: str, message: str = "") -> bool:
    retry.status, retry.message, retry.ended_at = status, message[:MAX_MESSAGE], Now()
    retry.save(update_fields=["status", "message", "ended_at"])
    nudge([retry.group_id])
    return True


def _resolve(retry: GroupRetry) -> None:
    resolve_group(retry.group_id, by=SYSTEM, note=_("All that was open went well when retried."))


def _reason(group: FailureGroup) -> str:
    return _("Retry of “%s”") % str(group)[:200]
