"""The live parts of the pages of failures."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in

from . import items, looking, presenting
from .listing import CAP, STATES, FailureFilter, cursor_in, others_of_cause, with_places
from .models import BusinessRule, FailureGroup

Context = dict[str, Any]

TABS = {
    "open": gettext_lazy("Open"),
    "muted": gettext_lazy("Muted"),
    "resolved": gettext_lazy("Resolved"),
    "all": gettext_lazy("All"),
}
SINCE = {
    "": gettext_lazy("Ever"),
    "1h": gettext_lazy("Last hour"),
    "24h": gettext_lazy("Last 24 hours"),
    "7d": gettext_lazy("Last 7 days"),
    "30d": gettext_lazy("Last 30 days"),
}


@fragment(
    "failures.list",
    template="failures/failure_list.html#list",
    action=Action.VIEW,
    topics=("failures",),
)
def failure_list(audience: Audience, arg: str) -> Context:
    """`arg` is the list's query string."""
    folders = audience.folder_ids(Action.VIEW)
    wanted = FailureFilter.parse(arg)
    page = wanted.page(folders)
    base = reverse("failures:list")
    following = wanted.but(after=page.next_cursor).query() if page.next_cursor else ""
    return {
        "wanted": wanted,
        "rows": presenting.rows_of(page.items, with_folders=len(folders) > 1),
        "tabs": [_tab(wanted, state, folders, base) for state in STATES],
        "choices": _choices(wanted),
        "keep": wanted.hidden(),
        "since_words": str(SINCE[wanted.since]) if wanted.since else "",
        "clear_url": _address(base, FailureFilter(state=wanted.state))
        if wanted.is_narrowed
        else "",
        "first_url": _address(base, wanted.but()) if wanted.after else "",
        "next_url": f"{base}?{following}" if following else "",
        "may_operate": bool(audience.folder_ids(Action.OPERATE)),
        "operable": audience.folder_ids(Action.OPERATE),
    }


@fragment(
    "failure.header",
    template="failures/failure_detail.html#header",
    action=Action.VIEW,
    topics=("failure_group:{arg}",),
)
def failure_header(audience: Audience, arg: str) -> Context | None:
    """How it stands, how often it happens, what is open, and how its retry goes."""
    group = group_for(audience, number_in(arg))
    if group is None:
        return None
    [row] = presenting.rows_of([group])
    retry = group.retries.select_related("operation").first()
    return {
        "group": group,
        "row": row,
        "cells": _cells(group, row),
        "retry": retry,
        "retry_words": presenting.retry_in_words(retry) if retry else "",
        "is_retried": row.retry is not None,
        "rule": _rule_of(group),
        "others": [
            {"row": each, "kind": each.group.get_kind_display()}
            for each in presenting.rows_of(others_of_cause(group))
        ],
        "may_operate": audience.can(Action.OPERATE, group.folder_id),
        "may_design": audience.can(Action.DESIGN, group.folder_id),
    }


@fragment(
    "failure.newest",
    template="failures/failure_detail.html#newest",
    action=Action.VIEW,
    topics=("failure_group:{arg}",),
)
def failure_newest(audience: Audience, arg: str) -> Context | None:
    group = group_for(audience, number_in(arg))
    return {"group": group, "shown": looking.newest_of(group)} if group else None


@fragment(
    "failure.where",
    template="failures/failure_detail.html#where",
    action=Action.VIEW,
    topics=("failure_group:{arg}",),
)
def failure_where(audience: Audience, arg: str) -> Context | None:
    """When it happens, and with which bots."""
    group = group_for(audience, number_in(arg))
    if group is None:
        return None
    chart = looking.chart_of(group)
    return {
        "group": group,
        "bots": looking.bots_of(group),
        "chart_id": f"failures-{group.pk}",
    } | chart


@fragment(
    "failure.items",
    template="failures/failure_detail.html#items",
    action=Action.VIEW,
    topics=("failure_group:{id}",),
)
def failure_items(audience: Audience, arg: str) -> Context | None:
    """`arg` is the group's number, and after a “?” the cursor of the page."""
    group = group_for(audience, number_in(arg))
    if group is None:
        return None
    cursor = cursor_in(arg.partition("?after=")[2])
    lines = looking.lines_of(group, cursor)
    base = reverse("failures:detail", args=[group.pk])
    return {
        "group": group,
        "lines": lines.lines,
        "first_url": base if cursor else "",
        "next_url": f"{base}?after={lines.next_cursor}" if lines.next_cursor else "",
    }


def group_for(audience: Audience, pk: int | None) -> FailureGroup | None:
    """Return the group if the audience may see it."""
    folders = audience.folder_ids(Action.VIEW)
    return with_places(FailureGroup.objects.filter(folder__in=folders, pk=pk or 0)).first()


def _tab(wanted: FailureFilter, state: str, folders: Any, base: str) -> Context:
    there = wanted.but(state=state)
    n = there.count(folders) if state != "all" else None
    return {
        "label": TABS[state],
        "url": _address(base, there),
        "current": wanted.state == state,
        "count": None if n is None else n if n <= CAP else f"> {CAP}",
    }


def _choices(wanted: FailureFilter) -> list[Context]:
    kinds = [("", _("Everything")), *FailureGroup.Kind.choices]
    return [
        {
            "name": "since",
            "label": _("Seen"),
            "value": wanted.since,
            "options": list(SINCE.items()),
        },
        {"name": "kind", "label": _("What"), "value": wanted.kind, "options": kinds},
    ]


def _cells(group: FailureGroup, row: presenting.Row) -> list[Context]:
    cells: list[Context] = [
        {"label": _("Failures, ever"), "value": group.count},
        {"label": _("Last 24 hours"), "value": row.last_day},
    ]
    if group.is_of_items:
        n_open = items.count_open(group)
        n_waiting = items.count_up_to(items.waiting_failures(group.pk))
        cells += [
            _capped(_("Items still open"), n_open) | {"tone": "act" if n_open else ""},
            _capped(_("Being worked again"), n_waiting),
        ]
    return cells


def _capped(label: str, n: int) -> Context:
    if n > items.CAP:
        return {"label": label, "value": items.CAP, "note": _("or more")}
    return {"label": label, "value": n}


def _rule_of(group: FailureGroup) -> BusinessRule | None:
    return BusinessRule.objects.filter(queue=group.queue_id, cause=group.cause).first()


def _address(base: str, wanted: FailureFilter) -> str:
    query = wanted.query()
    return f"{base}?{query}" if query else base
