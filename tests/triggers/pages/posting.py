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
