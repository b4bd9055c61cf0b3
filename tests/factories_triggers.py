"""Triggers for tests: they come in by the lifecycle; that a time has come is written by hand."""

from datetime import timedelta
from itertools import count
from typing import Any

from apps.accounts.models import Folder
from apps.lib.clock import database_now
from apps.queues.models import WorkQueue
from apps.triggers.lifecycle import save_trigger
from apps.triggers.models import Firing, Trigger
from apps.triggers.times import due_at, first_after, rule_of
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue

HOUR = 3_600
# so many seconds ago: not missed yet, even on a slow machine, with room for a few times since
DUE_AGO = 30
_numbers = count(1)


def every(seconds: int = HOUR, *, ago: float = 1.0, **said: Any) -> dict[str, Any]:
    """Return a rule whose last time was `ago` seconds before now."""
    anchor = (database_now() - timedelta(seconds=ago)).isoformat()
    return {"type": "interval", "seconds": seconds, "anchor": anchor, "zone": "UTC", **said}


def adds_to(queue: WorkQueue, **payload: Any) -> dict[str, Any]:
    """Return a target that adds one item to the queue."""
    return {"type": "items", "queue": queue.key, "items": [{"payload": payload}]}


def make_trigger(folder: Folder | None = None, key: str = "", **said: Any) -> Trigger:
    """Return a trigger that adds an item each hour, the last time a second ago."""
    folder = folder or make_folder()
    key = key or f"trigger-{next(_numbers)}"
    said.setdefault("title", key.replace("-", " ").capitalize())
    said.setdefault("rule", every())
    if "target" not in said:
        said["target"] = adds_to(make_queue(folder=folder))
    return save_trigger(folder, key, said, by=ANNA).trigger


def unseen_for(trigger: Trigger, seconds: float) -> Trigger:
    """Have nobody looked at the trigger for so long."""
    rule = rule_of(trigger)
    tick = first_after(rule, database_now() - timedelta(seconds=seconds))
    assert tick is not None
    Trigger.objects.filter(pk=trigger.pk).update(
        next_at=tick.at, due_at=due_at(trigger, tick.at), next_mark=tick.mark
    )
    return fresh(trigger)


def due_trigger(folder: Folder | None = None, key: str = "", **said: Any) -> Trigger:
    """Return one whose time has just come."""
    said.setdefault("rule", every(ago=DUE_AGO))
    return unseen_for(make_trigger(folder, key, **said), DUE_AGO + 2)


def come_again(trigger: Trigger) -> Trigger:
    """Have its next time come: a later moment than any it has come at before."""
    ago = DUE_AGO - 3 * (1 + Firing.objects.filter(trigger=trigger).count())
    Trigger.objects.filter(pk=trigger.pk).update(rule=every(ago=ago))
    return unseen_for(fresh(trigger), DUE_AGO)


def fresh(trigger: Trigger) -> Trigger:
    found: Trigger = Trigger.objects.select_related("folder", "calendar", "owner").get(
        pk=trigger.pk
    )
    return found


def log_of(trigger: Trigger) -> list[tuple[str, str]]:
    """Return outcome and reason of each firing, oldest planned time first."""
    rows = Firing.objects.filter(trigger=trigger).order_by("planned_at")
    return list(rows.values_list("outcome", "reason"))
