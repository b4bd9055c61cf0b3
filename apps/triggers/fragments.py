"""The live parts of the pages of triggers."""

from typing import Any

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in
from apps.lib.clock import database_now

from . import presenting, why_fragments  # noqa: F401
from .facts import times_of
from .listing import LogFilter, TriggerFilter
from .looking_now import now_of
from .models import Trigger
from .presenting_deliveries import deliveries_of

Context = dict[str, Any]


@fragment(
    "triggers.table", template="triggers/list.html#table", action=Action.VIEW, topics=("triggers",)
)
def triggers_table(audience: Audience, arg: str) -> Context:
    """`arg` is the query string of the list."""
    wanted = TriggerFilter.parse(arg)
    folders = audience.folder_ids(Action.VIEW)
    triggers = Trigger.objects.filter(folder_id__in=folders)
    page, now = wanted.page(triggers), database_now()
    operable = audience.folder_ids(Action.OPERATE)
    base = reverse("triggers:trigger_list")
    return {
        "arg": arg,
        "wanted": wanted,
        "rows": presenting.trigger_rows(page.items, now, operable=operable),
        "tabs": wanted.tabs(triggers),
        "choices": wanted.choices(),
        "pauses": list(presenting.pauses_of(folders, now).values()),
        "operable": operable,
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
        "keep": {"status": wanted.status} if wanted.status else {},
        "clear_url": base if wanted.is_narrowed else "",
        "first_url": f"{base}?{wanted.query(cursor='')}" if wanted.cursor else "",
        "next_url": f"{base}?{wanted.query(cursor=page.next_cursor)}" if page.next_cursor else "",
    }


@fragment(
    "trigger.header",
    template="triggers/detail.html#header",
    action=Action.VIEW,
    topics=("trigger:{arg}",),
)
def trigger_header(audience: Audience, arg: str) -> Context | None:
    """How it stands, what it starts and when next."""
    trigger = _trigger(audience, number_in(arg))
    if trigger is None:
        return None
    now = database_now()
    operable = audience.folder_ids(Action.OPERATE)
    row = presenting.trigger_row(trigger, now, operable=operable)
    return {
        "trigger": trigger,
        "row": row,
        "is_on": trigger.status == Trigger.Status.ENABLED,
        **times_of(trigger, now, held_until=row.held_until),
    }


@fragment(
    "trigger.now",
    template="triggers/detail.html#now",
    action=Action.VIEW,
    # what it looks at: numbers of queues, and what it saw itself
    topics=("trigger:{arg}", "queues"),
)
def trigger_now(audience: Audience, arg: str) -> Context | None:
    """What is true now of all that it goes by."""
    trigger = _trigger(audience, number_in(arg))
    return None if trigger is None else {"trigger": trigger, "now": now_of(trigger)}


@fragment(
    "trigger.deliveries",
    template="triggers/detail.html#deliveries",
    action=Action.VIEW,
    topics=("trigger:{arg}",),
)
def trigger_deliveries(audience: Audience, arg: str) -> Context | None:
    """What came in for an event trigger lately."""
    trigger = _trigger(audience, number_in(arg))
    if trigger is None:
        return None
    zone = presenting.zone_of(trigger)
    return {
        "trigger": trigger,
        "zone": zone,
        "rows": deliveries_of(trigger, zone),
        "may_look": audience.can(Action.OPERATE, trigger.folder_id),
    }


@fragment(
    "trigger.log",
    template="triggers/detail.html#log",
    action=Action.VIEW,
    topics=("trigger:{id}",),
)
def trigger_log(audience: Audience, arg: str) -> Context | None:
    """`arg` is the trigger's number with the query string of the log: `12?outcome=failed`."""
    wanted = LogFilter.parse(arg)
    trigger = _trigger(audience, wanted.trigger_id)
    if trigger is None:
        return None
    page, zone = wanted.page(), presenting.zone_of(trigger)
    spread = int(trigger.rule.get("jitter_seconds") or 0)
    return {
        "trigger": trigger,
        "zone": zone,
        "rows": [presenting.firing_row(each, zone, spread=spread) for each in page.items],
        "tabs": wanted.tabs(),
        "wanted": wanted,
        "first_url": f"?{wanted.query(cursor='')}#start-log" if wanted.cursor else "",
        "next_url": (
            f"?{wanted.query(cursor=page.next_cursor)}#start-log" if page.next_cursor else ""
        ),
    }


def _trigger(audience: Audience, pk: int | None) -> Trigger | None:
    folders = audience.folder_ids(Action.VIEW)
    found = Trigger.objects.filter(folder_id__in=folders, pk=pk or 0)
    trigger: Trigger | None = found.select_related("folder", "calendar", "owner").first()
    return trigger
