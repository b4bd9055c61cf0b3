"""The team view: how much waits, how old it is, what is late, by queue, person and pool."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.models import Absence, Team, User
from apps.queues.models import WorkQueue

from .candidates import deciders_of
from .team_listing import AGES, AT_RISK, NONE, OVERDUE, TeamFilter

BAND_TITLES = {
    OVERDUE: gettext_lazy("Overdue"),
    AT_RISK: gettext_lazy("At risk"),
    "1h": gettext_lazy("Up to 1 h"),
    "8h": gettext_lazy("1–8 h"),
    "1d": gettext_lazy("8–24 h"),
    "3d": gettext_lazy("1–3 days"),
    "old": gettext_lazy("Over 3 days"),
}
MAX_PEOPLE = 200

# One pass over what is open, grouped finely; the sums are made from the groups, of which there are
# few. Traps, each measured with 100 000 open tasks:
# - A column that user_task_team_view does not hold makes PostgreSQL read the tasks themselves, with
#   their forms and values: ten times the blocks. So does a table that was not vacuumed lately.
# - A statement for each table of the page, or FILTER with GROUPING SETS, goes over every row again
#   and again.
# - `now() - interval` stands for a function call in every row: here each is a subselect, done once.
# - Leaving out the few tasks that were just decided by an anti-join costs as much as the rest: they
#   are counted, and taken off again by the second half.
_COUNT = """
select queue_id, assignee_id, case when assignee_id is null then team_id end,
  case when stopped_at is not null then 0
    when due_at < (select now()) then 1
    when at_risk_at <= (select now()) then 2 else 0 end,
  case when created_at > (select now() - interval '1 hour') then 0
    when created_at > (select now() - interval '8 hours') then 1
    when created_at > (select now() - interval '1 day') then 2
    when created_at > (select now() - interval '3 days') then 3 else 4 end,
  {sign} count(*), min(created_at)
from inbox_usertask task {join}
where folder_id = %(folder)s and status = 'open'
  and (snoozed_until is null or snoozed_until <= (select now()))
group by 1, 2, 3, 4, 5
"""
_DECIDED = "join inbox_pendingdecision decided on decided.task_id = task.id"
_COUNTS = f"{_COUNT.format(sign='', join='')} union all {_COUNT.format(sign='-', join=_DECIDED)}"
_STANDINGS = ("", OVERDUE, AT_RISK)
_AGES = tuple(AGES)


@dataclass(slots=True)
class Load:
    """How much, how late, since when."""

    n: int = 0
    bands: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    # of each age, how many are overdue or at risk
    pressing: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    oldest: datetime | None = None

    def add(self, standing: str, age: str, n: int, oldest: datetime) -> None:
        self.n += n
        self.bands[age] += n
        if standing:
            self.bands[standing] += n
            self.pressing[age] += n
        self.oldest = min(self.oldest or oldest, oldest)


@dataclass(slots=True)
class Loads:
    """The same by queue, by person and by the pool that it lies in; None for having none."""

    total: Load = field(default_factory=Load)
    of_queues: dict[int | None, Load] = field(default_factory=lambda: defaultdict(Load))
    of_people: dict[int | None, Load] = field(default_factory=lambda: defaultdict(Load))
    of_pools: dict[int | None, Load] = field(default_factory=lambda: defaultdict(Load))


def loads_of(folder_id: int) -> Loads:
    """Return the loads of a folder; one statement."""
    found = Loads()
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS, {"folder": folder_id})
        for queue, person, team, standing, age, n, oldest in cursor.fetchall():
            places = [found.total, found.of_queues[queue], found.of_people[person]]
            if person is None:
                places.append(found.of_pools[team])
            for load in places:
                load.add(_STANDINGS[standing], _AGES[age], n, oldest)
    return found


def board(wanted: TeamFilter) -> dict[str, Any]:
    """Return what the page shows above the list of tasks; six queries."""
    loads = loads_of(wanted.folder)
    return {
        "wanted": wanted,
        "total": _cells(loads.total, wanted, {}),
        "bands": list(BAND_TITLES.items()),
        "queues": _queues(loads, wanted),
        "people": _people(loads, wanted),
        "pools": _pools(loads, wanted),
    }


def _queues(loads: Loads, wanted: TeamFilter) -> list[dict[str, Any]]:
    titles = dict(
        WorkQueue.objects.filter(pk__in=[pk for pk in loads.of_queues if pk]).values_list(
            "pk", "title"
        )
    )
    rows = [
        {
            "title": titles.get(pk or 0, _("Steps of workflows, and approvals")),
            **_cells(load, wanted, {"queue": str(pk or NONE)}),
        }
        for pk, load in loads.of_queues.items()
        if load.n
    ]
    return sorted(rows, key=_most_pressing_first)


def _people(loads: Loads, wanted: TeamFilter) -> list[dict[str, Any]]:
    """Whoever may decide here, and whoever has something all the same."""
    people = {person.pk: person for person in deciders_of(wanted.folder)[:MAX_PEOPLE]}
    strays = [pk for pk, load in loads.of_people.items() if pk and load.n and pk not in people]
    can_get = set(people)
    people |= User.objects.in_bulk(strays)
    away = absences_of(people)
    rows = [
        {
            "person": person,
            "may_get": pk in can_get,
            "absence": away.get(pk),
            **_cells(loads.of_people.get(pk, Load()), wanted, {"assignee": str(pk)}),
        }
        for pk, person in people.items()
    ]
    return sorted(rows, key=_most_pressing_first)


def _pools(loads: Loads, wanted: TeamFilter) -> list[dict[str, Any]]:
    teams = {team.pk: team.title for team in Team.objects.filter(folder=wanted.folder)}
    loads.of_pools[None]  # noqa: B018  it is shown even if it is empty
    rows = []
    for pk in [*teams, None]:
        chosen = {"assignee": NONE, "team": str(pk or NONE)}
        title = teams[pk] if pk else _("Of no team")
        load = loads.of_pools.get(pk, Load())
        rows.append({"title": title, **_cells(load, wanted, chosen)})
    return rows


def absences_of(people: Iterable[int]) -> dict[int, Absence]:
    """Return who of these is away now."""
    found = Absence.objects.now().filter(user__in=list(people)).select_related("deputy")
    return {absence.user_id: absence for absence in found}


def _cells(load: Load, wanted: TeamFilter, chosen: Mapping[str, str]) -> dict[str, Any]:
    """Return a row's numbers, each with the address of its list."""
    blank = TeamFilter(folder=wanted.folder)
    own = blank.but(**chosen)
    return {
        "n": load.n,
        "url": f"?{own.query()}#tasks" if own.query() else "?#tasks",
        "is_chosen": wanted.but() == own,
        "sort": (load.bands[OVERDUE], load.bands[AT_RISK], load.n),
        "oldest": load.oldest,
        "cells": [
            {
                "band": band,
                "title": title,
                "n": load.bands[band],
                "pressing": load.pressing[band] if band in AGES else 0,
                "tone": _tone(load, band),
                "url": f"?{own.but(band=band).query()}#tasks",
                "is_chosen": wanted.but() == own.but(band=band),
            }
            for band, title in BAND_TITLES.items()
        ],
    }


def _tone(load: Load, band: str) -> str:
    """How hot a cell is drawn; the words beside the number say the same."""
    if not load.bands[band]:
        return "none"
    if band == OVERDUE:
        return "act"
    if band == AT_RISK:
        return "watch"
    share = load.pressing[band] / load.bands[band]
    return "act" if share >= 0.5 else "watch" if share > 0 else "calm"


def _most_pressing_first(row: dict[str, Any]) -> tuple[int, ...]:
    return tuple(-number for number in row["sort"])
