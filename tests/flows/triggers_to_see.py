"""Triggers of each sort and state, with a start log, to be looked at on their pages."""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.calendars.models import Calendar
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.queues.models import WorkQueue
from apps.triggers.lifecycle import fire_now, pause_trigger, save_trigger
from apps.triggers.models import Firing, Trigger

BERLIN = {"zone": "Europe/Berlin"}
RULES = {
    "seen": ("Morning report", {"type": "recurring", "freq": "daily", "times": ["07:30"]}),
    "seen-weekly": (
        "Second Tuesdays",
        {
            "type": "recurring",
            "freq": "monthly",
            "weekdays": ["tue"],
            "ordinal": 2,
            "times": ["02:30"],
        },
    ),
    "seen-often": ("Mailbox", {"type": "cron", "cron": "*/15 8-18 * * 1-5", "jitter_seconds": 30}),
    "seen-once": ("Year end", {"type": "once", "at": "2099-12-31T18:00"}),
    "seen-paused": ("Stocktaking", {"type": "interval", "seconds": 7200}),
}


def make_triggers_to_see(folder: Folder) -> None:
    """Make some for each page; the second time nothing."""
    if Trigger.objects.filter(folder=folder, key="seen").exists():
        return
    queue, _is_new = WorkQueue.objects.get_or_create(
        folder=folder, key="seen-reports", defaults={"title": "Reports"}
    )
    calendar = Calendar.objects.filter(folder=folder).first()
    item = {"payload": {"day": "{date}"}, "reference": "report-{date}"}
    target = {"type": "items", "queue": queue.key, "items": [item]}
    for key, (title, rule) in RULES.items():
        said = {"title": title, "rule": {**rule, **BERLIN}, "target": target}
        save_trigger(folder, key, said, by=SYSTEM)
    morning = Trigger.objects.get(folder=folder, key="seen")
    shifted = {"calendar": calendar.key, "on_closed": "skip"} if calendar else {"overlap": "allow"}
    save_trigger(folder, "seen", {"title": "Daily report", **shifted}, by=SYSTEM)
    paused = Trigger.objects.get(folder=folder, key="seen-paused")
    pause_trigger(paused, by=SYSTEM, reason="The warehouse is counted")
    fire_now(morning, by=SYSTEM)
    for n, outcome in enumerate(Firing.Outcome.values):
        at = database_now() - timedelta(days=n + 1)
        reason = "overlap" if outcome in {"skipped", "waiting"} else ""
        Firing.objects.create(trigger=morning, planned_at=at, outcome=outcome, reason=reason)
