"""Alerts, rules and silences to look at, for tests that open every page."""

from datetime import timedelta

from apps.accounts.models import Folder
from apps.alerts import lifecycle
from apps.alerts.models import Alert, AlertRule, Silence
from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from tests.factories_alerts import make_alert, make_rule, ready
from tests.factories_queues import ANNA, make_queue


def make_alerts_to_see(folder: Folder) -> None:
    """A rule with each kind of row, an alert in each state, a silence."""
    condition = ready(make_queue("watched", folder=folder), 500, clear=300)
    rule = _rule_of_each_kind(folder, condition)
    lifecycle.comment(_alert_of(rule, condition), "The firewall again.", by=ANNA)
    lifecycle.acknowledge(make_alert(folder, title="Taken"), by=ANNA)
    lifecycle.resolve(make_alert(folder, title="Over"), by=ANNA)
    Silence.objects.create(
        folder=folder,
        rule=rule,
        reason="SAP is changed",
        by="Anna",
        starts_at=database_now() - timedelta(hours=1),
        ends_at=database_now() + timedelta(hours=1),
    )


def _rule_of_each_kind(folder: Folder, condition: JsonObject) -> AlertRule:
    return make_rule(
        folder,
        "seen-alert",
        title="Backlog",
        severity="critical",
        runbook_url="https://example.com/runbook",
        rule={
            "all": [
                condition,
                {"any": [
                    {"metric": "bots.silent", "op": ">=", "value": 1},
                    {"check_in": "erp-export", "silent_seconds": 7200},
                ]},
            ],
            "for_seconds": 300,
        },
    )  # fmt: skip


def _alert_of(rule: AlertRule, condition: JsonObject) -> Alert:
    return make_alert(
        rule.folder,
        title="Backlog",
        text="at least 500 items wait in “watched”: 612",
        severity="critical",
        source=Alert.Source.RULE,
        source_key=f"rule:{rule.pk}",
        rule=rule,
        seen=[{"condition": condition, "value": 612.0, "holds": True}],
        runbook_url="https://example.com/runbook",
    )
