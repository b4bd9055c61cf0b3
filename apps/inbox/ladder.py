"""The ladder of a task in words: what has happened, what comes next and when; how it stands."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.models import Event
from apps.lib.json import JsonObject

from .decisions import decisions_of, title_of
from .handling import Rung, handling_of
from .models import UserTask
from .timetable import Standing, standing

STANDINGS: dict[str, str | Promise] = {
    "": "",
    "on_time": gettext_lazy("On time"),
    "at_risk": gettext_lazy("At risk"),
    "overdue": gettext_lazy("Overdue"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownRung:
    """One rung. `at`: when it was taken, or will be; None: it has no time, or the clock stands."""

    number: int
    what: str  # what it does, or did
    state: Literal["taken", "failed", "next", "later"]
    at: datetime | None
    note: str = ""

    @property
    def is_over(self) -> bool:
        return self.state in ("taken", "failed")


def ladder_of(task: UserTask) -> list[ShownRung]:
    """Return every rung of the task, in order; one query for what has happened."""
    handling = handling_of(task.handling)
    if not handling.ladder:
        return []
    happened = _happened(task)
    moments = [datetime.fromisoformat(each) for each in handling.moments]
    return [
        _shown(task, n, rung, happened.get(n + 1), moments[n] if n < len(moments) else None)
        for n, rung in enumerate(handling.ladder)
    ]


def standing_of(task: UserTask, *, now: datetime) -> Standing:
    """Return how the open task stands at `now` (the database's clock), see STANDINGS for words."""
    if not task.is_open:
        return ""
    return standing(
        due_at=task.due_at,
        at_risk_at=task.at_risk_at,
        now=now,
        is_stopped=task.stopped_at is not None,
    )


def words_of_rung(rung: Rung, decisions: list[dict[str, Any]] | None = None) -> str:
    """Return what a rung will do; `decisions` are those that the task offers."""
    if rung.do == "remind":
        return _("Remind whoever has it")
    if rung.do == "manager":
        return _("Hand it to the manager of the team")
    if rung.do == "decide":
        titles = {each.key: title_of(each) for each in decisions_of(decisions or [])}
        return _("Decide “%(decision)s”") % {"decision": titles.get(rung.decision, rung.decision)}
    if rung.team:
        return _("Hand it to the team “%(team)s”") % {"team": rung.team}
    return _("Give it back to everybody it is offered to")


def said_of_rung(done: JsonObject) -> str:
    """Return what was done by a rung, from the data of its event."""
    if done.get("failed"):
        return _("What should have happened by itself could not: %(why)s") % {"why": done["failed"]}
    words = {name: done.get(name) or "" for name in ("to", "team", "decision")}
    if done.get("do") == "remind":
        return _("%(to)s was reminded") % words if words["to"] else _("Everybody was reminded")
    if done.get("do") == "decide":
        return _("Nobody decided in time: it was decided by itself")
    return _where_it_went(words, is_for_supervisors=bool(done.get("role")))


def _where_it_went(words: dict[str, Any], *, is_for_supervisors: bool) -> str:
    if is_for_supervisors:
        said = _("It went to the supervisors")
    elif words["to"] and words["team"]:
        said = _("It went to %(to)s of the team “%(team)s”")
    elif words["to"]:
        said = _("It went to %(to)s")
    elif words["team"]:
        said = _("It went to the team “%(team)s”")
    else:
        said = _("It was given back to everybody")
    return said % words


def _shown(
    task: UserTask, n: int, rung: Rung, event: Event | None, due: datetime | None
) -> ShownRung:
    if event is not None:
        state: Literal["taken", "failed"] = "failed" if event.data.get("failed") else "taken"
        return ShownRung(
            number=n + 1, what=said_of_rung(event.data), state=state, at=event.occurred_at
        )
    at, note = (due, "") if task.is_open else (None, "")
    if task.is_open and task.stopped_at is not None:
        at, note = None, _("The clock stands still while the workflow is paused.")
    elif due is None:
        note = _("It has no time, because nothing is due.")
    state_now: Literal["next", "later"] = "next" if n == task.rungs_taken else "later"
    what = words_of_rung(rung, task.decisions)
    return ShownRung(number=n + 1, what=what, state=state_now, at=at, note=note)


def _happened(task: UserTask) -> dict[int, Event]:
    rows = Event.objects.filter(
        subject_type="task", subject_id=task.pk, kind="user_task.escalated"
    ).order_by("occurred_at")
    return {int(event.data.get("rung") or 0): event for event in rows}
