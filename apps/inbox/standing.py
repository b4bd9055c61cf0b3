"""How one task stands, in words: whose hands it is in, how its time goes, who agreed so far."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.absences import absences_now
from apps.accounts.models import Absence, User
from apps.lib.clock import utc_now
from apps.queues.owners import links_of

from .candidates import names_of, why_not
from .decisions import decisions_of, title_of
from .exceptions import words_of_closing
from .handling import handling_of
from .ladder import ladder_of
from .models import PendingDecision, UserTask, Vote
from .timetable import standing as standing_of

KIND_ICONS = {
    UserTask.Kind.DATA_PROBLEM: "alert-triangle",
    UserTask.Kind.SYSTEM_PROBLEM: "server",
    UserTask.Kind.UNKNOWN_EFFECT: "user-question",
    UserTask.Kind.FORM: "checklist",
    UserTask.Kind.INCIDENT: "tool",
    UserTask.Kind.VALIDATION: "sparkles",
    UserTask.Kind.SECOND_LOOK: "eye",
    UserTask.Kind.QUESTION: "user-question",
    UserTask.Kind.APPROVAL: "shield-check",
}


def standing(task: UserTask, *, me: int) -> dict[str, Any]:
    """Return whose hands the task is in, how its time goes, and how it ended; no queries."""
    now = utc_now()
    is_working = task.working_by_id is not None and (task.working_until or now) > now
    is_stopped = task.stopped_at is not None
    stands = standing_of(
        due_at=task.due_at, at_risk_at=task.at_risk_at, now=now, is_stopped=is_stopped
    )
    return {
        "task": task,
        "icon": KIND_ICONS.get(UserTask.Kind(task.kind), "inbox"),
        "closed_words": "" if task.is_open else words_of_closing(task),
        "worker": task.working_by if is_working and task.is_open else None,
        "is_mine": task.working_by_id == me,
        "is_assigned_to_me": task.assignee_id == me,
        "stands": stands if task.is_open else "",
        "is_stopped": is_stopped,
        "is_snoozed": task.snoozed_until is not None and task.snoozed_until > now,
        "offered_to": said_candidates(task),
        "me": me,
    }


def cases_of(tasks: Iterable[UserTask]) -> dict[int, str]:
    """Return what each step of a workflow is about, by task: many ask for the same decision."""
    numbers = {
        task.pk: task.instance_id
        for task in tasks
        if task.item_id is None and task.instance_id is not None
    }
    links = links_of(numbers.values()) if numbers else {}
    return {task: links[number].title for task, number in numbers.items()}


def said_candidates(task: UserTask) -> str:
    """Return whom the workflow offers the task to, in its own words; "" if to everybody."""
    names = [*task.candidate_groups, *task.candidate_users]
    if task.assignee_id is None and task.facts.get("assignee"):
        names.insert(0, task.facts["assignee"])
    return ", ".join(str(name) for name in names)


def offered_names(task: UserTask) -> str:
    """Return whom the task is offered to; names that nobody here has are told as such."""
    names = names_of(task.offered_to)
    nobody = [task.facts["assignee"]] if task.facts.get("assignee") else []
    unknown = [
        _("%(name)s (unknown)") % {"name": name}
        for name in [*nobody, *task.facts.get("unknown_groups", [])]
    ]
    return ", ".join([*names, *unknown]) or said_candidates(task)


def away_of(task: UserTask) -> Absence | None:
    """Return the absence of whoever has the open task, if they are away now."""
    if not task.is_open or task.assignee_id is None:
        return None
    return absences_now([task.assignee_id]).get(task.assignee_id)


def why_it_is_not_for(task: UserTask, me: int) -> str:
    """Return why that person can't decide the task, "" if they can or it is closed."""
    person = User.objects.filter(pk=me).first() if me and task.is_open else None
    return why_not(task, person) if person is not None else ""


# ---- decisions on their way, and those that came before


def pending_words(task: UserTask, pending: PendingDecision | None, *, me: int) -> dict[str, Any]:
    """Return what a page says of a decision that has not taken effect; {} if there is none."""
    if pending is None or not task.is_open:
        return {}
    left = (pending.takes_effect_at - utc_now()).total_seconds()
    return {
        "name": pending.user_name,
        "is_mine": pending.user_id == me,
        "decision": _title(task, pending.decision),
        "takes_effect_at": pending.takes_effect_at,
        "seconds": max(0, round(left)),
    }


def pending_of(task: UserTask) -> PendingDecision | None:
    return PendingDecision.objects.filter(task=task.pk).first()


def votes_of(task: UserTask, *, me: int) -> dict[str, Any]:
    """Return who agreed on what so far; {} where one person decides."""
    if task.votes_needed <= 1:
        return {}
    votes = list(Vote.objects.filter(task=task.pk))
    rows = [
        {
            "name": vote.user_name,
            "decision": _title(task, vote.decision),
            "at": vote.made_at,
            "is_mine": vote.user_id == me,
            "is_old": vote.version != task.version and task.is_open,
        }
        for vote in votes
    ]
    counted = sum(not row["is_old"] for row in rows)
    mine = any(row["is_mine"] and not row["is_old"] for row in rows)
    return {"needed": task.votes_needed, "counted": counted, "rows": rows, "has_mine": mine}


def vote_counts(tasks: Iterable[UserTask]) -> dict[int, int]:
    """Return how many votes each of these tasks has, where more than one person decides."""
    several = {task.pk: task.version for task in tasks if task.votes_needed > 1}
    counts = dict.fromkeys(several, 0)
    for vote in Vote.objects.filter(task__in=several) if several else ():
        counts[vote.task_id] += vote.version == several[vote.task_id]
    return counts


# ---- what happens as time goes by


def rungs_of(task: UserTask) -> list[dict[str, Any]]:
    """Return the rungs of the task's ladder: what was done and when, what comes next."""
    return [
        {
            "words": rung.what,
            "is_taken": rung.is_over,
            "has_failed": rung.state == "failed",
            "at": rung.at,
            "note": rung.note,
        }
        for rung in ladder_of(task)
    ]


def may_bulk(task: UserTask) -> bool:
    return task.alike != "" and handling_of(task.handling).may_bulk


def _title(task: UserTask, key: str) -> str:
    titles = {decision.key: title_of(decision) for decision in decisions_of(task.decisions)}
    return titles.get(key, key)
