"""Timers: those of instances, and those that start instances."""

from datetime import datetime

from django.db import transaction
from django.db.models.functions import Now

from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.lib.feel import Expression, to_json
from apps.lib.timers import TimerSpec, timer_of
from apps.workflows.engine.events import Triggered
from apps.workflows.graph import TimerEvent
from apps.workflows.models import StartSubscription
from apps.workflows.statements import DUE_TIMERS

from .definitions import graph_of, zone
from .happenings import Happening
from .loading import lock_free
from .running import run
from .starting import Starting, start_by_event
from .stepping import step

# Timers of one transaction
AT_ONCE = 200
# Who starts instances by the clock, as histories name them
TIMER = "Timer"


def fire_due_timers(limit: int = AT_ONCE) -> int:
    """Fire up to `limit` timers of instances and starts that are due; return how many.

    Any number of processes may do it at once. What is read before its instance is locked is looked
    at again: a timer that was put off meanwhile does not fire.
    """
    return _fire_timers(limit) + fire_due_starts(limit)


@transaction.atomic
def _fire_timers(limit: int) -> int:
    due = run(DUE_TIMERS, {"limit": limit})
    if not due:
        return 0
    free = {facts.id for facts in lock_free(instance_id for instance_id, _number in due)}
    now = database_now()
    happenings = [
        Happening(instance_id, Triggered(at=now, subscription=number))
        for instance_id, number in due
        if instance_id in free
    ]
    return len(step(happenings))


@transaction.atomic
def fire_due_starts(limit: int = AT_ONCE) -> int:
    """Start the instances whose time has come; times that were missed are made up for by one."""
    due = StartSubscription.objects.filter(due_at__lte=Now()).order_by("due_at")
    rows = list(due.select_for_update(skip_locked=True)[:limit])
    now = database_now()
    starts = []
    for row in rows:
        starts.append(Starting(row.version_id, row.node, {}, TIMER))
        row.due_at, row.repeats = _next(row, now)
        row.save(update_fields=["due_at", "repeats"])
    start_by_event(starts)
    return len(rows)


def first_start(event: TimerEvent, now: datetime) -> tuple[datetime | None, int | None]:
    """Return when the timer of a start event is due first, and how often after that.

    Raises InvalidError if what it says is no time.
    """
    spec = _spec(event, now)
    return spec.first(now), None if spec.repetitions is None else max(spec.repetitions - 1, 0)


def _next(row: StartSubscription, now: datetime) -> tuple[datetime | None, int | None]:
    event = graph_of(row.version_id).node(row.node).event
    if row.repeats == 0 or row.due_at is None or not isinstance(event, TimerEvent):
        return None, 0
    try:
        spec = _spec(event, now)
        count = (spec.repetitions or 0) - (row.repeats or 0)
        due_at = spec.next(row.due_at, count)
        if due_at is not None and due_at <= now:
            due_at = spec.next(now, count)
    except InvalidError:
        return None, 0
    return due_at, None if row.repeats is None else row.repeats - 1


def _spec(event: TimerEvent, now: datetime) -> TimerSpec:
    """Evaluate what the timer says; there are no variables before an instance."""
    given = event.value
    said = to_json(given.evaluate({}, clock=now)) if isinstance(given, Expression) else given.value
    return timer_of(event.how, said, zone=zone())
