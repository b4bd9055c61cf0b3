"""Alerts for tests: rules come in by the lifecycle, and are looked at as the scheduler does."""

from datetime import timedelta
from itertools import count
from typing import Any

from apps.accounts.models import Folder
from apps.alerts.lifecycle import look, save_rule
from apps.alerts.models import Alert, AlertRule
from apps.lib.clock import database_now
from apps.queues.models import WorkQueue
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_queue

_numbers = count(1)


def ready(queue: WorkQueue, value: float = 1, **said: Any) -> dict[str, Any]:
    """Return a condition: so many items wait."""
    return {"metric": "queue.ready", "queue": queue.key, "op": ">=", "value": value, **said}


def make_rule(folder: Folder | None = None, key: str = "", **said: Any) -> AlertRule:
    """Return a rule that fires at once when an item waits in a queue, and ends at once."""
    folder = folder or make_folder()
    key = key or f"rule-{next(_numbers)}"
    said.setdefault("title", key.replace("-", " ").capitalize())
    if "rule" not in said:
        said["rule"] = {"all": [ready(make_queue(folder=folder))], "clear_seconds": 0}
    return save_rule(folder, key, said, by=ANNA).rule


def look_now() -> int:
    """Look, however lately somebody did."""
    return look(at_least_seconds=0)


def held_for(rule: AlertRule, seconds: float) -> None:
    """Have the rule stand where it stands for so long."""
    since = database_now() - timedelta(seconds=seconds)
    AlertRule.objects.filter(pk=rule.pk).update(phase_since=since)


def alert_of(rule: AlertRule) -> Alert:
    """Return its newest alert."""
    found: Alert = Alert.objects.filter(rule=rule).order_by("-pk")[0]
    return found


def make_alert(folder: Folder | None = None, **values: Any) -> Alert:
    """Return one that stands by itself, as of a trigger."""
    values.setdefault("source", Alert.Source.TRIGGER)
    values.setdefault("source_key", f"trigger:{next(_numbers)}")
    values.setdefault("title", "No orders yet")
    values.setdefault("is_to_tell", False)
    found: Alert = Alert.objects.create(folder=folder or make_folder(), **values)
    found.refresh_from_db()
    return found
