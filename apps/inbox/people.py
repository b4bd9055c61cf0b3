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
    offered = set(people_offered(task).values_list("pk", flat=True))
    return _candidates(task.folder_id, offered, excluded=set(task.excluded))


def people_of_folder(folder_id: int) -> list[Candidate]:
    """Return whoever may decide in the folder, those who are there and have least first."""
    return _candidates(folder_id, None, excluded=set())


def people_to_mention(folder_id: int) -> list[User]:
    """Return the people of the folder, by name."""
    found = User.objects.filter(memberships__folder_id=folder_id, is_active=True).distinct()
    return sorted(found[:MAX_PEOPLE], key=lambda person: person.name.lower())


def _candidates(folder_id: int, offered: set[int] | None, *, excluded: set[int]) -> list[Candidate]:
    people = list(deciders_of(folder_id)[:MAX_PEOPLE])
    ids = [person.pk for person in people]
    loads = dict(
        UserTask.objects.open()
        .filter(assignee__in=ids)
        .order_by()
        .values_list("assignee")
        .annotate(n=Count("pk"))
    )
    now = Absence.objects.now().filter(user__in=ids).select_related("deputy")
    absences = {absence.user_id: absence for absence in now}
    found = [
        _candidate(
            person,
            absences.get(person.pk),
            n_open=loads.get(person.pk, 0),
            is_offered=offered is None or person.pk in offered,
            is_excluded=person.pk in excluded,
        )
        for person in people
    ]
    return sorted(found, key=_how_likely)


def _candidate(
    person: User, absence: Absence | None, *, n_open: int, is_offered: bool, is_excluded: bool
) -> Candidate:
    return Candidate(
        person=person,
        n_open=n_open,
        is_offered=is_offered,
        is_excluded=is_excluded,
        away_until=absence.ends_at if absence else None,
        deputy=absence.deputy.name if absence and absence.deputy else "",
    )


def _how_likely(one: Candidate) -> tuple[bool, bool, bool, int, str]:
    is_away = one.away_until is not None
    return (one.is_excluded, not one.is_offered, is_away, one.n_open, one.person.name.lower())
