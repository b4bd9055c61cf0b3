"""What triggers start by their times: the next ones, and a day's, past and to come."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.triggers.models import Firing, Trigger
from apps.triggers.presenting import (
    BADGE_OF_OUTCOME,
    Target,
    moment,
    pauses_of,
    rule_of,
    subject_url,
    targets_of,
)
from apps.triggers.timing import Mark

N_NEXT = 6
# Of one trigger: what starts more often is not counted; what starts more than a few times more
# is one line
OFTEN_A_DAY = 100
FEW = 3
MAX_TRIGGERS = 200
MAX_PAST = 200


@dataclass(frozen=True)
class NextStart:
    trigger: Trigger
    when: str
    target: Target
    # its folder is paused until after that time
    is_held: bool


@dataclass(frozen=True)
class PlanLine:
    """A start of the day: what became of it, or that it is to come."""

    at: datetime
    clock: str
    title: str
    url: str
    badge: str
    word: str
    note: str = ""
    note_url: str = ""


@dataclass(frozen=True)
class Plan:
    past: list[PlanLine] = field(default_factory=list)
    to_come: list[PlanLine] = field(default_factory=list)
    n_to_come: int = 0
    # what starts very often: the trigger's title, its page
    often: list[tuple[str, str]] = field(default_factory=list)
    by_outcome: dict[str, int] = field(default_factory=dict)

    @property
    def n_past(self) -> int:
        return sum(self.by_outcome.values())

    @property
    def n_started(self) -> int:
        return self.by_outcome.get(Firing.Outcome.FIRED, 0)

    @property
    def n_gone_wrong(self) -> int:
        return sum(
            self.by_outcome.get(each, 0) for each in (Firing.Outcome.MISSED, Firing.Outcome.FAILED)
        )

    @property
    def n_planned(self) -> int:
        return self.n_past + self.n_to_come


def next_starts(folder_ids: Iterable[int], now: datetime) -> list[NextStart]:
    """Return the next few starts of the triggers that go by times."""
    found = list(_timed(folder_ids).order_by("next_at", "pk")[:N_NEXT])
    targets = targets_of(found)
    pauses = pauses_of({each.folder_id for each in found}, now)
    zone = timezone.get_current_timezone_name()
    return [
        NextStart(
            each,
            moment(each.next_at, zone),
            targets[each.pk],
            each.folder_id in pauses and each.next_at < pauses[each.folder_id].until,
        )
        for each in found
        if each.next_at is not None
    ]


def plan_of(folder_ids: Iterable[int], begin: datetime, end: datetime, now: datetime) -> Plan:
    """Return what was planned from `begin` to `end`: what became of it, and what is to come."""
    folders = list(folder_ids)
    timed = list(
        Trigger.objects.filter(folder_id__in=folders, kind__in=Trigger.TIMED)
        .select_related("calendar")
        .order_by("next_at", "pk")[:MAX_TRIGGERS]
    )
    by_outcome, past = _past(timed, begin, end)
    to_come: list[PlanLine] = []
    often: list[tuple[str, str]] = []
    n_to_come = 0
    enabled = [each for each in timed if each.status == Trigger.Status.ENABLED]
    for trigger in enabled if now < end else ():
        times = _to_come(trigger, max(now, begin), end)
        if times is None:
            often.append((trigger.title, _page(trigger)))
        else:
            n_to_come += len(times)
            to_come += _lines_to_come(trigger, times)
    to_come.sort(key=lambda line: line.at)
    return Plan(past, to_come, n_to_come, often, by_outcome)


def _past(
    triggers: Sequence[Trigger], begin: datetime, end: datetime
) -> tuple[dict[str, int], list[PlanLine]]:
    by_id = {each.pk: each for each in triggers}
    planned = Firing.objects.filter(
        trigger_id__in=list(by_id),
        planned_at__gte=begin,
        planned_at__lt=end,
        origin__in=[Firing.Origin.SCHEDULE, Firing.Origin.CATCH_UP],
    )
    counts: Counter[str] = Counter()
    for outcome, count in planned.order_by().values_list("outcome", "count"):
        counts[outcome] += count
    newest = planned.order_by("-planned_at", "-pk")[:MAX_PAST]
    return dict(counts), [_past_line(by_id[each.trigger_id], each) for each in newest]


def _past_line(trigger: Trigger, firing: Firing) -> PlanLine:
    outcome = Firing.Outcome(firing.outcome)
    said = str(firing.get_reason_display()) if firing.reason else firing.label
    return PlanLine(
        at=firing.planned_at,
        clock=_clock(firing.planned_at),
        title=trigger.title,
        url=_page(trigger),
        badge=BADGE_OF_OUTCOME[outcome],
        word=str(outcome.label),
        note=said or firing.message,
        note_url=subject_url(firing) if not firing.reason else "",
    )


def _to_come(trigger: Trigger, begin: datetime, end: datetime) -> list[datetime] | None:
    """Return when it starts; None when that is too often to count."""
    rule = rule_of(trigger)
    times: list[datetime] = []
    if rule is None:
        return times
    for planned in rule.planned_after(begin):
        if planned.at >= end:
            break
        if len(times) == OFTEN_A_DAY:
            return None
        if planned.mark != Mark.CLOSED:
            times.append(planned.at)
    return times


def _lines_to_come(trigger: Trigger, times: list[datetime]) -> list[PlanLine]:
    """Return a line a start, or one for all of them."""
    shown = times if len(times) <= FEW else times[:1]
    note = ""
    if len(shown) < len(times):
        note = _("and %(n)d more until %(time)s") % {
            "n": len(times) - 1,
            "time": _clock(times[-1]),
        }
    return [
        PlanLine(at, _clock(at), trigger.title, _page(trigger), "waiting", _("Planned"), note)
        for at in shown
    ]


def _timed(folder_ids: Iterable[int]) -> Any:
    return Trigger.objects.filter(
        folder_id__in=list(folder_ids), status=Trigger.Status.ENABLED, next_at__isnull=False
    )


def _page(trigger: Trigger) -> str:
    return reverse("triggers:trigger_detail", args=[trigger.pk])


def _clock(at: datetime) -> str:
    return formats.date_format(timezone.localtime(at), "H:i")
