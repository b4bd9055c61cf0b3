"""Triggers of each kind, sort and state, with a start log, to be looked at on their pages."""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.calendars.models import Calendar
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.queues.models import WorkQueue
from apps.triggers.lifecycle import fire_now, pause_trigger, save_trigger
from apps.triggers.models import Delivery, Firing, Trigger
from apps.triggers.receiving.accepting import Incoming, accept, record_refusal
from apps.triggers.receiving.refusals import RefusedError
from apps.triggers.receiving.signing import replace_secret

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
QUEUE = "seen-reports"
ALERT: JsonObject = {"type": "alert", "title": "Look at the reports"}
MUCH: JsonObject = {"metric": "queue.ready", "queue": QUEUE, "op": ">=", "value": 100}
OLD: JsonObject = {"metric": "queue.oldest_seconds", "queue": QUEUE, "op": ">", "value": 900}
REPORTED: JsonObject = {"trigger": "seen", "fired": "today"}
KINDS: dict[str, tuple[str, JsonObject]] = {
    "state": ("Too much to report", {"all": [MUCH, {"any": [OLD, REPORTED]}], **BERLIN}),
    "event": ("Orders of the shop", {"source": "webhook", "filter": "event.body.total > 0"}),
    "expected": (
        "Reports by seven",
        {
            **{"type": "recurring", "freq": "weekly", "weekdays": ["mon", "fri"]},
            **{"times": ["07:00"], "expects": {"items": {"queue": QUEUE, "at_least": 5}}},
            **BERLIN,
        },
    ),
}


def make_triggers_to_see(folder: Folder) -> None:
    """Make some for each page; the second time nothing."""
    if Trigger.objects.filter(folder=folder, key="seen").exists():
        return
    queue, _is_new = WorkQueue.objects.get_or_create(
        folder=folder, key=QUEUE, defaults={"title": "Reports"}
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
    for kind, (title, rule) in KINDS.items():
        said = {"title": title, "kind": kind, "rule": rule, "target": ALERT}
        save_trigger(folder, f"seen-{kind}", said, by=SYSTEM)
    _deliver(Trigger.objects.get(folder=folder, key="seen-event"))


def _deliver(hook: Trigger) -> Delivery:
    """Have a call come in that starts something, and one that is refused."""
    replace_secret(hook, by=SYSTEM)
    event: JsonObject = {"id": "order-1", "sent_at": 1, "body": {"total": 12.5}}
    incoming = Incoming(
        source="webhook",
        occasion="order-1",
        event=event,
        body=b'{"total": 12.5}',
        headers={"from": "192.0.2.7", "webhook-id": "order-1", "webhook-timestamp": "1"},
    )
    accept(hook.pk, incoming)
    old = Incoming(source="webhook", occasion="order-0", event={}, body=b"{")
    record_refusal(hook.pk, old, RefusedError("too_old", "It was sent too long ago.", status=400))
    return Delivery.objects.filter(trigger=hook, outcome="accepted").get()
