"""Alerts, rules and silences as rows of pages."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.lib.durations import duration_in_words
from apps.lib.errors import InvalidError
from apps.lib.json import JsonObject
from apps.notices.models import Address, Delivery, Notice

from .conditions import Rule, conditions_in, parse_rule, parts_of, rule_words
from .conditions.wording import condition_words, value_words
from .lifecycle.telling import Holds
from .measuring import measure
from .models import Alert, AlertRule, Silence
from .noise import DAYS
from .places import places_of

Status = Alert.Status
BADGES = {
    Status.FIRING: "failed",
    Status.ACKNOWLEDGED: "in_progress",
    Status.SNOOZED: "paused",
    Status.RESOLVED: "done",
}
PHASE_BADGES = {
    AlertRule.Phase.CALM: "done",
    AlertRule.Phase.PENDING: "retry",
    AlertRule.Phase.FIRING: "failed",
    AlertRule.Phase.CLEARING: "retry",
    AlertRule.Phase.DISMISSED: "paused",
}
MAX_DELIVERIES = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    alert: Alert
    badge: str
    word: str
    lines: list[str]
    # why nobody is told, "" where that is not so
    held: str
    length: str
    may_act: bool

    @property
    def is_open(self) -> bool:
        return self.alert.status != Status.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One condition of an alert: what it was when it fired, and what it is now."""

    words: str
    then: str
    now: str
    holds: bool | None
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleRow:
    rule: AlertRule
    sentence: str
    badge: str
    word: str
    who: str
    n_fired: int
    last_at: datetime | None


def alert_rows(
    alerts: Sequence[Alert], now: datetime, *, operable: Collection[int]
) -> list[AlertRow]:
    """Return rows as a list shows them; a query for all silences."""
    holds = Holds(now, {each.folder_id for each in alerts})
    return [
        AlertRow(
            alert=each,
            badge=BADGES[Status(each.status)],
            word=str(each.get_status_display()),
            lines=each.text.splitlines(),
            held=_held(each, holds),
            length=duration_in_words(
                max(1.0, ((each.resolved_at or now) - each.since).total_seconds())
            ),
            may_act=each.folder_id in operable,
        )
        for each in alerts
    ]


def looks_of(alert: Alert) -> list[Look]:
    """Return its conditions, then and now; of alerts without a rule there are none."""
    seen: list[JsonObject] = alert.seen
    conditions: list[Any] = [each.get("condition") for each in seen]
    places = places_of(alert.folder_id, conditions)
    now = _now_of(alert) if alert.status != Status.RESOLVED else []
    found = []
    for n, each in enumerate(seen):
        said = conditions[n]
        metric = _metric(said)
        part = now[n] if n < len(now) else None
        found.append(
            Look(
                words=_words_of(said),
                then=value_words(metric, each.get("value")),
                now=value_words(metric, part.value) if part else "",
                holds=part.holds if part else None,
                url=places[n],
            )
        )
    return found


def source_url_of(alert: Alert) -> str:
    """Return the page of the trigger or application that it comes from, "" for a rule's."""
    pages = {"trigger": "triggers:trigger_detail", "application": "applications:detail"}
    kind, _colon, pk = alert.source_key.partition(":")
    return reverse(pages[kind], args=[int(pk)]) if kind in pages and pk.isdigit() else ""


def rule_rows(rules: Sequence[AlertRule], now: datetime) -> list[RuleRow]:
    """Return rows as a list shows them, with what fired in the last 14 days; one query more."""
    counted = {
        row["rule_id"]: row
        for row in Alert.objects.filter(rule__in=[each.pk for each in rules])
        .values("rule_id")
        .annotate(
            n=Count("pk", filter=Q(fired_at__gte=now - timedelta(days=DAYS))), last=Max("fired_at")
        )
    }
    return [
        RuleRow(
            rule=each,
            sentence=sentence_of(each),
            badge="paused" if each.status == "off" else PHASE_BADGES[AlertRule.Phase(each.phase)],
            word=str(
                each.get_status_display() if each.status == "off" else each.get_phase_display()
            ),
            who=who_in_words(each),
            n_fired=counted.get(each.pk, {}).get("n", 0),
            last_at=counted.get(each.pk, {}).get("last"),
        )
        for each in rules
    ]


def sentence_of(rule: AlertRule) -> str:
    """Return when it fires, in words; never raises."""
    read = _rule_of(rule.rule)
    return rule_words(read) if read else _("Its conditions can't be read any more: edit it.")


def who_in_words(rule: AlertRule) -> str:
    """Return who is told, for a table."""
    named = [rule.owner.name if rule.owner else "", rule.team.title if rule.team else ""]
    return ", ".join(filter(None, named)) or _("who supervises the folder")


def deliveries_of(alert: Alert) -> list[dict[str, Any]]:
    """Return what became of each message about it: to whom, by which way, with what result.

    One notice a person; those who hear of it in the page alone have no delivery.
    """
    if alert.told_as:
        about = Q(gather=alert.told_as, folder=alert.folder_id)
        if alert.told_at:
            about &= Q(planned_at__gte=alert.told_at) | Q(planned_at=None)
    else:
        about = Q(subject_type="alert", subject_id=alert.pk)
    notices = list(
        Notice.objects.filter(about).select_related("user").order_by("pk")[:MAX_DELIVERIES]
    )
    ids = [each.pk for each in notices]
    addresses = Address.objects.filter(
        Q(user__in=[each.user_id for each in notices if each.user_id])
        | Q(folder=alert.folder_id, user=None)
    )
    rows = Delivery.objects.filter(address__in=addresses, notices__overlap=ids)
    of_notice: dict[int, list[Delivery]] = {}
    for delivery in rows.select_related("address").order_by("pk")[: MAX_DELIVERIES * 4]:
        for pk in delivery.notices:
            of_notice.setdefault(pk, []).append(delivery)
    return [
        {
            "notice": each,
            "to": each.user.name if each.user else alert.folder.title,
            "deliveries": of_notice.get(each.pk, []),
            "is_planned": each.planned_at is not None,
        }
        for each in notices
    ]


def silence_rows(
    silences: Iterable[Silence], now: datetime, *, operable: Collection[int]
) -> list[dict[str, Any]]:
    return [
        {
            "silence": each,
            "what": each.rule.title if each.rule else _("all alerts"),
            "holds": each.starts_at <= now < each.ends_at,
            "is_over": each.ends_at <= now,
            "may_end": each.folder_id in operable and each.ends_at > now,
        }
        for each in silences
    ]


def now_of(rule: AlertRule) -> list[Look]:
    """Return what each condition of a rule is now."""
    read = _rule_of(rule.rule)
    if read is None:
        return []
    return _looks_now(read, rule.folder_id)


def looks_at(rule: Rule, folder_id: int) -> list[Look]:
    """The same for a rule that is not saved yet."""
    return _looks_now(rule, folder_id)


def _looks_now(rule: Rule, folder_id: int) -> list[Look]:
    measured = measure(rule.facts(folder_id))
    parts = parts_of(rule, folder_id, measured.facts, measured.at)
    places = places_of(folder_id, [each.condition.as_json() for each in parts])
    return [
        Look(
            words=condition_words(part.condition),
            then="",
            now=value_words(_metric(part.condition.as_json()), part.value),
            holds=part.holds,
            url=place,
        )
        for part, place in zip(parts, places, strict=True)
    ]


def _words_of(said: JsonObject) -> str:
    """Return a condition that was stored, in words."""
    rule = _rule_of({"all": [said]})
    first = next(conditions_in(rule.when), None) if rule else None
    return condition_words(first) if first else str(said)


def _metric(said: JsonObject) -> str:
    return str(said.get("metric") or ("check_in" if "check_in" in said else ""))


def _held(alert: Alert, holds: Holds) -> str:
    if alert.status != Status.FIRING:
        return ""
    reason = holds.reason(alert)
    if reason == "silenced":
        return _("silenced: nobody is told")
    if reason == "hours" and alert.is_to_tell:
        return _("people are told when the hours begin")
    return ""


def _now_of(alert: Alert) -> Sequence[Any]:
    rule = _rule_of(alert.rule.rule) if alert.rule else None
    if rule is None:
        return []
    measured = measure(rule.facts(alert.folder_id))
    return parts_of(rule, alert.folder_id, measured.facts, measured.at)


def _rule_of(said: JsonObject) -> Rule | None:
    try:
        return parse_rule(said)
    except InvalidError:
        return None
