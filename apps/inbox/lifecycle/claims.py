"""Whose hands a task is in. Nobody is ever locked out."""

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action, can
from apps.events.live import nudge
from apps.inbox.candidates import did_earlier_step, why_not
from apps.inbox.exceptions import TaskInHandsError
from apps.inbox.models import UserTask
from apps.inbox.telling import tell_assigned, tell_taken_over
from apps.lib.actors import Actor
from apps.lib.clock import seconds_from_now
from apps.lib.errors import FieldProblem, InvalidError, NotAllowedError
from apps.lib.json import JsonObject

from .locks import lock_open_task
from .recording import record_event

WORKING_SECONDS = 15 * 60


def touch_task(task: UserTask, *, by: Actor) -> UserTask:
    """Note that `by` works on the task for the next while; never takes it from somebody else.

    Whoever is typing already stays the one that others see.
    """
    free = Q(working_by=by.user_id) | Q(working_until=None) | Q(working_until__lte=Now())
    changed = UserTask.objects.filter(free, pk=task.pk, status=UserTask.Status.OPEN).update(
        working_by=by.user_id, working_until=seconds_from_now(WORKING_SECONDS)
    )
    if changed and task.working_by_id != by.user_id:
        _tell(task)
    return _again(task)


@transaction.atomic
def claim_task(task: UserTask, *, by: Actor, take_over: bool = False) -> UserTask:
    """Assign the task to `by`.

    Raises TaskInHandsError when it is somebody else's, unless `take_over`; TaskDecidedError when
    it is closed; NotAllowedError for those who may not decide it.
    """
    current = lock_open_task(task, by=by)
    insist_on_taking(current, by)
    was = _holder_of(current)
    if was is not None and was.pk != by.user_id and not take_over:
        raise TaskInHandsError(was.name)
    if current.assignee_id == by.user_id:
        return _again(task)
    _assign(current, by.user_id, working_by=by.user_id)
    holder = was.name if was and was.pk != by.user_id else ""
    record_event("user_task.claimed", current, by, {"from": holder})
    if was is not None and holder:
        tell_taken_over(current, was.pk, by=by)
    return _again(task)


@transaction.atomic
def release_task(task: UserTask, *, by: Actor) -> UserTask:
    """Give the task back to everybody; what is nobody's stays so.

    Only the one who has it may, and whoever may operate the folder. Raises NotAllowedError.
    """
    current = lock_open_task(task, by=by)
    was = _holder_of(current)
    if was is None:
        return current
    if was.pk != by.user_id and not _may_operate(by, current):
        raise NotAllowedError(
            _("%(name)s has this task; only they or a supervisor can give it back.")
            % {"name": was.name}
        )
    _assign(current, None, working_by=None)
    record_event("user_task.released", current, by, {"from": was.name})
    return _again(task)


@transaction.atomic
def reassign_task(task: UserTask, *, to: User, by: Actor, reason: str = "") -> UserTask:
    """Hand the task to somebody who may decide it.

    Who may operate the folder hands it to anybody who may decide there, all others to those it is
    offered to; nobody to somebody who did an earlier step of it. Raises InvalidError, saying why.
    """
    current = lock_open_task(task, by=by)
    problem = _why_not_to(current, to, by)
    if problem:
        raise InvalidError(problem, fields=[FieldProblem("assignee", problem)])
    if current.assignee_id == to.pk:
        return current
    was = _holder_of(current)
    _assign(current, to.pk, working_by=None)
    data: JsonObject = {
        "from": was.name if was else "",
        "to": to.name,
        "reason": reason.strip()[:2000],
    }
    record_event("user_task.reassigned", current, by, data)
    if to.pk != by.user_id:
        tell_assigned(to.pk, [current])
    if was is not None and was.pk not in (to.pk, by.user_id):
        tell_taken_over(current, was.pk, by=by)
    return _again(task)


def record_reveal(task: UserTask, path: str, *, by: Actor) -> None:
    """Write down that somebody looked at a personal value."""
    record_event("user_task.revealed", task, by, {"field": path[:300]})


def insist_on_taking(task: UserTask, by: Actor) -> None:
    """Raise NotAllowedError, saying why, when `by` may not work on the task."""
    user = User.objects.filter(pk=by.user_id, is_active=True).first() if by.user_id else None
    problem = why_not(task, user) if user else ""
    if problem:
        raise NotAllowedError(problem)


def _why_not_to(task: UserTask, to: User, by: Actor) -> str:
    said = {"name": to.name}
    if not to.is_active or not can(to, Action.DECIDE, task.folder_id):
        return _("%(name)s may not decide tasks in this folder.") % said
    elif did_earlier_step(task, to.pk):
        return _("%(name)s did an earlier step of this; somebody else must decide it.") % said
    elif why_not(task, to) and by.user_id is not None and not _may_operate(by, task):
        return _("This is not offered to %(name)s. A supervisor can hand it to them.") % said
    return ""


def _holder_of(task: UserTask) -> User | None:
    """Return who has the task: the assignee, or else who is typing."""
    if task.assignee is not None:
        return task.assignee
    is_working = UserTask.objects.filter(pk=task.pk, working_until__gt=Now()).exists()
    return task.working_by if is_working else None


def _assign(task: UserTask, user_id: int | None, *, working_by: int | None) -> None:
    UserTask.objects.filter(pk=task.pk).update(
        assignee=user_id,
        working_by=working_by,
        working_until=seconds_from_now(WORKING_SECONDS) if working_by else None,
    )


def _may_operate(by: Actor, task: UserTask) -> bool:
    user = User.objects.filter(pk=by.user_id).first() if by.user_id else None
    return user is not None and can(user, Action.OPERATE, task.folder_id)


def _tell(task: UserTask) -> None:
    nudge(f"task:{task.pk}", f"inbox:{task.folder_id}")


def _again(task: UserTask) -> UserTask:
    found: UserTask = UserTask.objects.select_related(
        "queue", "item", "assignee", "working_by", "folder"
    ).get(pk=task.pk)
    return found
