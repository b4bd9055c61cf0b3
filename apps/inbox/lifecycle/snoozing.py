"""Putting a task off: until then the lists leave it out. Its clock and its ladder go on."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import FieldProblem, InvalidError
from apps.notices.lifecycle import notify

from .claims import insist_on_taking
from .locks import lock_open_task
from .recording import record_event

LONGEST = timedelta(days=366)
WOKEN_AT_ONCE = 500


@transaction.atomic
def snooze_task(task: UserTask, until: datetime, *, by: Actor) -> UserTask:
    """Leave the task out of the lists until then. Raises InvalidError for a time that won't do."""
    current = lock_open_task(task, by=by)
    insist_on_taking(current, by)
    _check(until)
    UserTask.objects.filter(pk=current.pk).update(
        snoozed_until=until, snoozed_by_name=by.name[:150], working_until=None
    )
    record_event("user_task.snoozed", current, by, {"until": until.isoformat()})
    return UserTask.objects.get(pk=current.pk)


@transaction.atomic
def wake_task(task: UserTask, *, by: Actor) -> UserTask:
    """Show the task in the lists again; one that is not put off stays as it is."""
    current = lock_open_task(task, by=by)
    if current.snoozed_until is not None:
        UserTask.objects.filter(pk=current.pk).update(snoozed_until=None, snoozed_by_name="")
        record_event("user_task.woken", current, by, {})
    return UserTask.objects.get(pk=current.pk)


@transaction.atomic
def wake_due_tasks(limit: int = WOKEN_AT_ONCE) -> int:
    """Show the tasks again whose time has come, and remind those who have them.

    Any number of schedulers may do this: each takes what no other holds.
    """
    rows = UserTask.objects.open().select_for_update(no_key=True, skip_locked=True)
    due = list(rows.filter(snoozed_until__lte=Now()).order_by("snoozed_until")[:limit])
    if not due:
        return 0
    UserTask.objects.filter(pk__in=[task.pk for task in due]).update(
        snoozed_until=None, snoozed_by_name=""
    )
    for task in due:
        record_event("user_task.woken", task, SYSTEM, {})
        _remind(task)
    nudge(*{f"inbox:{task.folder_id}" for task in due})
    return len(due)


def _remind(task: UserTask) -> None:
    if task.assignee_id is None or task.snoozed_until is None:
        return
    notify(
        [task.assignee_id],
        "task_reminder",
        title=_("Back in your inbox: %(task)s") % {"task": task.title},
        url=f"/inbox/{task.pk}/",
        folder_id=task.folder_id,
        subject=("task", task.pk),
        key=f"woken:{task.pk}:{task.snoozed_until.timestamp():.0f}",
    )


def _check(until: datetime) -> None:
    now = database_now()
    problem = ""
    if until <= now:
        problem = _("This time is over. Choose one that is still to come.")
    elif until > now + LONGEST:
        problem = _("Put it off for a year at most.")
    if problem:
        raise InvalidError(problem, fields=[FieldProblem("until", problem)])
