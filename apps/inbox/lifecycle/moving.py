"""Handing many tasks to somebody at once, and taking that back."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action, can, require
from apps.events.bus import Happening, record_many
from apps.events.live import nudge
from apps.inbox.candidates import did_earlier_step
from apps.inbox.models import PendingDecision, UserTask
from apps.inbox.telling import tell_assigned
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError

MAX_MOVED = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What came of it. `before`: who had each task that was moved; `kept`: (title, why not)."""

    before: dict[int, int | None]
    kept: list[tuple[str, str]]


@transaction.atomic
def move_tasks(task_ids: Collection[int], *, folder_id: int, to: User | None, by: User) -> Moved:
    """Hand up to MAX_MOVED open tasks of a folder to somebody; None: back to the pool.

    For those who may operate the folder. What can't be moved stays, and is named. Raises
    InvalidError when `to` may not decide there, NotAllowedError.
    """
    require(by, Action.OPERATE, folder_id)
    if to is not None and (not to.is_active or not can(to, Action.DECIDE, folder_id)):
        text = _("%(name)s may not decide tasks in this folder.") % {"name": to.name}
        raise InvalidError(text, fields=[FieldProblem("to", text)])
    tasks = list(_locked(sorted(task_ids)[:MAX_MOVED], folder_id))
    decided = _decided(tasks)
    why_not = {task.pk: _why_not(task, to, decided) for task in tasks}
    kept = [(task.title, why_not[task.pk]) for task in tasks if why_not[task.pk]]
    going = [task for task in tasks if not why_not[task.pk]]
    before = {task.pk: task.assignee_id for task in going if task.assignee_id != _id(to)}
    moved = [task for task in going if task.pk in before]
    _hand(moved, to, by=by.actor)
    if to is not None and to.pk != by.pk and moved:
        tell_assigned(to.pk, moved)
    return Moved(before=before, kept=kept)


@transaction.atomic
def move_back(
    before: dict[int, int | None], *, folder_id: int, was_to: int | None, by: User
) -> int:
    """Give tasks back to whoever had them; what has gone on since then stays. Return how many.

    What was had by people who may not decide there any more is nobody's.
    """
    require(by, Action.OPERATE, folder_id)
    tasks = list(_locked(sorted(before), folder_id).filter(assignee=was_to))
    decided = _decided(tasks)
    tasks = [task for task in tasks if task.pk not in decided]
    people = {
        pk: person
        for pk, person in User.objects.in_bulk([pk for pk in before.values() if pk]).items()
        if person.is_active and can(person, Action.DECIDE, folder_id)
    }
    for holder in {before[task.pk] for task in tasks}:
        theirs = [task for task in tasks if before[task.pk] == holder]
        _hand(theirs, people.get(holder or 0), by=by.actor)
    return len(tasks)


def _locked(task_ids: list[int], folder_id: int) -> QuerySet[UserTask]:
    """In the order of ids: two who move the same tasks wait for each other, and never in a ring."""
    rows = UserTask.objects.select_for_update(no_key=True).open()
    found: QuerySet[UserTask] = rows.filter(pk__in=task_ids, folder=folder_id).order_by("pk")
    return found


def _decided(tasks: list[UserTask]) -> set[int]:
    """Return which of these, which are locked, are decided in a moment."""
    return set(PendingDecision.objects.filter(task__in=tasks).values_list("task", flat=True))


def _why_not(task: UserTask, to: User | None, decided: set[int]) -> str:
    if task.pk in decided:
        return _("It was decided a moment ago.")
    if to is not None and did_earlier_step(task, to.pk):
        return _("%(name)s did an earlier step of it (four eyes).") % {"name": to.name}
    return ""


def _hand(tasks: list[UserTask], to: User | None, *, by: Actor) -> None:
    ids = [task.pk for task in tasks]
    UserTask.objects.filter(pk__in=ids).update(
        assignee=_id(to), working_by=None, working_until=None
    )
    names = dict(_names({task.assignee_id for task in tasks if task.assignee_id}))
    kind = "user_task.reassigned" if to else "user_task.released"
    happenings = [
        Happening(
            subject=("task", task.pk),
            folder_id=task.folder_id,
            data={
                "from": names.get(task.assignee_id or 0, ""),
                "to": to.name if to else "",
                "reason": "",
            },
        )
        for task in tasks
    ]
    record_many(kind, happenings, by=by)
    if tasks:
        nudge(f"inbox:{tasks[0].folder_id}", *(f"task:{pk}" for pk in ids))


def _names(ids: Iterable[int]) -> list[tuple[int, str]]:
    return [(user.pk, user.name) for user in User.objects.filter(pk__in=ids)]


def _id(user: User | None) -> int | None:
    return user.pk if user else None
