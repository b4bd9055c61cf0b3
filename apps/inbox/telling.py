"""Who is told that tasks wait for them: the assignee, or else those they are offered to."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.absences import away_now, present_for
from apps.accounts.watchers import watchers_of
from apps.lib.actors import Actor
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify, notify_gathered

from .candidates import names_of, people_offered
from .ladder import said_of_rung
from .models import UserTask

# more at once than this for one person come as one notice
MAX_SINGLE = 3
MAX_PEOPLE = 500
# written out: whoever tells has no need of all the pages' modules
INBOX = "/inbox/"


def tell_opened(task_ids: Iterable[int]) -> None:
    """Tell people of tasks that are new and still open. Told twice, they hear it once."""
    offered: dict[tuple[object, ...], list[UserTask]] = defaultdict(list)
    assigned: dict[int, list[UserTask]] = defaultdict(list)
    for task in UserTask.objects.open().filter(pk__in=list(task_ids)).order_by("pk"):
        if task.assignee_id is not None:
            assigned[task.assignee_id].append(task)
        elif task.offered_to or task.kind == UserTask.Kind.INCIDENT:
            alike = (task.folder_id, *task.offered_to, 0, *task.excluded, task.kind)
            offered[alike].append(task)
    for user_id in sorted(assigned):
        tell_assigned(user_id, assigned[user_id])
    for tasks in offered.values():
        _tell_offered(tasks)


def tell_assigned(user_id: int, tasks: Sequence[UserTask]) -> None:
    """Tell somebody that these tasks are theirs now."""
    for task in tasks[:MAX_SINGLE] if len(tasks) <= MAX_SINGLE else ():
        notify(
            [user_id],
            "task_assigned",
            title=_("Yours: %(title)s") % {"title": task.title},
            body=task.reason,
            url=address_of(task),
            folder_id=task.folder_id,
            subject=("task", task.pk),
            key=f"assigned:{task.pk}:{user_id}:{task.version}",
        )
    if len(tasks) > MAX_SINGLE:
        notify_gathered(
            [user_id],
            "task_assigned",
            gather="assigned",
            title=_("New tasks are yours"),
            body=tasks[-1].title,
            url=f"{INBOX}?tab=mine",
            folder_id=tasks[0].folder_id,
            count=len(tasks),
        )


def tell_taken_over(task: UserTask, user_id: int, *, by: Actor) -> None:
    """Tell somebody that a task they had, or were typing into, is in other hands now."""
    notify(
        [user_id],
        "task_taken_over",
        title=_("In other hands now: %(title)s") % {"title": task.title},
        body=_("%(name)s took it over or handed it on. What you typed is kept.")
        % {"name": by.name},
        url=address_of(task),
        folder_id=task.folder_id,
        subject=("task", task.pk),
        by=by,
    )


def _tell_offered(tasks: Sequence[UserTask]) -> None:
    """Tell those who may take tasks that nobody has yet."""
    first = tasks[0]
    is_incident = first.kind == UserTask.Kind.INCIDENT
    whom = ", ".join(names_of(first.offered_to)[:3])
    title = _("Needs repair") if is_incident else _("Waiting for %(whom)s") % {"whom": whom}
    kind = "incident" if is_incident else "task_offered"
    notify_gathered(
        listeners(first),
        kind,
        gather=f"{kind}:{first.folder_id}:{','.join(first.offered_to)}",
        title=title,
        body=tasks[-1].title,
        url=address_of(first) if len(tasks) == 1 else INBOX,
        folder_id=first.folder_id,
        count=len(tasks),
    )


def escalation_told(task: UserTask, done: JsonObject, *, was: int | None) -> None:
    """Tell of a rung that was taken: whom it concerns now, and whom it was taken from."""
    current: UserTask = UserTask.objects.get(pk=task.pk)
    kind, people = _concerned(current, done, was)
    notify(
        people,
        kind,
        title=_TITLES[kind] % {"title": current.title},
        body=said_of_rung(done),
        url=address_of(current),
        folder_id=current.folder_id,
        subject=("task", current.pk),
        key=f"rung:{current.pk}:{done['rung']}",
    )


_TITLES = {
    "task_reminder": gettext_lazy("Still waiting: %(title)s"),
    "task_overdue": gettext_lazy("Overdue: %(title)s"),
    "task_escalated": gettext_lazy("Escalated: %(title)s"),
    "task_decided_for_you": gettext_lazy("Decided by itself: %(title)s"),
}


def _concerned(task: UserTask, done: JsonObject, was: int | None) -> tuple[str, list[int]]:
    before = {was} - {None}
    if done.get("failed"):
        return "task_escalated", _supervisors(task)
    if done["do"] == "decide":
        manager = task.team.manager_id if task.team else None
        people = before or set(listeners(task))
        return "task_decided_for_you", _sorted(people | {manager})
    holder = _there(task.assignee_id)
    people = {holder} if holder else set(listeners(task))
    if done["do"] == "remind":
        return ("task_overdue" if done.get("is_late") else "task_reminder"), _sorted(people)
    if done.get("role") and not holder:
        people |= set(_supervisors(task))
    return "task_escalated", _sorted(people | before)


def _supervisors(task: UserTask) -> list[int]:
    return watchers_of(task.folder_id)


def _there(user_id: int | None) -> int | None:
    return None if user_id is None else present_for(user_id, away_now()) or user_id


def _sorted(people: Iterable[int | None]) -> list[int]:
    return sorted(each for each in people if each is not None)


def listeners(task: UserTask) -> list[int]:
    """Return who is to hear of the task while nobody has it: for the absent, their deputies."""
    away = away_now()
    people = people_offered(task).values_list("pk", flat=True)[:MAX_PEOPLE]
    there = {present_for(user_id, away) for user_id in people} - {None} - set(task.excluded)
    return sorted(user_id for user_id in there if user_id is not None)


def address_of(task: UserTask) -> str:
    return f"{INBOX}{task.pk}/"
