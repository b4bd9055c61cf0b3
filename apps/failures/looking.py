"""One group, looked at closely: its newest failure, whom it happens to, what it left behind."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.bots.models import LogLine, Run
from apps.lib.errors import InvalidError
from apps.lib.pagination import Page, page_of
from apps.queues.counts import status_of
from apps.queues.models import Attempt, ItemFile, WorkItem
from apps.workflows.models import Incident

from .models import BotFailures, Failure, FailureGroup, Source
from .presenting import hourly

LOG_LINES: Final = 30
PAGE_SIZE: Final = 25
BOTS_SHOWN: Final = 20
NEWEST_FIRST: Final = ("-at", "-source_id", "-number")


@dataclass(frozen=True, kw_only=True)
class Shown:
    """One failure with what is known of it. Empty where that is not kept any more."""

    at: datetime
    title: str = ""
    url: str = ""
    bot: str = ""
    message: str = ""
    detail: str = ""
    run_url: str = ""
    run_id: int | None = None
    log: Sequence[dict[str, Any]] = ()
    pictures: Sequence[ItemFile] = ()
    log_query: str = ""  # what the page of the log is asked for


@dataclass(frozen=True, kw_only=True)
class Line:
    """One of many failures of a group, in its table."""

    failure: Failure
    title: str
    url: str
    status: str = ""
    word: str = ""


@dataclass(frozen=True)
class Lines:
    lines: list[Line] = field(default_factory=list)
    next_cursor: str | None = None


def newest_of(group: FailureGroup) -> Shown | None:
    """Return the newest failure with its log and pictures; None if none is kept any more."""
    failure = group.failures.order_by(*NEWEST_FIRST).first()
    if failure is None:
        return None
    return {Source.TRY: _try, Source.RUN: _run, Source.INCIDENT: _incident}[Source(failure.source)](
        failure
    )


def lines_of(group: FailureGroup, cursor: str = "") -> Lines:
    """Return a page of its failures, newest first; the first one for a foreign cursor."""
    rows = group.failures.all()
    try:
        page = page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE, cursor=cursor)
    except InvalidError:
        page = page_of(rows, order=NEWEST_FIRST, limit=PAGE_SIZE)
    make = {Source.TRY: _item_lines, Source.RUN: _run_lines, Source.INCIDENT: _incident_lines}
    source = page.items[0].source if page.items else Source.TRY
    return Lines(make[Source(source)](page), page.next_cursor)


def bots_of(group: FailureGroup) -> list[dict[str, Any]]:
    """Return whom it happens to, most often first."""
    found = BotFailures.objects.filter(group=group).order_by("-n", "bot")[:BOTS_SHOWN]
    return [
        {"bot": each.bot, "n": each.n, "last_at": each.last_at, "share": 100 * each.n / group.count}
        for each in found
    ]


def chart_of(group: FailureGroup) -> dict[str, Any]:
    """Return the last day by the hour: as a chart and as its twin."""
    hours = sorted(hourly([group.pk])[group.pk].items())
    series = {
        "x": [int(at.timestamp()) for at, _n in hours],
        "series": [{"label": _("Failures"), "values": [n for _at, n in hours], "tone": 2}],
    }
    lines = [{"at": timezone.localtime(at), "n": n} for at, n in reversed(hours) if n]
    return {"series": orjson.dumps(series).decode(), "lines": lines}


def _try(failure: Failure) -> Shown:
    item = WorkItem.objects.filter(pk=failure.source_id).first()
    attempt = Attempt.objects.filter(
        item_id=failure.source_id, number=failure.number, ended_at=failure.at
    ).first()
    log = LogLine.objects.filter(item_id=failure.source_id, attempt=failure.number)
    pictures = ItemFile.objects.filter(
        item=failure.source_id, content_type__startswith="image/"
    ).order_by("-added_at")
    run_id = attempt.run_id if attempt else None
    return Shown(
        at=failure.at,
        title=_("%(item)s, try %(n)d")
        % {"item": item or f"#{failure.source_id}", "n": failure.number},
        url=reverse("items:item_detail", args=[failure.source_id]) if item else "",
        bot=failure.bot,
        message=attempt.message if attempt else "",
        detail=attempt.detail if attempt else "",
        run_id=run_id,
        run_url=_run_url(run_id),
        log=_log(log),
        pictures=list(pictures[:3]),
        log_query=urlencode({"item": f"#{failure.source_id}", "attempt": failure.number}),
    )


def _run(failure: Failure) -> Shown:
    run = Run.objects.filter(pk=failure.source_id).first()
    message, _blank, detail = (run.exit_reason if run else "").partition("\n\n")
    return Shown(
        at=failure.at,
        title=_("Run %d") % failure.source_id,
        url=_run_url(failure.source_id) if run else "",
        bot=failure.bot,
        message=message,
        detail=detail,
        log=_log(LogLine.objects.filter(run_id=failure.source_id)),
        log_query=urlencode({"run": failure.source_id, "at": "error"}),
    )


def _incident(failure: Failure) -> Shown:
    incident = Incident.objects.filter(pk=failure.source_id).first()
    if incident is None:
        return Shown(at=failure.at, title=_("Incident %d") % failure.source_id)
    words = {"instance": incident.instance_id, "step": incident.node}
    return Shown(
        at=failure.at,
        title=_("Instance %(instance)d, step %(step)s") % words,
        url=_instance_url(incident.instance_id),
        message=incident.message,
        log_query=urlencode({"instance": f"#{incident.instance_id}", "level": "error"}),
    )


def _log(lines: Any) -> list[dict[str, Any]]:
    """Return the last lines, as they were said: what went wrong stands at their end."""
    found = list(lines.order_by("-at", "-id")[:LOG_LINES])[::-1]
    return [
        {"n": n, "at": line.at, "level": line.level, "message": line.message}
        for n, line in enumerate(found, 1)
    ]


def _item_lines(page: Page[Failure]) -> list[Line]:
    ids = {failure.source_id for failure in page.items}
    items = WorkItem.objects.only("pk", "reference").in_bulk(ids)
    statuses = status_of(ids)
    return [
        Line(
            failure=each,
            title=str(items.get(each.source_id, f"#{each.source_id}")),
            url=reverse("items:item_detail", args=[each.source_id])
            if each.source_id in items
            else "",
            status=statuses.get(each.source_id, ""),
        )
        for each in page.items
    ]


def _run_lines(page: Page[Failure]) -> list[Line]:
    runs = Run.objects.in_bulk([failure.source_id for failure in page.items])
    return [
        Line(
            failure=each,
            title=_("Run %d") % each.source_id,
            url=_run_url(each.source_id) if each.source_id in runs else "",
            status=runs[each.source_id].status if each.source_id in runs else "",
        )
        for each in page.items
    ]


def _incident_lines(page: Page[Failure]) -> list[Line]:
    found = Incident.objects.in_bulk([failure.source_id for failure in page.items])
    lines = []
    for each in page.items:
        incident = found.get(each.source_id)
        instance_id = incident.instance_id if incident else 0
        lines.append(
            Line(
                failure=each,
                title=_("Instance %d") % instance_id if incident else f"#{each.source_id}",
                url=_instance_url(instance_id) if incident else "",
                status="person" if incident and incident.is_open else "done",
                word=_("Needs repair") if incident and incident.is_open else _("Repaired"),
            )
        )
    return lines


def _run_url(run_id: int | None) -> str:
    return reverse("runs:run_detail", args=[run_id]) if run_id else ""


def _instance_url(pk: int) -> str:
    return reverse("instances:instance_detail", args=[pk])
