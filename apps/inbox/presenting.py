"""One task in words: why the bot stopped, what was tried, what happened, whose hands it is in."""

import json
from typing import Any

from django.db.models import Q
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from apps.accounts.models import User
from apps.accounts.permissions import Action
from apps.accounts.roles import GRANTS
from apps.events.history import history_of
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.lib.clock import utc_now
from apps.queues import documents
from apps.queues.files import files_about
from apps.queues.item_changes import changes_in_words
from apps.queues.models import Attempt
from apps.queues.owners import OwnerLink, link_of

from .exceptions import words_of_closing
from .models import Comment, UserTask

MAX_PEOPLE = 200
MAX_FILES = 20
HOT_SECONDS = 15 * 60
ECHO_SECONDS = 2

WHY = {
    UserTask.Kind.DATA_PROBLEM: "watch",
    UserTask.Kind.SYSTEM_PROBLEM: "act",
    UserTask.Kind.UNKNOWN_EFFECT: "person",
    UserTask.Kind.FORM: "info",
    UserTask.Kind.INCIDENT: "act",
}


def why_it_stopped(task: UserTask) -> dict[str, Any] | None:
    """Return the callout: what happened in a sentence, what to do, and the raw error folded.

    None for a step that people do: nothing has stopped.
    """
    if task.kind == UserTask.Kind.FORM:
        return None
    attempt = last_attempt(task)
    return {
        "tone": WHY[UserTask.Kind(task.kind)],
        "title": _why_title(task),
        "reason": task.reason,
        "advice": _advice(task),
        "raw": _raw(task, attempt),
        "attempt": attempt,
    }


def last_attempt(task: UserTask) -> Attempt | None:
    if task.item_id is None:
        return None
    found = Attempt.objects.filter(item_id=task.item_id, number=task.attempt)
    return found.order_by("-ended_at").first()


def _why_title(task: UserTask) -> str:
    if task.kind == UserTask.Kind.UNKNOWN_EFFECT:
        return _("Nobody knows whether it happened")
    elif task.kind == UserTask.Kind.INCIDENT:
        return _("The workflow can't go on because")
    elif task.facts.get("cause") == "lost":
        return _("The bot stopped answering, again and again")
    else:
        return _("The bot stopped because")


def _advice(task: UserTask) -> str:
    if task.kind == UserTask.Kind.UNKNOWN_EFFECT:
        asked = task.facts.get("effects", [])[:1]
        keys = "".join(f"“{effect['key']}”" for effect in asked)
        return _(
            "The bot stopped between beginning and end of %(what)s. Look into the other system: "
            "if it is there, say so and give its number."
        ) % {"what": keys or _("a step that can't be undone")}
    elif task.kind == UserTask.Kind.INCIDENT:
        return _(
            "Put right what stands in its way and retry. Or say what the step should have found, "
            "or raise an error that the diagram catches."
        )
    elif task.kind == UserTask.Kind.SYSTEM_PROBLEM:
        return _("All tries are used. If the system is well again, send it back; else end it here.")
    else:
        return _("Put the values right and send it back, or end it here.")


def _raw(task: UserTask, attempt: Attempt | None) -> str:
    if attempt is None:
        return task.code
    parts = [task.code, attempt.error_class, attempt.detail]
    return "\n".join(part for part in parts if part)


def standing(task: UserTask, *, me: int) -> dict[str, Any]:
    """Return whose hands the task is in, and how it ended."""
    now = utc_now()
    is_working = task.working_by_id is not None and (task.working_until or now) > now
    return {
        "task": task,
        "closed_words": "" if task.is_open else words_of_closing(task),
        "worker": task.working_by if is_working and task.is_open else None,
        "is_mine": task.working_by_id == me,
        "is_assigned_to_me": task.assignee_id == me,
        "is_hot": is_hot(task),
        "offered_to": offered_to(task),
        "me": me,
    }


def instance_of(task: UserTask) -> OwnerLink | None:
    """Return the instance that the task, or its item, belongs to; None if there is none."""
    return link_of(task.instance_id) if task.instance_id else None


def offered_to(task: UserTask) -> str:
    """Return whom the workflow offers the task to, "" if to everybody."""
    names = [*task.candidate_groups, *task.candidate_users]
    if task.assignee_id is None and task.facts.get("assignee"):
        names.insert(0, task.facts["assignee"])
    return ", ".join(str(name) for name in names)


def result_of(task: UserTask) -> str:
    """Return the result that somebody set for the step, as JSON to read; "" if nobody did."""
    said = task.facts.get("result")
    return "" if said is None else json.dumps(said, indent=2, ensure_ascii=False)


def is_hot(task: UserTask) -> bool:
    """Whether it is overdue or nearly so."""
    if not task.is_open or task.due_at is None:
        return False
    return (task.due_at - utc_now()).total_seconds() < HOT_SECONDS


def history_entries(task: UserTask) -> list[dict[str, Any]]:
    """Return what happened to the task and its item, newest first, changes field by field."""
    events = list(history_of(("task", task.pk)).items)
    if task.item_id is not None:
        decided = [event for event in events if event.kind == "user_task.completed"]
        of_item = history_of(("item", task.item_id)).items
        events += [event for event in of_item if not _is_echo(event, decided)]
    events.sort(key=lambda event: (event.occurred_at, event.id), reverse=True)
    entries = [
        {
            "what": sentence_of(event),
            "who": "",
            "at": event.occurred_at,
            "note": str(event.data.get("reason") or ""),
            "changes": changes_in_words(event.data.get("changes"), task.form),
        }
        for event in events
        if event.kind != "user_task.commented"
    ]
    asked = _("The workflow asked") if task.is_of_workflow else _("The bot asked for a decision")
    entries.append({"what": asked, "at": task.created_at, "tone": "person"})
    return entries


def _is_echo(event: Event, decided: list[Event]) -> bool:
    """Whether this is what a decision on the task did to the item: told once is enough."""
    return any(
        event.actor_id == other.actor_id
        and abs((event.occurred_at - other.occurred_at).total_seconds()) < ECHO_SECONDS
        for other in decided
    )


def comments_of(task: UserTask) -> list[Comment]:
    return list(task.comments.order_by("pk")[:500])


def people_for(task: UserTask) -> list[User]:
    """Return who may decide in the task's folder, for the choice of whom to hand it to."""
    roles = [role for role, granted in GRANTS.items() if Action.DECIDE in granted]
    member = Q(memberships__folder_id=task.folder_id, memberships__role__in=roles)
    found = User.objects.filter(member, is_active=True).distinct()
    return sorted(found[:MAX_PEOPLE], key=lambda person: person.name.lower())


def documents_of(task: UserTask, *, chosen: int | None = None) -> dict[str, Any] | None:
    """Return the documents of the item or its instance, one to be shown; None: there are none."""
    files = list(files_about(task.item_id, task.instance_id)[:MAX_FILES])
    if not files:
        return None
    shown = next((file for file in files if file.pk == chosen), files[0])
    template, context = documents.show(shown)
    html = render_to_string(template, {**context, "file": shown, "task": task})
    return {"files": files, "file": shown, "html": html}
