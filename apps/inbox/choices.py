"""What the lists of the inbox can be narrowed to: only what finds something now.

With 100 000 open tasks nothing here may read them all: distinct values are found by jumping from
one to the next in an index, and what has no index is looked for among the most urgent.
"""

from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Exists, OuterRef, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.queues.models import WorkQueue

from .listing import GROUP, MAX_COUNT, ME, TaskFilter
from .models import SavedView, UserTask

MAX_VALUES = 100
MAX_LOOKED_AT = 500
MAX_GROUPS = 30

# a loose scan: the smallest value, then the smallest above it, and so on
_DISTINCT = """
    WITH RECURSIVE found AS (
        (SELECT {value} AS value FROM inbox_usertask
          WHERE folder_id = %(folder)s AND status = 'open' AND {known} AND {value} > ''
          ORDER BY folder_id, {value} LIMIT 1)
        UNION ALL
        SELECT (SELECT {value} FROM inbox_usertask
                 WHERE folder_id = %(folder)s AND status = 'open' AND {known}
                   AND {value} > found.value
                 ORDER BY folder_id, {value} LIMIT 1)
          FROM found WHERE found.value IS NOT NULL
    )
    SELECT value FROM found WHERE value IS NOT NULL LIMIT %(most)s
"""
# the names of groups; '' when there are names of people
_AUDIENCES = """
    WITH urgent AS MATERIALIZED (
        SELECT candidate_groups, candidate_users FROM inbox_usertask
         WHERE folder_id = %(folder)s AND status = 'open'
         ORDER BY urgent_at, id LIMIT %(most)s
    )
    SELECT jsonb_array_elements_text(candidate_groups) FROM urgent
     UNION
    SELECT '' FROM urgent WHERE candidate_users <> '[]'
"""
_CODES = _DISTINCT.format(value="code", known="code <> ''")
_WORKFLOWS = _DISTINCT.format(value="(facts ->> 'workflow')", known="facts ? 'workflow'")


@dataclass(frozen=True)
class Choices:
    """The filters that the page offers, each with what it can be set to."""

    queues: list[WorkQueue]
    codes: list[str]
    workflows: list[str]
    audiences: list[tuple[str, str]]
    views: list[SavedView]


def choices_for(wanted: TaskFilter) -> Choices:
    folder = wanted.folder
    return Choices(
        queues=list(queues_with_tasks(folder)),
        codes=_distinct(_CODES, folder),
        workflows=_distinct(_WORKFLOWS, folder),
        audiences=audiences_of(folder),
        views=list(SavedView.objects.filter(user_id=wanted.who, folder_id=folder)),
    )


def queues_with_tasks(folder_id: int) -> QuerySet[WorkQueue]:
    """Return the queues that have open tasks."""
    tasks = UserTask.objects.open().filter(queue=OuterRef("pk"))
    return WorkQueue.objects.filter(Exists(tasks), folder_id=folder_id).order_by("title")


def audiences_of(folder_id: int) -> list[tuple[str, str]]:
    """Return whom workflows offer the most urgent tasks to; [] if they name nobody."""
    with connection.cursor() as cursor:
        cursor.execute(_AUDIENCES, {"folder": folder_id, "most": MAX_LOOKED_AT})
        found = [name for (name,) in cursor.fetchall()]
    names = sorted(name for name in found if name)
    me = [(ME, _("Offered to me"))] if found else []
    return [*me, *((f"{GROUP}{name}", _("For %(group)s") % {"group": name}) for name in names)]


def _distinct(sql: str, folder_id: int) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(sql, {"folder": folder_id, "most": MAX_VALUES})
        return [row[0] for row in cursor.fetchall()]


# ---- tasks for the same decision


def count_alike(task: UserTask) -> int:
    """Return how many other open tasks ask for the same decision, at most MAX_COUNT + 1."""
    if not task.alike:
        return 0
    same = UserTask.objects.open().filter(folder_id=task.folder_id, alike=task.alike)
    return same.exclude(pk=task.pk).order_by()[: MAX_COUNT + 1].count()


def groups_of(wanted: TaskFilter, rights: Any) -> list[dict[str, Any]]:
    """Return the largest groups of tasks that are alike, each with its most urgent task."""
    is_whole = wanted.tab == "open" and not wanted.is_narrowed
    groups = _all_groups(wanted.folder) if is_whole else _groups_among(wanted.rows(rights))
    tasks = (
        UserTask.objects.filter(pk__in=_first_of_each(wanted.folder, list(groups)))
        .select_related("queue")
        .defer("form", "values", "earlier_values", "predictions", "handling")
    )
    firsts = {task.alike: task for task in tasks}
    return [{"task": firsts[alike], "n": n} for alike, n in groups.items() if alike in firsts]


def _groups_among(tasks: QuerySet[UserTask]) -> dict[str, int]:
    """Return the signs of the largest groups, each with how many of these tasks it has."""
    found = tasks.order_by().exclude(alike="").values("alike")
    largest = found.annotate(n=Count("*")).filter(n__gt=1).order_by("-n", "alike")[:MAX_GROUPS]
    return {row["alike"]: row["n"] for row in largest}


def _all_groups(folder_id: int) -> dict[str, int]:
    """Return the same of all that waits in a folder, counted in the index alone.

    Leaving out the few that are put off, or were just decided, would make PostgreSQL read each
    task: they are counted by their own indexes, and taken off.
    """
    tasks = UserTask.objects.open().filter(folder_id=folder_id)
    largest = _groups_among(tasks)
    asleep = tasks.filter(snoozed_until__gt=Now(), pending_decision=None)
    for resting in (asleep, tasks.filter(pending_decision__isnull=False)):
        few = resting.order_by().filter(alike__in=largest).values_list("alike")
        for sign, n in few.annotate(n=Count("*")):
            largest[sign] -= n
    return {sign: n for sign, n in sorted(largest.items(), key=_largest_first) if n > 1}


def _largest_first(group: tuple[str, int]) -> tuple[int, str]:
    return -group[1], group[0]


def _first_of_each(folder_id: int, alike: list[str]) -> list[int]:
    """Return the most urgent task of each group: one step into an index for each, in one query."""
    tasks = UserTask.objects.open().filter(folder_id=folder_id).values_list("pk", flat=True)
    firsts = [tasks.filter(alike=sign).order_by("urgent_at")[:1] for sign in alike]
    return list(firsts[0].union(*firsts[1:], all=True)) if firsts else []


__all__ = ["Choices", "audiences_of", "choices_for", "count_alike", "groups_of"]
