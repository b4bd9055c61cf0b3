"""The live parts of the pages of alerts."""

from typing import Any

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.clock import database_now

from . import presenting
from .listing import AlertFilter, find_alert
from .models import Alert, AlertRule, Silence
from .previewing import chart_of
from .standing import watch_problem

Context = dict[str, Any]
HISTORY_LENGTH = 30
RULES_SHOWN = 500
SILENCES_SHOWN = 100


@fragment("alerts.table", template="alerts/list.html#table", action=Action.VIEW, topics=("alerts",))
def alerts_table(audience: Audience, arg: str) -> Context:
    """`arg` is the query string of the list."""
    wanted, folders = AlertFilter.parse(arg), audience.folder_ids(Action.VIEW)
    page = wanted.page(folders)
    base = reverse("alerts:list")
    rule = AlertRule.objects.filter(folder__in=folders, pk=wanted.rule or 0).first()
    keep = {"tab": "" if wanted.tab == "firing" else wanted.tab, "rule": str(wanted.rule or "")}
    operable = audience.folder_ids(Action.OPERATE)
    return {
        "arg": arg,
        "wanted": wanted,
        "rule": rule,
        "rows": presenting.alert_rows(page.items, database_now(), operable=operable),
        # only what nobody has taken yet is taken together
        "may_choose": bool(operable) and wanted.tab == "firing",
        "tabs": wanted.tabs(folders),
        "choices": wanted.choices(),
        "has_folders": len(folders) > 1,
        "has_rules": AlertRule.objects.filter(folder__in=folders).exists(),
        "problem": watch_problem(),
        "keep": {name: value for name, value in keep.items() if value},
        "clear_url": f"{base}?tab={wanted.tab}" if wanted.is_narrowed else "",
        "first_url": f"{base}?{wanted.query(cursor='')}" if wanted.cursor else "",
        "next_url": f"{base}?{wanted.query(cursor=page.next_cursor)}" if page.next_cursor else "",
    }


@fragment(
    "alert.header",
    template="alerts/detail.html#header",
    action=Action.VIEW,
    topics=("alert:{arg}",),
)
def alert_header(audience: Audience, arg: str) -> Context | None:
    """How it stands, what was measured and what is now, who was told, who said what."""
    alert = find_alert(audience.folder_ids(Action.VIEW), number_in(arg))
    if alert is None:
        return None
    [row] = presenting.alert_rows(
        [alert], database_now(), operable=audience.folder_ids(Action.OPERATE)
    )
    events = history_of(("alert", alert.pk), limit=HISTORY_LENGTH).items
    return {
        "alert": alert,
        "row": row,
        "looks": presenting.looks_of(alert),
        "strip": chart_of(alert),
        "deliveries": presenting.deliveries_of(alert),
        "comments": list(alert.comments.all()),
        "source_url": presenting.source_url_of(alert),
        "history": [{"what": sentence_of(each), "at": each.occurred_at} for each in events],
    }


@fragment(
    "alert_rules.table",
    template="alerts/rule_list.html#table",
    action=Action.VIEW,
    topics=("alert_rules",),
)
def rules_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    found = AlertRule.objects.filter(folder__in=folders).select_related("folder", "owner", "team")
    rows = list(found.order_by("title", "id")[: RULES_SHOWN + 1])
    return {
        "rows": presenting.rule_rows(rows[:RULES_SHOWN], database_now()),
        "is_cut": len(rows) > RULES_SHOWN,
        "has_folders": len(folders) > 1,
        "may_design": bool(audience.folder_ids(Action.DESIGN)),
        "problem": watch_problem(),
    }


@fragment(
    "alert_rule.header",
    template="alerts/rule_detail.html#header",
    action=Action.VIEW,
    topics=("alert_rules", "queues"),
)
def rule_header(audience: Audience, arg: str) -> Context | None:
    """How it stands, and what is true now of all that it goes by."""
    found = AlertRule.objects.filter(
        folder__in=audience.folder_ids(Action.VIEW), pk=number_in(arg) or 0
    )
    rule = found.select_related("folder", "owner", "team", "calendar").first()
    if rule is None:
        return None
    now = database_now()
    alerts = Alert.objects.filter(rule=rule).select_related("owner", "rule")
    return {
        "rule": rule,
        "row": presenting.rule_rows([rule], now)[0],
        "looks": presenting.now_of(rule),
        "alerts": presenting.alert_rows(
            list(alerts.order_by("-fired_at", "-pk")[:10]), now, operable=()
        ),
    }


@fragment(
    "alert_silences.table",
    template="alerts/silence_list.html#table",
    action=Action.VIEW,
    topics=("alert_rules",),
)
def silences_table(audience: Audience, arg: str) -> Context:
    folders = audience.folder_ids(Action.VIEW)
    found = Silence.objects.filter(folder__in=folders).select_related("folder", "rule")
    operable = audience.folder_ids(Action.OPERATE)
    rows = found.order_by("-ends_at", "-id")[:SILENCES_SHOWN]
    return {
        "rows": presenting.silence_rows(rows, database_now(), operable=operable),
        "has_folders": len(folders) > 1,
    }
