"""Who decides about one task goes one after the other: each holds its row first."""

from apps.inbox.exceptions import TaskDecidedError
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.actors import Actor


def lock_task(pk: int) -> UserTask:
    """Return the task as it is, locked until the transaction ends.

    Without joins: after waiting for the lock they would still show the rows from before. What
    hangs on the task (decisions on their way, votes) is to be read after this, in statements of
    its own, for the same reason.
    """
    found: UserTask = UserTask.objects.select_for_update(no_key=True).get(pk=pk)
    return found


def lock_if_free(pk: int) -> UserTask | None:
    """The same; None when somebody else holds it right now."""
    rows = UserTask.objects.select_for_update(no_key=True, skip_locked=True)
    return rows.filter(pk=pk).first()


def lock_open_task(task: UserTask, *, by: Actor) -> UserTask:
    """Return the open task, locked.

    Raises TaskDecidedError when it is closed, or somebody else's decision takes effect soon.
    """
    current = lock_task(task.pk)
    if not current.is_open:
        raise TaskDecidedError(current)
    pending = pending_of(current)
    if pending is not None and pending.user_id != by.user_id:
        raise TaskDecidedError(current, pending)
    return current


def pending_of(task: UserTask) -> PendingDecision | None:
    """Return the decision that takes effect soon."""
    return PendingDecision.objects.filter(pk=task.pk).first()
