"""The ladder: what happens when nobody comes. A timeout routes, it never kills.

Each rung is taken once, whoever looks, in a transaction of its own with an event that says what
was done. What can't be done (a team that is gone, a decision that does not fit) is said in the
event and told to the supervisors; the task stays open, and the next rung comes in its time.
"""

import logging
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Team, User
from apps.inbox.candidates import ROLE, TEAM, USER
from apps.inbox.crew import Crew
from apps.inbox.exceptions import TaskDecidedError
from apps.inbox.handling import Rung, handling_of
from apps.inbox.models import HandlingRule, UserTask
from apps.inbox.telling import escalation_told
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

from .answers import Answer
from .clock import moments_of
from .deciding import decide
from .locks import pending_of
from .recording import record_event
from .turns import Turns

logger = logging.getLogger(__name__)

ESCALATED = "user_task.escalated"
MAX_TASKS = 200
# between two rungs that both come late
LEAST_GAP = timedelta(minutes=15)
SUPERVISORS = f"{ROLE}supervisor"


def take_due_rungs(now: datetime | None = None, limit: int = MAX_TASKS) -> int:
    """Take the next rung of each task that has waited so long; return how many were taken.

    `now`: None for the database's clock. A task that is several rungs behind climbs one at a time.
    """
    moment = now or database_now()
    due = UserTask.objects.open().filter(next_rung_at__lte=moment, stopped_at=None)
    numbers = list(due.order_by("next_rung_at").values_list("pk", flat=True)[:limit])
    return sum(_take_safely(pk, moment) for pk in numbers)


def _take_safely(pk: int, now: datetime) -> bool:
    """One task that can't climb must not keep the others from climbing."""
    try:
        return _take(pk, now)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("The ladder of task %d can't be climbed", pk)
        return False


@transaction.atomic
def _take(pk: int, now: datetime) -> bool:
    rows = UserTask.objects.open().select_for_update(no_key=True, skip_locked=True, of=("self",))
    task = rows.filter(pk=pk, next_rung_at__lte=now, stopped_at=None).first()
    if task is None or pending_of(task) is not None:
        return False  # somebody else is at it; or it is being decided right now
    ladder, taken = handling_of(task.handling).ladder, task.rungs_taken
    if not _step_up(task, now) or taken >= len(ladder):
        return False
    rung = ladder[taken]
    try:
        with transaction.atomic():
            done = _DO[rung.do](task, rung)
    except (DomainError, _CannotError) as error:
        done = {"failed": str(getattr(error, "message", "") or error)[:500]}
    is_late = task.due_at is not None and now >= task.due_at
    data: JsonObject = {"rung": taken + 1, "do": rung.do, "is_late": is_late, **done}
    record_event(ESCALATED, task, SYSTEM, data)
    escalation_told(task, data, was=task.assignee_id)
    return True


def _step_up(task: UserTask, now: datetime) -> bool:
    """Count the rung as taken; False when somebody else just took it.

    A rung that comes late (nothing ran for a while) puts the next one off: people get some time
    between two rungs, whatever the clock says.
    """
    handling, following = handling_of(task.handling), task.rungs_taken + 1
    changes: dict[str, Any] = {"rungs_taken": following, "next_rung_at": None}
    moments = _put_off(moments_of(handling), following, now)
    if following < len(moments):
        written = tuple(each.isoformat() for each in moments)
        changes["next_rung_at"] = moments[following]
        changes["handling"] = replace(handling, moments=written).stored()
    same = UserTask.objects.open().filter(pk=task.pk, rungs_taken=task.rungs_taken)
    return bool(same.update(**changes))


def _put_off(moments: list[datetime], following: int, now: datetime) -> list[datetime]:
    """Return when the rungs are due if the one before `following` is taken now."""
    if following >= len(moments):
        return moments
    gap = min(moments[following] - moments[following - 1], LEAST_GAP)
    late = max(now + gap - moments[following], timedelta(0))
    return [*moments[:following], *(each + late for each in moments[following:])]


class _CannotError(Exception):
    """A rung that can't be taken as it was meant."""


def _remind(task: UserTask, rung: Rung) -> JsonObject:
    return {"to": task.assignee.name if task.assignee else ""}


def _reassign(task: UserTask, rung: Rung) -> JsonObject:
    if not rung.team:
        _put(task, assignee=None, offered_to=task.offered_to, team_id=task.team_id)
        return {"team": "", "to": ""}
    team = Team.objects.filter(folder=task.folder_id, key=rung.team).first()
    if team is None:
        raise _CannotError(_("There is no team “%(team)s” here.") % {"team": rung.team})
    offered = [f"{TEAM}{team.pk}"]
    person = _one_of(task, offered, f"team:{team.pk}")
    _put(task, assignee=person, offered_to=offered, team_id=team.pk)
    return {"team": team.title, "team_id": team.pk, "to": _name(person), "to_id": person}


def _manager(task: UserTask, rung: Rung) -> JsonObject:
    """To the manager of its team; without one who may decide it, to all supervisors."""
    team = Team.objects.filter(pk=task.team_id).first() if task.team_id else None
    crew = Crew([task.folder_id])
    manager = team.manager_id if team else None
    person = crew.present(task.folder_id, manager, task.excluded) if manager else None
    if person is None or not crew.may(task.folder_id, person):
        offered = [*task.offered_to, SUPERVISORS] if task.offered_to else []
        _put(task, assignee=None, offered_to=offered, team_id=task.team_id)
        return {"role": "supervisor", "to": ""}
    offered = [*task.offered_to, f"{USER}{person}"] if task.offered_to else []
    _put(task, assignee=person, offered_to=offered, team_id=task.team_id)
    return {"to": _name(person), "to_id": person}


def _decide(task: UserTask, rung: Rung) -> JsonObject:
    """Take the decision for people, on the data as it is now."""
    current: UserTask = UserTask.objects.get(pk=task.pk)
    answer = Answer(
        decision=rung.decision, version=current.version, reason=_("Nobody decided in time.")
    )
    try:
        decide(current, answer, by=SYSTEM)
    except TaskDecidedError:
        raise _CannotError(_("It was decided meanwhile.")) from None
    return {"decision": rung.decision}


_DO: dict[str, Callable[[UserTask, Rung], JsonObject]] = {
    "remind": _remind,
    "reassign": _reassign,
    "manager": _manager,
    "decide": _decide,
}


def _put(
    task: UserTask, *, assignee: int | None, offered_to: list[str], team_id: int | None
) -> None:
    """Whoever types keeps what they typed; they see whose it is now."""
    UserTask.objects.filter(pk=task.pk).update(
        assignee=assignee,
        offered_to=list(dict.fromkeys(offered_to)),
        team=team_id,
        working_by=None,
        working_until=None,
    )


def _one_of(task: UserTask, offered: list[str], key: str) -> int | None:
    """Return who gets it, where the task is handed out to one; None: whoever takes it."""
    how = handling_of(task.handling).assignment
    if how == HandlingRule.Assignment.POOL or task.votes_needed > 1:
        return None
    crew = Crew([task.folder_id])
    people = [
        each
        for each in crew.pool(task.folder_id, offered, task.excluded)
        if each != task.assignee_id
    ]
    if how == HandlingRule.Assignment.LEAST_LOADED:
        return crew.least_loaded(people)
    turns = Turns([(task.folder_id, key)])
    chosen = turns.next(task.folder_id, key, people)
    turns.save()
    return chosen


def _name(user_id: int | None) -> str:
    found = User.objects.filter(pk=user_id).first() if user_id else None
    return found.name if found else ""
