"""The live parts of the overview."""

import json
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment
from apps.lib.durations import duration_in_words
from apps.queues.models import WorkQueue
from apps.queues.presenting import queue_rows

from . import queries

Context = dict[str, Any]
WATCH_OLDEST_SECONDS, ACT_OLDEST_SECONDS = 30 * 60, 4 * 60 * 60


@fragment(
    "overview.tiles",
    template="dashboard/overview.html#tiles",
    action=Action.VIEW,
    topics=("overview", "queues", "bots"),
)
def tiles(audience: Audience, arg: str) -> Context:
    now = queries.right_now(audience.folder_ids(Action.VIEW))
    return {
        "tiles": [
            _backlog(now), _running(now), _problems(now), _people(now), _done(now)
        ]
    }  # fmt: skip


def _backlog(now: queries.Now) -> Context:
    oldest = now.oldest_seconds or 0
    state = (
        "act" if oldest > ACT_OLDEST_SECONDS else "watch" if oldest > WATCH_OLDEST_SECONDS else "ok"
    )
    note = _("oldest waits %(time)s") % {"time": duration_in_words(oldest)} if oldest else ""
    return _tile(
        1, _("Backlog"), now.backlog, state, note or _("nothing waits"), "queues:queue_list"
    )


def _running(now: queries.Now) -> Context:
    state = "act" if not now.answering else "watch" if now.answering < now.capacity else "ok"
    note = _("%(up)s of %(all)s slots answer") % {"up": now.answering, "all": now.capacity}
    return _tile(2, _("Being worked on"), now.in_progress, state, note, "bots:bot_list")


def _problems(now: queries.Now) -> Context:
    usual = now.problems_a_week_ago
    state = "ok"
    if now.problems_last_hour > max(5, 2 * usual):
        state = "act"
    elif now.problems_last_hour > usual:
        state = "watch"
    compare = _("%(n)s a week ago") % {"n": usual}
    note = _("last hour")
    return _tile(
        3, _("Problems"), now.problems_last_hour, state, note, "queues:queue_list", compare
    )


def _people(now: queries.Now) -> Context:
    state = "act" if now.overdue_tasks else "watch" if now.people else "ok"
    note = _("nobody is asked")
    if now.oldest_task_at:
        age = (timezone.now() - now.oldest_task_at).total_seconds()
        note = _("oldest %(time)s ago") % {"time": duration_in_words(age)}
    if now.overdue_tasks:
        note = _("%(n)s overdue") % {"n": now.overdue_tasks}
    return _tile(4, _("Waiting for people"), now.people, state, note, "inbox:inbox")


def _done(now: queries.Now) -> Context:
    ended = now.done_today + now.failed_today
    note = _("nothing failed")
    if now.failed_today:
        share = 100 * now.done_today / ended
        note = _("%(share).1f %% without failing") % {"share": share}
    compare = _("%(n)s by now a week ago") % {"n": now.done_a_week_ago}
    state = "watch" if now.failed_today > ended * 0.05 else "ok"
    return _tile(5, _("Done today"), now.done_today, state, note, "queues:queue_list", compare)


def _tile(
    key: int, label: str, value: int, state: str, note: str, url: str, compare: str = ""
) -> Context:
    return {
        "key": key,
        "label": label,
        "value": f"{value:,}".replace(",", "\u202f"),
        "state": state,
        "note": note,
        "url": reverse(url),
        "compare": compare,
    }


@fragment(
    "overview.chart",
    template="dashboard/overview.html#chart",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def chart(audience: Audience, arg: str) -> Context:
    minutes = queries.last_minutes(audience.folder_ids(Action.VIEW))
    series = {
        "x": [int(each.at.timestamp()) for each in minutes],
        "series": [
            {
                "label": _("Backlog"),
                "values": [m.backlog for m in minutes],
                "tone": 1,
                "fill": True,
            },
            {
                "label": _("Problems"),
                "values": [m.problems for m in minutes],
                "tone": 2,
                "axis": "right",
                "dash": True,
            },
        ],
    }
    return {"series": json.dumps(series), "minutes": minutes[::-1]}


@fragment(
    "overview.queues",
    template="dashboard/overview.html#queues",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def queues(audience: Audience, arg: str) -> Context:
    found = WorkQueue.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    return {"rows": queue_rows(list(found.select_related("automation")))}


@fragment(
    "overview.bots", template="dashboard/overview.html#bots", action=Action.VIEW, topics=("bots",)
)
def bots(audience: Audience, arg: str) -> Context:
    return {"cards": queries.fleet(audience.folder_ids(Action.VIEW))}


@fragment(
    "overview.problems",
    template="dashboard/overview.html#problems",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def problems(audience: Audience, arg: str) -> Context:
    return {"problems": queries.last_problems(audience.folder_ids(Action.VIEW))}
