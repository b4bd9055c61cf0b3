"""The live parts of the inbox."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in
from apps.lib.numbers import whole_number

# the team view's register themselves
from . import presenting, team_fragments  # noqa: F401
from .choices import count_alike, groups_of
from .lifecycle import recallable_ids
from .listing import MAX_COUNT, TABS, TaskFilter
from .models import UserTask
from .standing import (
    away_of,
    cases_of,
    may_bulk,
    offered_names,
    pending_of,
    pending_words,
    rungs_of,
    standing,
    vote_counts,
    votes_of,
    why_it_is_not_for,
)

Context = dict[str, Any]
MAIN_TABS = ("mine", "team", "open", "decided")


@fragment("inbox.list", template="inbox/inbox.html#list", topics=("inbox:{folder}",))
def task_list(audience: Audience, arg: str) -> Context | None:
    """`arg` is `TaskFilter.argument()`."""
    wanted = TaskFilter.parse(arg)
    if wanted.folder not in audience.folder_ids(Action.VIEW):
        return None
    is_grouped = wanted.is_grouped and wanted.tab not in ("decided", "snoozed")
    found = _groups(wanted, audience) if is_grouped else _rows(wanted, audience)
    tabs = _tabs(wanted, audience, found.get("n_found"))
    return found | {
        "wanted": wanted,
        "query": wanted.query(),
        "tabs": [tab for tab in tabs if tab["tab"] in MAIN_TABS or tab["current"]],
        "more_tabs": [tab for tab in tabs if tab["tab"] not in MAIN_TABS and not tab["current"]],
        "may_decide": audience.can(Action.DECIDE, wanted.folder),
    }


def _rows(wanted: TaskFilter, audience: Audience) -> Context:
    page = wanted.page(audience)
    votes, recallable = vote_counts(page.items), _recallable(page.items, wanted.who, audience)
    cases = cases_of(page.items)
    kinds = dict(UserTask.Kind.choices)
    # said once for all rows, of which there are many
    place, select = reverse("inbox:task", args=[0]), _("Select %(title)s")
    query = f"?{wanted.query()}" if wanted.query() else ""
    rows = [
        {
            **standing(task, me=wanted.who),
            "kind": kinds[task.kind],
            "votes": votes.get(task.pk),
            "case": cases.get(task.pk, ""),
            "may_recall": task.pk in recallable,
            "address": place.replace("/0/", f"/{task.pk}/") + query,
            "select_words": select % {"title": task.title},
        }
        for task in page.items
    ]
    is_top = wanted.tab == "decided" and not wanted.after
    is_all = not page.next_cursor and not wanted.after
    return {
        "rows": rows,
        # what was found need not be looked for again: a text has no index
        "n_found": len(rows) if is_all else None,
        "pending": _pending(wanted, audience) if is_top else [],
        "next_query": wanted.but(after=page.next_cursor).query() if page.next_cursor else "",
        "first_query": wanted.but().query() if wanted.after else None,
        "team_count": _said(wanted.but(tab="open").count(audience)) if not rows else "",
    }


def _recallable(tasks: Sequence[UserTask], me: int, audience: Audience) -> set[int]:
    """Return which decisions that person may take back, as far as one look tells."""
    recent = [
        task
        for task in tasks
        if not task.is_open
        and (task.decided_by_id == me or audience.can(Action.OPERATE, task.folder_id))
    ]
    return recallable_ids(recent) if recent else set()


def _pending(wanted: TaskFilter, audience: Audience) -> list[Context]:
    return [
        {"task": task, **pending_words(task, task.pending_decision, me=wanted.who)}
        for task in wanted.pending(audience)
    ]


def _groups(wanted: TaskFilter, audience: Audience) -> Context:
    found = groups_of(wanted, audience)
    for group in found:
        group["query"] = wanted.but(is_grouped=False, alike=group["task"].alike).query()
    return {"groups": found, "rows": []}


@fragment("inbox.badge", template="inbox/inbox.html#badge", topics=("inbox:{folder}",))
def badge(audience: Audience, arg: str) -> Context | None:
    """How many tasks wait; `arg` is `folder=<id>`."""
    n = TaskFilter.parse(arg).count(audience)
    return {"count": _said(n) if n else ""}


@fragment("task.header", template="inbox/inbox.html#header", topics=("task:{id}",))
def header(audience: Audience, arg: str) -> Context | None:
    """`arg` is `<task>?me=<person>`; `me` only chooses words."""
    task = _task(audience, arg)
    if task is None:
        return None
    me = _named(arg, "me")
    pending = pending_of(task)
    why_not = why_it_is_not_for(task, me)
    is_free = task.is_open and not why_not and pending is None
    return {
        **standing(task, me=me),
        "instance": presenting.instance_of(task),
        "may_decide": audience.can(Action.DECIDE, task.folder_id) and is_free,
        "may_recall": bool(_recallable([task], me, audience)),
        "why_not": why_not,
        "pending": pending_words(task, pending, me=me),
        "offered_to": offered_names(task),
        "votes": votes_of(task, me=me),
        "rungs": rungs_of(task) if task.is_open else [],
        "away": away_of(task),
        "may_bulk": is_free and may_bulk(task),
        "n_alike": _said(count_alike(task)) if task.is_open else "0",
    }


@fragment("task.story", template="inbox/inbox.html#story", topics=("task:{id}", "item:{item}"))
def story(audience: Audience, arg: str) -> Context | None:
    """`arg` is `<task>?item=<item>`."""
    task = _task(audience, arg)
    if task is None:
        return None
    return {
        "task": task,
        "comments": presenting.comments_of(task),
        "entries": presenting.history_entries(task),
    }


def _task(audience: Audience, arg: str) -> UserTask | None:
    found: UserTask | None = (
        UserTask.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
        .select_related("queue", "item")
        .filter(pk=number_in(arg) or 0)
        .first()
    )
    return found


def _tabs(wanted: TaskFilter, audience: Audience, n_found: int | None) -> list[dict[str, Any]]:
    """Return the tabs with their counts; `n_found` is that of the open one, if it is known."""
    labels = {
        "mine": (_("Mine"), _("What you have, or are typing into")),
        "team": (_("Teams"), _("Offered to you, to your teams, or to whom you stand in for")),
        "free": (_("Unassigned"), _("What nobody has yet")),
        "open": (_("All"), _("All open tasks of the folder")),
        "decided": (_("Decided"), _("Recently decided, with a way back")),
        "snoozed": (_("Snoozed"), _("Put off until later")),
    }
    tabs = []
    for tab in TABS:
        other = wanted.but(tab=tab)
        query = other.query()
        label, title = labels[tab]
        count = n_found if tab == wanted.tab else None
        if count is None and _is_counted(wanted, tab):
            count = other.count(audience)
        tabs.append(
            {
                "tab": tab,
                "url": f"/inbox/?{query}" if query else "/inbox/",
                "label": label,
                "title": title,
                "current": tab == wanted.tab,
                "count": None if count is None or tab == "decided" else _said(count),
            }
        )
    return tabs


def _is_counted(wanted: TaskFilter, tab: str) -> bool:
    """A text has no index: looking for it once is enough."""
    return tab != "decided" and (not wanted.text or tab == wanted.tab)


def _said(n: int) -> str:
    """Counts are capped: “≥ 1 000” is all that anybody needs to know."""
    return f"≥ {MAX_COUNT}" if n > MAX_COUNT else str(n)


def _named(arg: str, name: str) -> int:
    return whole_number(parse_qs(arg.partition("?")[2]).get(name, [""])[-1]) or 0
