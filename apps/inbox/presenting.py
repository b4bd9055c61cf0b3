"""One task in words: why the bot stopped, what was tried, what happened, whose hands it is in."""

import json
from typing import Any

from django.utils.translation import gettext as _

from apps.events.history import history_of
from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.queues.item_changes import changes_in_words
from apps.queues.models import Attempt
from apps.queues.owners import OwnerLink, link_of

from .models import Comment, UserTask

ECHO_SECONDS = 2

WHY = {
    UserTask.Kind.DATA_PROBLEM: "watch",
    UserTask.Kind.SYSTEM_PROBLEM: "act",
    UserTask.Kind.UNKNOWN_EFFECT: "person",
    UserTask.Kind.FORM: "info",
    UserTask.Kind.INCIDENT: "act",
    UserTask.Kind.VALIDATION: "watch",
    UserTask.Kind.SECOND_LOOK: "info",
    UserTask.Kind.QUESTION: "person",
    UserTask.Kind.APPROVAL: "person",
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
    titles = {
        UserTask.Kind.UNKNOWN_EFFECT: _("Nobody knows whether it happened"),
        UserTask.Kind.INCIDENT: _("The workflow can't go on because"),
        UserTask.Kind.VALIDATION: _("AI was not sure enough"),
        UserTask.Kind.SECOND_LOOK: _("A second look, without what AI read"),
        UserTask.Kind.QUESTION: _("The bot asks"),
        UserTask.Kind.APPROVAL: _("Your approval is asked for"),
    }
    if task.kind in titles:
        return titles[UserTask.Kind(task.kind)]
    elif task.facts.get("cause") == "lost":
        return _("The bot stopped answering, again and again")
    else:
        return _("The bot stopped because")


def _advice(task: UserTask) -> str:
    advice = {
        UserTask.Kind.INCIDENT: _(
            "Put right what stands in its way and retry. Or say what the step should have found, "
            "or raise an error that the diagram catches."
        ),
        UserTask.Kind.SYSTEM_PROBLEM: _(
            "All tries are used. If the system is well again, send it back; else end it here."
        ),
        UserTask.Kind.VALIDATION: _(
            "Look at each framed value: say that it is right, or put it right."
        ),
        UserTask.Kind.SECOND_LOOK: _(
            "Type what you read yourself. It is compared with what AI read; the work has gone on."
        ),
        UserTask.Kind.QUESTION: _("The bot goes on with your answer."),
        UserTask.Kind.APPROVAL: "",
    }
    if task.kind == UserTask.Kind.UNKNOWN_EFFECT:
        return _advice_on_effect(task)
    usual = _("Put the values right and send it back, or end it here.")
    return advice.get(UserTask.Kind(task.kind), usual)


def _advice_on_effect(task: UserTask) -> str:
    asked = task.facts.get("effects", [])[:1]
    keys = "".join(f"“{effect['key']}”" for effect in asked)
    return _(
        "The bot stopped between beginning and end of %(what)s. Look into the other system: "
        "if it is there, say so and give its number."
    ) % {"what": keys or _("a step that can't be undone")}


def _raw(task: UserTask, attempt: Attempt | None) -> str:
    if attempt is None:
        return task.code
    parts = [task.code, attempt.error_class, attempt.detail]
    return "\n".join(part for part in parts if part)


def instance_of(task: UserTask) -> OwnerLink | None:
    """Return the instance that the task, or its item, belongs to; None if there is none."""
    return link_of(task.instance_id) if task.instance_id else None


def result_of(task: UserTask) -> str:
    """Return the result that somebody set for the step, as JSON to read; "" if nobody did."""
    said = task.facts.get("result")
    return "" if said is None else json.dumps(said, indent=2, ensure_ascii=False)


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
