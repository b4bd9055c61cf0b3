"""The live parts of the inbox."""

from typing import Any
from urllib.parse import parse_qs

from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment

from . import presenting
from .listing import MAX_COUNT, TaskFilter
from .models import UserTask

Context = dict[str, Any]


@fragment("inbox.list", template="inbox/inbox.html#list", topics=("inbox:{folder}",))
def task_list(audience: Audience, arg: str) -> Context | None:
    """`arg` is `TaskFilter.argument()`."""
    wanted = TaskFilter.parse(arg)
    if wanted.folder not in audience.folder_ids(Action.VIEW):
        return None
    page = wanted.page(audience)
    rows = [{"task": task, **presenting.standing(task, me=wanted.who)} for task in page.items]
    return {
        "rows": rows,
        "wanted": wanted,
        "query": wanted.query(),
        "tabs": _tabs(wanted, audience),
        "next_query": wanted.but(after=page.next_cursor).query() if page.next_cursor else "",
        "first_query": wanted.but().query() if wanted.after else None,
        "team_count": _said(wanted.but(tab="open").count(audience)) if not rows else "",
    }


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
    may_decide = audience.can(Action.DECIDE, task.folder_id) and task.is_open
    return {
        **presenting.standing(task, me=_named(arg, "me")),
        "instance": presenting.instance_of(task),
        "may_decide": may_decide,
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
    related = ("queue", "item", "assignee", "working_by", "decided_by")
    found: UserTask | None = (
        UserTask.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
        .select_related(*related)
        .filter(pk=_number_of(arg.partition("?")[0]))
        .first()
    )
    return found


def _tabs(wanted: TaskFilter, audience: Audience) -> list[dict[str, Any]]:
    labels = {"open": _("All open"), "mine": _("Mine"), "decided": _("Recently decided")}
    tabs = []
    for tab in ("open", "mine", "decided"):
        other = wanted.but(tab=tab)
        query = other.query()
        tabs.append(
            {
                "url": f"/inbox/?{query}" if query else "/inbox/",
                "label": labels[tab],
                "current": tab == wanted.tab,
                "count": None if tab == "decided" else _said(other.count(audience)),
            }
        )
    return tabs


def _said(n: int) -> str:
    """Counts are capped: “≥ 1 000” is all that anybody needs to know."""
    return f"≥ {MAX_COUNT}" if n > MAX_COUNT else str(n)


def _named(arg: str, name: str) -> int:
    return _number_of(parse_qs(arg.partition("?")[2]).get(name, [""])[-1])


def _number_of(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
