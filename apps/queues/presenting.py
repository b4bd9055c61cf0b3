"""What the queue and item pages show, read from the tables and put into words."""

import json
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.bots.models import Run
from apps.lib.durations import duration_in_words

from .counts import counts_of, series
from .listing import ItemFilter
from .models import Measure, MinuteCount, WorkQueue

# an item that waits longer than this is worth a look, longer than that an act
WATCH_WAIT = timedelta(minutes=30)
ACT_WAIT = timedelta(hours=4)
FAILURES = (Measure.FAILED, Measure.EXPIRED)


def queue_rows(queues: list[WorkQueue]) -> list[dict[str, Any]]:
    """Return a row per queue: its counts, today's ends, its rates, its oldest waiting item."""
    ids = [queue.pk for queue in queues]
    counts = counts_of(ids)
    today, hour = _flows(ids, _midnight()), _flows(ids, timezone.now() - timedelta(hours=1))
    return [_row(queue, counts[queue.pk], today, hour) for queue in queues]


def _row(
    queue: WorkQueue, counts: Any, today: dict[Any, int], hour: dict[Any, int]
) -> dict[str, Any]:
    def ended(flows: dict[Any, int], *measures: str) -> int:
        return sum(flows.get((queue.pk, measure), 0) for measure in measures)

    row = {
        "queue": queue,
        **{measure: counts.by_measure.get(measure, 0) for measure in Measure.values[:10]},
        "done_today": ended(today, Measure.SUCCESSFUL),
        "failed_today": ended(today, *FAILURES),
        "in_per_hour": ended(hour, Measure.ADDED),
        "out_per_hour": ended(hour, Measure.SUCCESSFUL, Measure.SKIPPED, *FAILURES),
        "oldest_seconds": counts.oldest_seconds,
        "oldest_at": _ago(counts.oldest_seconds),
    }
    row["tiles"] = _tiles(row)
    return row


def _tiles(row: dict[str, Any]) -> list[dict[str, Any]]:
    base = reverse("queues:queue_detail", args=[row["queue"].pk])
    oldest = row["oldest_seconds"]
    waited = timedelta(seconds=oldest or 0)
    wait_state = "act" if waited > ACT_WAIT else "watch" if waited > WATCH_WAIT else "ok"
    note = _("oldest waits %(time)s") % {"time": duration_in_words(oldest)} if oldest else ""
    retry_note = _("wait for a retry or their time")
    return [
        _tile(_("Waiting"), row["ready"], wait_state, note, f"{base}?status=ready"),
        _tile(_("Later"), row["scheduled"], "ok", retry_note, f"{base}?status=scheduled"),
        _tile(_("Running"), row["in_progress"], "ok", "", f"{base}?status=in_progress"),
        _tile(
            _("Need a person"),
            row["needs_decision"],
            "watch" if row["needs_decision"] else "ok",
            "",
            f"{base}?status=needs_decision",
        ),
        _tile(
            _("Failed today"),
            row["failed_today"],
            "act" if row["failed_today"] else "ok",
            "",
            f"{base}?status=failed",
        ),
        _tile(_("Done today"), row["done_today"], "ok", "", f"{base}?status=successful"),
    ]


def _tile(label: str, value: int, state: str, note: str, url: str) -> dict[str, Any]:
    return {"label": label, "value": value, "state": state, "note": note, "url": url}


def active_runs(queue: WorkQueue) -> list[Run]:
    return list(
        Run.objects.active()
        .filter(queue_run__queue=queue)
        .select_related("bot")
        .order_by("pk")[:20]
    )


def flow_chart(queue_ids: list[int], *, minutes: int) -> dict[str, Any]:
    """Return added, done and failed per minute, as a chart and as its table twin."""
    since = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes)
    points = series(queue_ids, since, timedelta(minutes=1))
    wanted = [
        (_("Added"), (Measure.ADDED,), {"tone": 1, "fill": True}),
        (_("Done"), (Measure.SUCCESSFUL,), {"tone": 2}),
        (_("Failed"), FAILURES, {"tone": 3, "dash": True}),
    ]
    columns = [
        [sum(point.counts.get(measure, 0) for measure in measures) for point in points]
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
TABS: list[tuple[str, Any]] = [
    ("", gettext_lazy("All")),
    (Measure.READY, gettext_lazy("Waiting")),
    (Measure.SCHEDULED, gettext_lazy("Later")),
    (Measure.IN_PROGRESS, gettext_lazy("Running")),
    (Measure.NEEDS_DECISION, gettext_lazy("Need a person")),
    (Measure.ON_HOLD, gettext_lazy("Paused")),
    (Measure.SUCCESSFUL, gettext_lazy("Done")),
    (Measure.FAILED, gettext_lazy("Failed")),
    (Measure.SKIPPED, gettext_lazy("Left out")),
    (Measure.CANCELLED, gettext_lazy("Cancelled")),
    (Measure.EXPIRED, gettext_lazy("Expired")),
]


def status_tabs(queue: WorkQueue, wanted: ItemFilter) -> list[dict[str, Any]]:
    """Return a tab per state, each with its count; empty final states are left away."""
    counts = counts_of([queue.pk])[queue.pk].by_measure
    base = reverse("queues:queue_detail", args=[queue.pk])
    tabs = []
    for status, label in TABS:
        query = wanted.replace(status=str(status), before=None).query()
        current = wanted.status == status
        count = counts.get(status, 0) if status else None
        if count or current or status in TABS_ALWAYS:
            tabs.append(
                {
                    "url": f"{base}?{query}" if query else base,
                    "label": label,
                    "current": current,
                    "count": count,
                }
            )
    return tabs


TABS_ALWAYS = ("", Measure.READY, Measure.IN_PROGRESS, Measure.NEEDS_DECISION, Measure.SUCCESSFUL)


def _flows(queue_ids: list[int], since: datetime) -> dict[tuple[int, str], int]:
    rows = (
        MinuteCount.objects.filter(queue_id__in=queue_ids, minute__gte=since, n__gt=0)
        .values_list("queue_id", "measure")
        .annotate(total=Sum("n"))
    )
    return {(queue_id, measure): total for queue_id, measure, total in rows}


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _ago(seconds: float | None) -> datetime | None:
    return None if seconds is None else timezone.now() - timedelta(seconds=seconds)
