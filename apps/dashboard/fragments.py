"""The live parts of the overview."""

import json
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment
from apps.queues.item_presenting import BADGES
from apps.queues.models import Attempt, WorkQueue
from apps.queues.presenting import queue_rows

from . import queries
from .tiles import tiles_of

Context = dict[str, Any]


@fragment(
    "overview.tiles",
    template="dashboard/overview.html#tiles",
    action=Action.VIEW,
    topics=("overview", "queues", "bots"),
)
def tiles(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    return {"tiles": tiles_of(queries.right_now(folders), queries.last_minutes(folders))}


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
        "cards": [
            {
                "card": card,
                "slots": [
                    {"slot": slot, "in_hand": in_hand.get(slot.run.pk) if slot.run else None}
                    for slot in card.slots
                ],
            }
            for card in cards
        ]
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
    topics=("overview", "queues"),
)
def problems(audience: Audience, arg: str) -> Context:
    groups = queries.problem_groups(audience.folder_ids(Action.VIEW))
    return {
        "groups": [
            {"group": group, "badge": BADGES[Attempt.Outcome(group.outcome)]} for group in groups
        ]
    }
