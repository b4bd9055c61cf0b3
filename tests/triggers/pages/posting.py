"""What a browser sends from the editor of a trigger."""

from typing import Any

from apps.queues.models import WorkQueue


def posted(queue: WorkQueue, **changes: Any) -> dict[str, Any]:
    """Return the fields of a trigger that adds an item every Tuesday and Friday at 7:30."""
    found = {
        "key": "daily",
        "title": "Daily report",
        "description": "",
        "target": "items",
        "queue": queue.key,
        "items": '[{"payload": {"day": "{date}"}, "reference": "daily-{date}"}]',
        "type": "recurring",
        "freq": "weekly",
        "interval": "1",
        "weekdays": ["tue", "fri"],
        "times": "7:30",
        "zone": "Europe/Berlin",
        "overlap": "skip",
        "missed": "run_once",
        "max_catch_up": "10",
        "calendar": "",
        "on_closed": "ignore",
        "disable_after_failures": "10",
        "owner": "",
        "version": "0",
    }
    return {**found, **changes}


# What a browser sends beside the times or conditions, whatever the kind
COMMON = {
    "title": "Watched",
    "key": "watched",
    "description": "",
    "overlap": "skip",
    "calendar": "",
    "on_closed": "ignore",
    "disable_after_failures": "10",
    "owner": "",
    "version": "0",
}
ALERT = {"target": "alert", "alert_title": "Look here", "alert_message": "", "alert_to": "owner"}
OF_KIND: dict[str, dict[str, Any]] = {
    "queue": {
        "target": "run",
        "automation": "test-patient",
        "input": "day = {date}",
        "watched_queue": "reports",
        "min_items": "2",
        "items_per_start": "5",
        "max_active": "3",
        "oldest": "15 min",
        "late": "20",
        "due_within": "",
    },
    "state": {
        **ALERT,
        "join": "all",
        "mode": "edge",
        "held_for": "5 min",
        "cool_down": "1 h",
        "once_per": "business_date",
        "zone": "Europe/Berlin",
        "n_rows": "2",
        "rows_letter": "c",
        "c0-group": "0",
        "c0-what": "queue.ready",
        "c0-queue": "reports",
        "c0-op": ">=",
        "c0-value": "3",
        "c1-group": "1",
        "c1-what": "asset",
        "c1-asset": "open",
        "c1-op": "=",
        "c1-value": "yes",
    },
    "event": {**ALERT, "source": "webhook", "tolerance_seconds": "120", "filter": "event.body.n>1"},
    "expected": {
        **ALERT,
        "type": "recurring",
        "freq": "weekly",
        "interval": "1",
        "weekdays": ["mon"],
        "times": "7:00",
        "zone": "Europe/Berlin",
        "missed": "run_once",
        "max_catch_up": "10",
        "expects": "items",
        "expected_queue": "reports",
        "at_least": "3",
    },
}


def posted_of(kind: str, **changes: Any) -> dict[str, Any]:
    """Return the fields of a trigger of another kind than time."""
    return {**COMMON, **OF_KIND[kind], **changes}
