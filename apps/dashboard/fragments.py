"""The live parts of the overview, its lists, and today."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qs, urlencode

from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.alerts.listing import AlertFilter, firing
from apps.alerts.models import Severity
from apps.events.fragments import Audience, fragment
from apps.failures.listing import FailureFilter, top_groups
from apps.failures.presenting import rows_of as failure_rows
from apps.lib.clock import database_now
from apps.lib.numbers import whole_number
from apps.queues.models import WorkQueue
from apps.queues.presenting import queue_rows

from . import queries
from .days import day_named, queues_of_day, sums_of
from .figures import right_now
from .first_steps import first_steps, may_set_up
from .lifecycle.hand_overs import TOPIC as HAND_OVERS
from .lists import LISTS, Missed, People
from .models import HandOver
from .starts import next_starts, plan_of
from .tiles import counted, percent, tiles_of

Context = dict[str, Any]

N_NOTES = 5
N_GROUPS = 6
N_ALERTS = 6
SEVERITY_BADGES = {
    Severity.CRITICAL: "failed",
    Severity.WARNING: "retry",
    Severity.INFO: "waiting",
}
N_LATE = 10


@fragment(
    "overview.tiles",
    template="dashboard/overview.html#tiles",
    action=Action.VIEW,
    topics=("overview", "queues", "bots"),
)
def tiles(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    return {"tiles": tiles_of(right_now(folders), queries.last_minutes(folders))}


@fragment(
    "overview.steps",
    template="dashboard/overview.html#steps",
    action=Action.VIEW,
    topics=("overview", "queues", "bots", "triggers"),
)
def steps(audience: Audience, arg: str) -> Context | None:
    """`arg`: the folder. Nothing is left of it once all steps are done."""
    folder_id = whole_number(arg)
    if folder_id is None or not may_set_up(audience.rights, folder_id):
        return None
    return {"first": first_steps(folder_id, audience.rights)}


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
            _line(_("Backlog"), [each.backlog for each in minutes], tone=1, fill=True),
            _line(_("Done"), _so_far([each.done for each in minutes]), tone=3, axis="right"),
            _line(
                _("Problems"),
                _so_far([each.problems for each in minutes]),
                tone=2,
                axis="right",
                dash=True,
            ),
        ],
    }
    return {"series": json.dumps(series), "minutes": minutes[::-1]}


def _so_far(values: list[int]) -> list[int | None]:
    """Leave the running minute out: it is not over, and would look like a sudden stop."""
    return [*values[:-1], None]


def _line(label: str, values: Sequence[int | None], **look: Any) -> Context:
    return {"label": label, "values": values, **look}


@fragment(
    "overview.queues",
    template="dashboard/overview.html#queues",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def queues(audience: Audience, arg: str) -> Context:
    found = WorkQueue.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    return {
        "rows": queue_rows(list(found.select_related("automation"))),
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
    }


@fragment(
    "overview.bots",
    template="dashboard/overview.html#bots",
    action=Action.VIEW,
    topics=("bots", "queues"),
)
def bots(audience: Audience, arg: str) -> Context:
    cards = queries.fleet(audience.folder_ids(Action.VIEW))
    runs = [run.pk for card in cards for run in card.runs]
    in_hand = queries.in_hand_of(runs)
    return {
        "all": cards,
        "cards": [
            {
                "card": card,
                "slots": [
                    {"slot": slot, "in_hand": in_hand.get(slot.run.pk) if slot.run else None}
                    for slot in card.slots
                ],
            }
            for card in cards
        ],
    }


@fragment(
    "overview.people",
    template="dashboard/overview.html#people",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def people(audience: Audience, arg: str) -> Context:
    return {"tasks": list(queries.waiting_tasks(audience.folder_ids(Action.VIEW)))}


@fragment(
    "overview.problems",
    template="dashboard/overview.html#problems",
    action=Action.VIEW,
    topics=("failures",),
)
def problems(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    groups = top_groups(folders, limit=N_GROUPS)
    return {
        "rows": failure_rows(groups, with_folders=len(folders) > 1),
        "all_url": f"{reverse('failures:list')}?{FailureFilter(since='24h').query()}",
    }


@fragment(
    "overview.alerts",
    template="dashboard/overview.html#alerts",
    action=Action.VIEW,
    topics=("alerts",),
)
def alerts(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    n = AlertFilter().count(folders)
    lines = firing(folders, limit=N_ALERTS) if n else []
    return {
        "n": n,
        "alerts": [
            {
                "alert": each,
                "badge": SEVERITY_BADGES[Severity(each.severity)],
                "word": Severity(each.severity).label,
            }
            for each in lines
        ],
    }


@fragment(
    "overview.firing",
    template="dashboard/overview.html#firing",
    action=Action.VIEW,
    topics=("alerts",),
)
def firing_badge(audience: Audience, arg: str) -> Context:
    """How many fire: what `/alerts/` lists."""
    return {"n": AlertFilter().count(audience.folder_ids(Action.VIEW))}


@fragment(
    "overview.starts",
    template="dashboard/overview.html#starts",
    action=Action.VIEW,
    topics=("triggers",),
)
def starts(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    return {"starts": next_starts(folders, database_now())}


@fragment(
    "overview.list",
    template="dashboard/list.html#lines",
    action=Action.VIEW,
    topics=("overview", "queues", "bots"),
)
def overview_list(audience: Audience, arg: str) -> Context | None:
    """`arg`: the list's key, and after a “?” the cursor of its page."""
    key, _mark, query = arg.partition("?")
    wanted = LISTS.get(key)
    if wanted is None:
        return None
    cursor = parse_qs(query).get("cursor", [""])[-1]
    found = wanted(audience.folder_ids(Action.VIEW))
    page = found.page(cursor)
    here = reverse("dashboard:list", args=[key])
    following = urlencode({"cursor": page.next_cursor}) if page.next_cursor else ""
    return {
        "list": found,
        "count": counted(found.count()),
        "lines": page.items,
        "first_url": here if cursor else "",
        "next_url": f"{here}?{following}" if following else "",
    }


# --- today ----------------------------------------------------------------------------------------


@fragment(
    "today.queues",
    template="dashboard/today.html#queues",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def today_queues(audience: Audience, arg: str) -> Context:
    """`arg`: the day; "" for today, which goes on by itself at midnight."""
    day = day_named(arg)
    rows = queues_of_day(audience.folder_ids(Action.VIEW), day)
    sums = sums_of(rows)
    return {
        "day": day,
        "rows": [{"row": row, "in_time": _percent(row.in_time)} for row in rows],
        "sums": sums,
        "in_time": _percent(sums.in_time),
    }


@fragment(
    "today.plan",
    template="dashboard/today.html#plan",
    action=Action.VIEW,
    topics=("triggers",),
)
def today_plan(audience: Audience, arg: str) -> Context:
    day = day_named(arg)
    folders = audience.folder_ids(Action.VIEW)
    return {"day": day, "plan": plan_of(folders, day.begin, day.end, day.now)}


@fragment(
    "today.late",
    template="dashboard/today.html#late",
    action=Action.VIEW,
    topics=("overview", "queues"),
)
def today_late(audience: Audience, arg: str) -> Context:
    """What is late now: items that were due today and are still open, tasks past their time."""
    folders = audience.folder_ids(Action.VIEW)
    missed, people = Missed(folders), People(folders)
    overdue = people.rows().filter(urgent_at__lt=Now(), stopped_at=None)
    tasks = overdue.order_by(*People.order)[: N_LATE + 1]
    return {
        "missed": missed.still_open(N_LATE),
        "n_missed": counted(missed.count()),
        "tasks": list(tasks)[:N_LATE],
        "has_more_tasks": len(tasks) > N_LATE,
    }


@fragment(
    "today.notes",
    template="dashboard/today.html#notes",
    action=Action.VIEW,
    topics=(HAND_OVERS,),
)
def today_notes(audience: Audience, arg: str) -> Context:
    """The notes of the day; of today the newest ones, whatever day they are of."""
    day = day_named(arg)
    notes = HandOver.objects.filter(folder_id__in=audience.folder_ids(Action.VIEW))
    if not day.is_today:
        notes = notes.filter(at__gte=day.begin, at__lt=day.end)
    return {
        "day": day,
        "notes": list(notes.select_related("folder").order_by("-at", "-id")[:N_NOTES]),
        "operable": audience.folder_ids(Action.OPERATE),
        "has_folders": len(audience.folder_ids(Action.VIEW)) > 1,
    }


def _percent(share: float | None) -> str:
    return "–" if share is None else percent(share)
