"""What moves leave behind: an event each, and open pages that hear of it."""

from collections.abc import Iterable, Sequence
from typing import Final

from apps.alerts.models import Alert, AlertRule
from apps.events.bus import Happening, publish, record_many
from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.json import JsonObject

TOPIC: Final = "alerts"
RULES_TOPIC: Final = "alert_rules"
# A page shows one alert; beyond this many, open pages find the change by their own checks
MAX_TOPICS: Final = 50


def record(verb: str, alert: Alert, by: Actor, data: JsonObject | None = None) -> None:
    """Write what was done to an alert into its history; subscribers hear of it."""
    publish(
        f"alert.{verb}",
        subject=("alert", alert.pk),
        folder_id=alert.folder_id,
        by=by,
        data={"title": alert.title, "severity": alert.severity, **(data or {})},
        topics=[TOPIC, RULES_TOPIC],
    )


def record_all(verb: str, alerts: Sequence[Alert], by: Actor) -> None:
    """The same for many at once, in their history alone."""
    happenings = [
        Happening(subject=("alert", each.pk), folder_id=each.folder_id, data={"title": each.title})
        for each in alerts
    ]
    if happenings:
        record_many(f"alert.{verb}", happenings, by=by)
        nudge(TOPIC, RULES_TOPIC, *topics_of(each.pk for each in alerts))


def record_rule(verb: str, rule: AlertRule, by: Actor, data: JsonObject | None = None) -> None:
    publish(
        f"alert_rule.{verb}",
        subject=("alert_rule", rule.pk),
        folder_id=rule.folder_id,
        by=by,
        data={"title": rule.title, **(data or {})},
        topics=[TOPIC, RULES_TOPIC],
    )


def topics_of(pks: Iterable[int]) -> list[str]:
    found = [f"alert:{pk}" for pk in pks]
    return found if len(found) <= MAX_TOPICS else []
