"""The live parts of the pages, and the banner that stands on every page of a stopped folder."""

from typing import Any

from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in
from apps.lib.clock import database_now

from . import drawing, presenting
from .models import Application, FolderStop, Freeze, Limit

Context = dict[str, Any]

FREEZES_OVER_SHOWN = 10


@fragment("limits.stops", template="limits/_banner.html", action=Action.VIEW, topics=("stops",))
def stops(audience: Audience, arg: str) -> Context:
    """The folders that are stopped now; nearly always none."""
    folders = audience.folder_ids(Action.VIEW)
    found = FolderStop.objects.filter(folder__in=folders).select_related("folder")
    return {"stops": list(found.order_by("folder__title"))}


@fragment(
    "applications.table",
    template="limits/application_list.html#table",
    action=Action.VIEW,
    topics=("limits", "queues", "bots"),
)
def applications_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    found = Application.objects.filter(folder__in=folders).select_related("folder")
    return {
        "rows": presenting.application_rows(list(found), database_now(), folders),
        "has_folders": len(folders) > 1,
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "application.header",
    template="limits/application_detail.html#header",
    action=Action.VIEW,
    topics=("application:{arg}", "limits", "queues", "bots"),
)
def application_header(audience: Audience, arg: str) -> Context | None:
    """How it stands and does, who uses it, and who holds its seats."""
    folders = audience.folder_ids(Action.VIEW)
    rows = Application.objects.filter(folder__in=folders).select_related("folder")
    application = rows.filter(pk=number_in(arg) or 0).first()
    if application is None:
        return None
    now = database_now()
    [row] = presenting.application_rows([application], now, folders)
    threshold = application.failure_share if application.breaker_on else None
    return {
        "application": application,
        "row": row,
        "cells": _cells(row),
        "chart": drawing.chart_of(row.spans, threshold=threshold, label=_clock),
        "tried": [span for span in reversed(row.spans) if span.n],
        "breaker": presenting.breaker_in_words(application),
        "freezes": _freezes_of(application),
        "may_design": audience.can(Action.DESIGN, application.folder_id),
        "may_operate": audience.can(Action.OPERATE, application.folder_id),
    }


@fragment(
    "limits.table",
    template="limits/limit_list.html#table",
    action=Action.VIEW,
    topics=("limits", "queues", "bots"),
)
def limits_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    found = Limit.objects.filter(folder__in=folders).select_related("application", "folder")
    editable = audience.folder_ids(Action.DESIGN) | audience.folder_ids(Action.AUDIT)
    return {
        "rows": presenting.limit_rows(list(found), folders),
        "editable": editable,
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "limit.use",
    template="limits/limit_form.html#use",
    action=Action.VIEW,
    topics=("limits", "queues", "bots"),
)
def limit_use(audience: Audience, arg: str) -> Context | None:
    """Who holds its seats, and what it binds by itself."""
    folders = audience.folder_ids(Action.VIEW)
    found = Limit.objects.filter(folder__in=folders).select_related("application")
    limit = found.filter(pk=number_in(arg) or 0).first()
    if limit is None:
        return None
    [row] = presenting.limit_rows([limit], folders)
    return {"row": row, "limit": limit}


@fragment(
    "freezes.table",
    template="limits/freeze_list.html#table",
    action=Action.VIEW,
    topics=("limits",),
)
def freezes_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    editable = audience.folder_ids(Action.DESIGN) | audience.folder_ids(Action.AUDIT)
    found = Freeze.objects.filter(folder__in=folders).prefetch_related("applications")
    now = database_now()
    over = found.filter(ends_at__lte=now).order_by("-ends_at", "-id")[:FREEZES_OVER_SHOWN]
    return {
        "rows": [_freeze_row(each, now) for each in found.filter(ends_at__gt=now)],
        "over": [_freeze_row(each, now) for each in over],
        "editable": editable,
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


def _freeze_row(freeze: Freeze, now: Any) -> Context:
    return {
        "freeze": freeze,
        "about": presenting.freeze_in_words(freeze),
        "holds": freeze.starts_at <= now < freeze.ends_at,
    }


def _freezes_of(application: Application) -> list[Freeze]:
    """Return the freezes that hold for it or will."""
    about = Q(applications=None) | Q(applications=application)
    found = Freeze.objects.filter(about, folder=application.folder_id, ends_at__gt=Now())
    return list(found.distinct().order_by("starts_at", "id"))


def _cells(row: presenting.ApplicationRow) -> list[Context]:
    seats = [each for each in row.limits if each.held is not None]
    share = row.hour.share
    bad = row.application.breaker_on and (share or 0) >= row.application.failure_share
    failed: Context = {"label": _("Failed, last hour"), "value": row.hour.n_failed}
    if share is None:
        failed["note"] = row.tries_in_words
    else:
        failed |= {"of": row.hour.n, "note": f"{share:.0%}", "tone": "act" if bad else ""}
    cells: list[Context] = [
        failed,
        {"label": _("Waiting"), "value": row.waiting},
        {"label": _("At work"), "value": row.at_work},
    ]
    cells += [
        {
            "label": each.limit.title,
            "value": each.held,
            "of": each.limit.size,
            "tone": "watch" if each.is_full else "",
            "note": _("all taken") if each.is_full else "",
        }
        for each in seats
    ]
    return cells


def _clock(at: Any) -> str:
    return timezone.localtime(at).strftime("%H:%M")
