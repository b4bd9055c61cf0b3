"""Targets that concern people: they are told something, or asked to do something."""

from typing import Final
from uuid import uuid4

from django.utils.translation import gettext as _

from apps.events.bus import publish
from apps.inbox.lifecycle import NewApproval, ask_approval, withdraw_approval
from apps.inbox.models import UserTask
from apps.lib.actors import Actor
from apps.lib.json import JsonObject
from apps.notices.lifecycle import notify
from apps.triggers.models import Firing, Trigger

from .begun import Begun, named
from .people import concerned, page_of, supervisors

NOTICE: Final = "trigger_alert"
Subject = Firing.Subject


def alert(trigger: Trigger, target: JsonObject, by: Actor) -> Begun:
    """Tell the owner, or those who supervise the folder."""
    title = str(target["title"])[:200]
    told = supervisors(trigger) if target.get("to") == "supervisors" else concerned(trigger)
    notify(
        told,
        NOTICE,
        title=title,
        body=str(target.get("message") or ""),
        url=page_of(trigger),
        folder_id=trigger.folder_id,
        subject=("trigger", trigger.pk),
        # each start is news of its own
        key=f"{NOTICE}:{uuid4().hex}",
    )
    publish(
        "trigger.alerted",
        subject=("trigger", trigger.pk),
        folder_id=trigger.folder_id,
        by=by,
        data={"alert": title, "message": str(target.get("message") or "")},
    )
    return Begun(subject=Subject.ALERT, ids=[], label=title)


def ask(trigger: Trigger, target: JsonObject, by: Actor) -> Begun:
    """Open a task for a team or a person."""
    team, form = str(target.get("team") or ""), target.get("form")
    title = str(target["title"])[:300]
    new = NewApproval(
        title=title,
        text=str(target.get("message") or ""),
        form=form if isinstance(form, dict) else {},
        decisions=[{"key": "done", "title": _("Done")}],
        offered_to=[team or str(target["assignee"])],
        team=team,
        reference=trigger.key,
    )
    task = ask_approval(new, trigger.folder, by=by)
    return Begun(subject=Subject.TASK, ids=[task.pk], label=named(title, task.pk))


def open_tasks(ids: set[int]) -> set[int]:
    """Return those of these tasks that nobody has decided yet."""
    found = UserTask.objects.filter(pk__in=ids, status=UserTask.Status.OPEN)
    return set(found.values_list("pk", flat=True))


def withdraw(pk: int, *, by: Actor) -> None:
    """Close a task that is not needed any more."""
    withdraw_approval(UserTask.objects.get(pk=pk), by=by)
