"""Work that the scheduler repeats: each may run twice at once, and returns how much it did."""

from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from . import lifecycle
from .models import FolderPause, Trigger

# One call must not keep the others waiting; what is left over comes next time.
AT_ONCE = 500
PRUNED_AT_ONCE = 10_000

# The newest of a trigger stay, however old: they say what it started last.
PRUNE = """
delete from triggers_firing where id in (
    select f.id from triggers_firing f
     where f.fired_at < now() - make_interval(days => %(days)s) and f.outcome <> 'waiting'
       and f.planned_at < (select max(planned_at) from triggers_firing newest
                            where newest.trigger_id = f.trigger_id)
     limit %(limit)s)
"""


def fire_due() -> int:
    """Start what is due."""
    return lifecycle.fire_due(AT_ONCE)


def look_at_queues() -> int:
    """Start what queue triggers start for the items that wait."""
    return lifecycle.look_at_queues()


def look_at_states() -> int:
    """Start what state triggers start, where their conditions have begun to hold."""
    return lifecycle.look_at_states()


def replan() -> int:
    """Work out next times anew: holidays and time zones change with updates."""
    enabled = Trigger.objects.filter(status=Trigger.Status.ENABLED, kind__in=Trigger.TIMED)
    return lifecycle.replan(list(enabled.values_list("pk", flat=True)))


def prune() -> int:
    """Drop old rows of start logs, and pauses of folders that are over."""
    FolderPause.objects.filter(until__lt=Now() - timedelta(days=1)).delete()
    total: int = 0
    while True:
        with connection.cursor() as cursor:
            limits = {"days": settings.FIRING_DAYS_KEPT, "limit": PRUNED_AT_ONCE}
            cursor.execute(PRUNE, limits)
            total += cursor.rowcount
            if cursor.rowcount < PRUNED_AT_ONCE:
                return total
