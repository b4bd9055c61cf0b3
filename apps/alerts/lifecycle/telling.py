"""Who is told of what fires, when, and how much at once."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import uuid4

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.accounts.models import TeamMember
from apps.accounts.watchers import watchers_of
from apps.alerts.models import Alert, AlertRule, Severity, Silence
from apps.calendars.hours import Hours
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.notices.lifecycle import notify, notify_gathered

from .recording import record_all

Status = Alert.Status
NOTICE: Final = "alert"
AT_ONCE: Final = 500
# From so many of a folder within so long on, the others are told as one message that counts
STORM: Final = 5
STORM_WITHIN: Final = timedelta(minutes=5)


@transaction.atomic
def wake_snoozed() -> int:
    """Have those fire again that were put off until now; people are told anew."""
    due = Alert.objects.filter(status=Status.SNOOZED, snoozed_until__lte=Now())
    rows = list(due.select_for_update(skip_locked=True).order_by("snoozed_until")[:AT_ONCE])
    if rows:
        Alert.objects.filter(pk__in=[each.pk for each in rows]).update(
            status=Status.FIRING,
            snoozed_until=None,
            fired_at=Now(),
            is_to_tell=True,
        )
        record_all("woken", rows, SYSTEM)
    return len(rows)


@transaction.atomic
def tell_due() -> int:
    """Tell of what fires and nobody was told of, unless something holds that back; return how many.

    Any number of schedulers may: alerts are held with SKIP LOCKED, and marked in the transaction
    that makes the notices.
    """
    rows = Alert.objects.filter(is_to_tell=True, status=Status.FIRING).order_by("pk")
    found = list(
        rows.select_for_update(skip_locked=True, of=("self",))
        .select_related("rule", "rule__calendar", "owner", "folder")
        .order_by("pk")[:AT_ONCE]
    )
    if not found:
        return 0
    now = database_now()
    holds = Holds(now, {each.folder_id for each in found})
    free = [each for each in found if holds.reason(each) == ""]
    _tell(free, now)
    return len(free)


@dataclass
class Holds:
    """What keeps people from being told now; a query for all, and one look at each calendar."""

    now: datetime
    folder_ids: Collection[int]
    _hours: dict[int, Hours] = field(default_factory=dict)

    def __post_init__(self) -> None:
        found = Silence.objects.now().filter(folder_id__in=self.folder_ids)
        self._silenced = set(found.values_list("folder_id", "rule_id"))

    def reason(self, alert: Alert) -> str:
        """Return `silenced` or `hours`, "" where nothing holds it back."""
        here = alert.folder_id
        if (here, None) in self._silenced:
            return "silenced"
        if alert.rule_id is not None and (here, alert.rule_id) in self._silenced:
            return "silenced"
        return "hours" if self._waits_for_hours(alert) else ""

    def _waits_for_hours(self, alert: Alert) -> bool:
        rule = alert.rule
        if rule is None or rule.calendar is None or alert.severity == Severity.CRITICAL:
            return False
        if rule.outside_hours != AlertRule.OutsideHours.WAIT:
            return False
        return not self._hours_of(rule.calendar).is_open(self.now)

    def _hours_of(self, calendar: Calendar) -> Hours:
        if calendar.pk not in self._hours:
            self._hours[calendar.pk] = hours_of(calendar)
        return self._hours[calendar.pk]


def recipients_of(
    folder_id: int, *, owner_id: int | None = None, team_id: int | None = None
) -> list[int]:
    """Return who is told: the owner and the team; without both those who supervise the folder."""
    found = [owner_id] if owner_id else []
    if team_id:
        found += TeamMember.objects.filter(team=team_id).values_list("user_id", flat=True)
    return list(dict.fromkeys(found)) or watchers_of(folder_id)


def try_telling(rule: AlertRule, *, by: Actor) -> int:
    """Tell those who would be told, marked as a test; return how many people that are."""
    people = recipients_of(rule.folder_id, owner_id=rule.owner_id, team_id=rule.team_id)
    notify(
        people,
        NOTICE,
        title=_("Test: %(title)s") % {"title": rule.title},
        body=_("%(name)s tries out who is told of this alert. Nothing is wrong.")
        % {"name": by.name},
        url=f"/alerts/rules/{rule.pk}/",
        folder_id=rule.folder_id,
        subject=("alert_rule", rule.pk),
        key=f"{NOTICE}:test:{uuid4().hex}",
    )
    return len(people)


def _tell(alerts: Sequence[Alert], now: datetime) -> None:
    """Tell of each by itself, of those of a group together, and of a storm as one message."""
    heaps: dict[tuple[str, int], list[Alert]] = defaultdict(list)
    told_lately = _told_lately({each.folder_id for each in alerts}, now)
    for alert in alerts:
        told_lately[alert.folder_id] += 1
        if alert.group:
            heaps[f"alerts:{alert.folder_id}:{alert.group}", alert.folder_id].append(alert)
        elif told_lately[alert.folder_id] > STORM:
            heaps[f"alerts:{alert.folder_id}", alert.folder_id].append(alert)
        else:
            _tell_of(alert)
    for (gather, folder_id), several in heaps.items():
        _tell_together(gather, folder_id, several)


def _told_lately(folder_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """Return how many alerts of each folder were told by themselves in the last minutes."""
    found: dict[int, int] = dict.fromkeys(folder_ids, 0)
    rows = Alert.objects.filter(folder_id__in=found, told_at__gt=now - STORM_WITHIN, told_as="")
    for folder_id in rows.values_list("folder_id", flat=True)[: len(found) * STORM * 10]:
        found[folder_id] += 1
    return found


def _tell_of(alert: Alert) -> None:
    said = alert.told_at.isoformat() if alert.told_at else "first"
    notify(
        recipients_of(alert.folder_id, owner_id=alert.owner_id, team_id=alert.team_id),
        NOTICE,
        title=f"{alert.get_severity_display()}: {alert.title}",
        body="\n".join(filter(None, (alert.text, alert.runbook_url))),
        url=f"/alerts/{alert.pk}/",
        folder_id=alert.folder_id,
        subject=("alert", alert.pk),
        key=f"{NOTICE}:{alert.pk}:{said}",
    )
    _mark([alert], "")


def _tell_together(gather: str, folder_id: int, alerts: Sequence[Alert]) -> None:
    """Count these up in one message for each person."""
    by_people: dict[tuple[int, ...], list[Alert]] = defaultdict(list)
    for alert in alerts:
        people = recipients_of(folder_id, owner_id=alert.owner_id, team_id=alert.team_id)
        by_people[tuple(sorted(people))].append(alert)
    name = alerts[0].group or alerts[0].folder.title
    for told, several in by_people.items():
        notify_gathered(
            told,
            NOTICE,
            gather=gather,
            title=_("Alerts fire: %(name)s") % {"name": name},
            body="\n".join(each.title for each in several[:10]),
            url="/alerts/",
            folder_id=folder_id,
            count=len(several),
        )
    _mark(alerts, gather)


def _mark(alerts: Sequence[Alert], told_as: str) -> None:
    Alert.objects.filter(pk__in=[each.pk for each in alerts]).update(
        is_to_tell=False, told_at=Now(), told_as=told_as
    )
