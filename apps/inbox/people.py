"""Whom a task can be handed to: with how much they have, and whether they are there."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count

from apps.accounts.models import Absence, User

from .candidates import deciders_of, people_offered
from .models import UserTask

MAX_PEOPLE = 200


@dataclass(frozen=True, slots=True)
class Candidate:
    """One of them. `away_until`: they are absent; `deputy` decides in their place."""

    person: User
    n_open: int
    is_offered: bool
    is_excluded: bool
    away_until: datetime | None = None
    deputy: str = ""


def candidates_for(task: UserTask) -> list[Candidate]:
    """Return who may decide in the task's folder, those it is offered to first; four queries."""
    people = list(deciders_of(task.folder_id)[:MAX_PEOPLE])
    ids = [person.pk for person in people]
    offered = set(people_offered(task).values_list("pk", flat=True))
    loads = dict(
        UserTask.objects.open()
        .filter(assignee__in=ids)
        .order_by()
        .values_list("assignee")
        .annotate(n=Count("pk"))
    )
    absences = {
        absence.user_id: absence
        for absence in Absence.objects.now().filter(user__in=ids).select_related("deputy")
    }
    found = [_candidate(task, person, offered, loads, absences) for person in people]
    return sorted(found, key=_how_likely)


def _candidate(
    task: UserTask,
    person: User,
    offered: set[int],
    loads: dict[int | None, int],
    absences: dict[int, Absence],
) -> Candidate:
    absence = absences.get(person.pk)
    return Candidate(
        person=person,
        n_open=loads.get(person.pk, 0),
        is_offered=person.pk in offered,
        is_excluded=person.pk in task.excluded,
        away_until=absence.ends_at if absence else None,
        deputy=absence.deputy.name if absence and absence.deputy else "",
    )


def _how_likely(one: Candidate) -> tuple[bool, bool, bool, int, str]:
    is_away = one.away_until is not None
    return (one.is_excluded, not one.is_offered, is_away, one.n_open, one.person.name.lower())
