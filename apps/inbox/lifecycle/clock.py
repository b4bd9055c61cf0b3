"""The clock of tasks stands still while their instance is paused.

Whoever pauses and resumes instances calls these, in the same transaction, after locking the
instance: whoever moves it on opens and closes its tasks in that order, too.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from django.db.models import QuerySet

from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.events.live import nudge
from apps.inbox.handling import Handling, handling_of
from apps.inbox.models import UserTask
from apps.inbox.timetable import moved
from apps.lib.clock import database_now


def stop_clock(instance_ids: Collection[int], *, now: datetime | None = None) -> int:
    """Nothing gets due, late or escalated from now on; return how many tasks stand still."""
    tasks = UserTask.objects.open().filter(instance_id__in=instance_ids, stopped_at=None)
    rows = list(_locked(tasks).values_list("pk", "folder_id"))
    UserTask.objects.filter(pk__in=[pk for pk, _folder in rows]).update(
        stopped_at=now or database_now()
    )
    _tell(rows)
    return len(rows)


def start_clock(instance_ids: Collection[int], *, now: datetime | None = None) -> int:
    """Go on: as much working time is left as there was when the clock was stopped."""
    moment = now or database_now()
    # also of those decided meanwhile: a decision that is recalled leaves no clock standing still
    tasks = UserTask.objects.filter(instance_id__in=instance_ids, stopped_at__isnull=False)
    found = list(_locked(tasks))
    wanted = {handling_of(task.handling).calendar_id for task in found} - {None}
    calendars = Calendar.objects.in_bulk(wanted)
    for task in found:
        _go_on(task, calendars, moment)
    UserTask.objects.bulk_update(
        found, ["due_at", "at_risk_at", "next_rung_at", "handling", "stopped_at"], batch_size=500
    )
    _tell([(task.pk, task.folder_id) for task in found])
    return len(found)


def _locked(tasks: QuerySet[UserTask]) -> QuerySet[UserTask]:
    """In the order of opening.py: two who hold some of them wait in a row, and never in a ring."""
    return tasks.select_for_update(no_key=True).order_by("item_id", "pk")


def _go_on(task: UserTask, calendars: dict[int, Calendar], now: datetime) -> None:
    handling = handling_of(task.handling)
    hours = hours_of(calendars.get(handling.calendar_id or 0))
    stopped = task.stopped_at or now

    def later(at: datetime | None) -> datetime | None:
        return None if at is None else moved(at, hours, stopped=stopped, now=now)

    task.due_at = later(task.due_at)
    task.at_risk_at, task.next_rung_at = later(task.at_risk_at), later(task.next_rung_at)
    task.handling = _with_moments(handling, [later(each) for each in moments_of(handling)])
    task.stopped_at = None


def moments_of(handling: Handling) -> list[datetime]:
    """Return when each rung is due that has a time."""
    return [datetime.fromisoformat(each) for each in handling.moments]


def _with_moments(handling: Handling, moments: list[datetime | None]) -> dict[str, object]:
    written = tuple(each.isoformat() for each in moments if each is not None)
    return dict(replace(handling, moments=written).stored())


def _tell(rows: list[tuple[int, int]]) -> None:
    nudge(*(f"task:{pk}" for pk, _folder in rows), *{f"inbox:{folder}" for _pk, folder in rows})
