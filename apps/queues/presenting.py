"""What the pages of queues show, read from the tables and put into words."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import Run
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now, now_and_midnight, start_of_today, whole_minute
from apps.lib.durations import duration_in_words

from .counts import QueueCounts, counts_of, series, totals
from .foretelling import lines_of
from .item_changes import changes_in_words
from .listing import ItemFilter
from .models import Ended, Measure, WorkQueue
from .statuses import PLACE_LABELS

# an item that waits longer than this is worth a look, longer than that an act
WATCH_WAIT = timedelta(minutes=30)
ACT_WAIT = timedelta(hours=4)
FAILURES = (Measure.FAILED, Measure.EXPIRED)
LEAVING = (Measure.SUCCESSFUL, Measure.SKIPPED, Measure.CANCELLED, *FAILURES)
HOUR = timedelta(hours=1)
MAX_HISTORY = 20

Flows = dict[tuple[int, str], int]


def queue_rows(queues: list[WorkQueue]) -> list[dict[str, Any]]:
    """Return a row per queue: counts, today's ends, rates, the oldest item, what is foretold."""
    ids = [queue.pk for queue in queues]
    counts, (now, midnight) = counts_of(ids), now_and_midnight()
    today = totals(ids, [Measure.SUCCESSFUL], midnight, now)
    hour = totals(ids, [Measure.ADDED, *LEAVING], whole_minute(now) - HOUR, now)
    failed = _failed_today(ids)
    foretold = lines_of(ids)
    return [
        _row(queue, counts[queue.pk], today, hour, failed, now)
        | {"forecast": foretold.get(queue.pk)}
        for queue in queues
    ]


def _row(
    queue: WorkQueue,
    counts: QueueCounts,
    today: Flows,
    hour: Flows,
    failed: dict[int, int],
    now: datetime,
) -> dict[str, Any]:
    def within_hour(*measures: str) -> int:
        return sum(max(0, hour.get((queue.pk, measure), 0)) for measure in measures)

    oldest = counts.oldest_seconds
    return {
        "queue": queue,
        **{measure: counts[measure] for measure in Measure.values[:10]},
        "waiting": counts.waiting,
        "done_today": max(0, today.get((queue.pk, Measure.SUCCESSFUL), 0)),
        "failed_today": failed.get(queue.pk, 0),
        "in_per_hour": within_hour(Measure.ADDED),
        "out_per_hour": within_hour(*LEAVING),
        "oldest_seconds": oldest,
        "oldest_at": None if oldest is None else now - timedelta(seconds=oldest),
        "wait_state": wait_state(oldest),
    }


def wait_state(oldest_seconds: float | None) -> str:
    """Say whether the wait of the oldest item is `ok`, to `watch`, or to `act` on."""
    waited = timedelta(seconds=oldest_seconds or 0)
    return "act" if waited > ACT_WAIT else "watch" if waited > WATCH_WAIT else "ok"


def strip_of(row: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the queue's counts in one line, each a link to the items that it counts."""
    oldest = row["oldest_seconds"]
    waits = _("oldest %(time)s") % {"time": duration_in_words(oldest)} if oldest else ""
    rate = _("%(n)s in the last hour") % {"n": row["out_per_hour"]}
    loud = {"act": "failed", "watch": "retry"}.get(row["wait_state"], "")
    person = "person" if row["needs_decision"] else ""
    failed = "failed" if row["failed_today"] else ""
    return [
        _cell(row, _("Waiting"), "ready", note=waits, tone=loud),
        _cell(row, _("Later"), "scheduled", note=_("retry, or not yet due to start")),
        _cell(row, _("Running"), "in_progress", note=_("with a bot")),
        _cell(row, _("Needs a person"), "needs_decision", note=_("in the inbox"), tone=person),
        _cell(row, _("Failed today"), "failed", key="failed_today", tone=failed, today=True),
        _cell(row, _("Done today"), "successful", key="done_today", note=rate, today=True),
    ]


def _cell(
    row: dict[str, Any],
    label: str,
    status: str,
    *,
    key: str = "",
    note: str = "",
    tone: str = "",
    today: bool = False,
) -> dict[str, Any]:
    wanted = ItemFilter(row["queue"].pk, status=str(status), is_today=today)
    base = reverse("queues:queue_detail", args=[row["queue"].pk])
    value = row[key or status]
    return {
        "label": label,
        "value": value,
        "note": note if value else "",
        "tone": tone,
        "url": f"{base}?{wanted.query()}",
    }


def rules_of(queue: WorkQueue) -> list[tuple[str, str]]:
    """Return the queue's rules as people say them."""
    delay = duration_in_words(queue.retry_delay_seconds)
    doubling = queue.retry_backoff == WorkQueue.Backoff.EXPONENTIAL
    tries = _("%(n)s tries, then %(then)s") % {
        "n": queue.max_attempts,
        "then": queue.get_on_exhausted_display().lower(),
    }
    again = _("after %(delay)s, each time twice as long") if doubling else _("after %(delay)s")
    rules = [
        (_("System problem"), tries),
        (_("Tried again"), again % {"delay": delay}),
        (_("Data problem"), queue.get_on_business_exception_display()),
        (_("Due"), _due(queue)),
    ]
    if queue.error_rules:
        rules.append((_("Error rules"), str(len(queue.error_rules))))
    return rules


def _due(queue: WorkQueue) -> str:
    if queue.sla_seconds:
        return _("%(time)s after it came in") % {"time": duration_in_words(queue.sla_seconds)}
    elif queue.cut_off:
        days = _("working days") if queue.cut_off.get("days") == "working" else _("every day")
        return _("%(time)s (%(zone)s), %(days)s") % {
            "time": queue.cut_off.get("time", ""),
            "zone": queue.cut_off.get("zone", "UTC"),
            "days": days,
        }
    else:
        return _("when it says so itself")


def history_of_queue(queue: WorkQueue) -> list[dict[str, Any]]:
    """Return what people did to the queue and its settings, newest first."""
    events = history_of(("queue", queue.pk), limit=MAX_HISTORY).items
    return [
        {
            "what": sentence_of(event),
            "at": event.occurred_at,
            "changes": changes_in_words(event.data.get("changes"), {}),
        }
        for event in events
    ]


def active_runs(queue: WorkQueue) -> list[Run]:
    return list(
        Run.objects.active()
        .filter(queue_run__queue=queue)
        .select_related("bot")
        .order_by("pk")[:20]
    )


def flow_chart(queue_ids: list[int], *, minutes: int) -> dict[str, Any]:
    """Return added, done and failed per minute, as a chart and as its table twin."""
    since = database_now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    # without the running minute: it is not over, and would look like a sudden stop
    points = series(queue_ids, since, timedelta(minutes=1))[:-1]
    wanted = [
        (_("Added"), (Measure.ADDED,), {"tone": 1, "fill": True}),
        (_("Done"), (Measure.SUCCESSFUL,), {"tone": 3}),
        (_("Failed"), FAILURES, {"tone": 2, "dash": True}),
    ]
    columns = [
        [max(0, sum(point.counts.get(measure, 0) for measure in measures)) for point in points]
        for _label, measures, _style in wanted
    ]
    chart = {
        "x": [int(point.at.timestamp()) for point in points],
        "series": [
            {"label": label, "values": values, **style}
            for (label, _measures, style), values in zip(wanted, columns, strict=True)
        ],
    }
    lines = [
        {"at": point.at, "values": [column[index] for column in columns]}
        for index, point in enumerate(points)
    ]
    return {
        "chart_id": f"flow-{'-'.join(map(str, queue_ids))[:60]}",
        "series": json.dumps(chart),
        "names": [label for label, _measures, _style in wanted],
        "lines": lines[::-1],
    }


# Filters of the item list, in the order of an item's life.
TABS: list[tuple[str, Any]] = [("", gettext_lazy("All")), *PLACE_LABELS.items()]
TABS_ALWAYS = ("", Measure.READY, Measure.IN_PROGRESS, Measure.NEEDS_DECISION, Measure.SUCCESSFUL)


def status_tabs(queue: WorkQueue, wanted: ItemFilter) -> list[dict[str, Any]]:
    """Return a tab per state, each with its count; empty final states are left away.

    What ended today stays so from one final state to the other, without counts: those are of all.
    """
    counts = counts_of([queue.pk])[queue.pk]
    base = reverse("queues:queue_detail", args=[queue.pk])
    tabs = []
    for status, label in TABS:
        is_today = wanted.is_today and status in Ended.Status.values
        query = wanted.replace(status=str(status), before=None, is_today=is_today).query()
        current = wanted.status == status
        count = counts[status] if status else None
        if count or current or status in TABS_ALWAYS:
            tabs.append(
                {
                    "url": f"{base}?{query}" if query else base,
                    "label": label,
                    "current": current,
                    "count": None if is_today else count,
                }
            )
    return tabs


def _failed_today(queue_ids: list[int]) -> dict[int, int]:
    """Count what the list “failed today” shows; few, and found by an index."""
    failed = Ended.objects.filter(
        queue_id__in=queue_ids, at__gte=start_of_today(), status=Ended.Status.FAILED
    )
    return dict(failed.values_list("queue_id").annotate(n=Count("item_id")))
