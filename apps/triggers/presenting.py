"""What the pages show of triggers: their times in words, what they start, how they stand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils import formats, timezone
from django.utils.translation import gettext as _

from apps.bots.models import Automation
from apps.lib.durations import duration_in_words
from apps.lib.errors import DomainError
from apps.queues.models import WorkQueue
from apps.workflows.models import Workflow

from . import times
from .models import Firing, FolderPause, Trigger
from .presenting_kinds import KindWord, kind_word
from .presenting_rules import sentences_of
from .rule_fields import zone_or_utc
from .timing import TimeRule

MOMENT, WITH_YEAR = "D j M, H:i", "D j M Y, H:i"

# A start so many seconds after its time is worth a word; spread starts are later by their rule
LATE = 5.0

BADGE_OF_OUTCOME = {
    Firing.Outcome.WAITING: "waiting",
    Firing.Outcome.FIRED: "done",
    Firing.Outcome.SKIPPED: "cancelled",
    Firing.Outcome.MISSED: "retry",
    Firing.Outcome.FAILED: "failed",
}


@dataclass(frozen=True)
class Standing:
    """How a trigger stands, as one of the eight with its own word, and why."""

    badge: str
    word: str
    why: str = ""


@dataclass(frozen=True)
class Target:
    word: str
    title: str
    url: str = ""


@dataclass(frozen=True)
class FiringRow:
    firing: Firing
    badge: str
    when: str
    why: str
    url: str
    late: float

    @property
    def is_late(self) -> bool:
        is_planned = self.firing.origin == Firing.Origin.SCHEDULE
        return is_planned and self.firing.outcome == Firing.Outcome.FIRED and self.late >= LATE

    @property
    def late_words(self) -> str:
        return _("%(length)s late") % {"length": duration_in_words(self.late)}


@dataclass(frozen=True)
class TriggerRow:
    trigger: Trigger
    kind: KindWord
    target: Target
    sentence: str
    zone: str
    next_when: str
    standing: Standing
    last: FiringRow | None
    may_pause: bool
    # until when the folder is paused: what comes before is left out
    held_until: datetime | None = None

    @property
    def is_held(self) -> bool:
        until, at = self.held_until, self.trigger.next_at
        return bool(self.next_when and until and at and at < until)


def rule_of(trigger: Trigger) -> TimeRule | None:
    """Return when it starts; None if it has no times, or what is stored can't be worked out."""
    if trigger.kind not in Trigger.TIMED:
        return None
    try:
        return times.rule_of(trigger)
    except DomainError:
        return None


def zone_of(trigger: Trigger) -> str:
    """Return the zone that its times are shown in: its own; of one without, the reader's."""
    if trigger.kind not in Trigger.TIMED and not trigger.rule.get("zone"):
        return timezone.get_current_timezone_name()
    return zone_or_utc(str(trigger.rule.get("zone") or "")).key


def moment(at: datetime, zone: str) -> str:
    """Return a moment on that zone's wall clock, with the zone's short name."""
    local = at.astimezone(ZoneInfo(zone))
    pattern = MOMENT if local.year == timezone.now().astimezone(ZoneInfo(zone)).year else WITH_YEAR
    if local.second:
        pattern += ":s"
    return formats.date_format(local, pattern) + f" {local.tzname()}"


def standing_of(trigger: Trigger, pause: FolderPause | None = None) -> Standing:
    status = Trigger.Status(trigger.status)
    if status == Trigger.Status.PAUSED and trigger.paused_until:
        until = moment(trigger.paused_until, timezone.get_current_timezone_name())
        return Standing("paused", _("Paused until %(time)s") % {"time": until}, trigger.reason)
    if status == Trigger.Status.PAUSED:
        return Standing("paused", str(status.label), trigger.reason)
    if status == Trigger.Status.AUTO_DISABLED:
        return Standing("failed", str(status.label), trigger.reason)
    if status == Trigger.Status.ENDED:
        return Standing("cancelled", str(status.label), _("No time is left."))
    if pause is not None:
        words = {"time": moment(pause.until, timezone.get_current_timezone_name())}
        why = _("Until %(time)s nothing of this folder starts.") % words
        return Standing("paused", _("Folder paused"), " ".join([why, pause.reason]).strip())
    return Standing("done", str(status.label))


def pauses_of(folder_ids: Iterable[int], now: datetime) -> dict[int, FolderPause]:
    """Return the pauses that hold now, by folder."""
    found = FolderPause.objects.filter(folder_id__in=folder_ids, until__gt=now)
    return {pause.folder_id: pause for pause in found.select_related("folder")}


def targets_of(triggers: Sequence[Trigger]) -> dict[int, Target]:
    """Return what each of them starts, with its title and page; three queries."""
    known = {kind: _named(kind, triggers) for kind in _KINDS}
    found = {}
    for trigger in triggers:
        kind = str(trigger.target.get("type", ""))
        name = target_key(trigger.target)
        title, url = known.get(kind, {}).get((trigger.folder_id, name), (name, ""))
        found[trigger.pk] = Target(target_word(kind), title, url)
    return found


def target_word(kind: str) -> str:
    words = {
        "workflow": _("Workflow"),
        "run": _("Run"),
        "items": _("Items"),
        "task": _("Task"),
        "alert": _("Alert"),
    }
    return words.get(kind, kind)


def target_key(target: Mapping[str, Any]) -> str:
    """Return the key of what is started: workflow, automation or queue; else what it is called."""
    names = {"run": "automation", "items": "queue", "task": "title", "alert": "title"}
    return str(target.get(names.get(str(target.get("type")), "key")) or "")


_KINDS: dict[str, tuple[Any, str]] = {
    "workflow": (Workflow, "workflows:workflow_detail"),
    "run": (Automation, ""),
    "items": (WorkQueue, "queues:queue_detail"),
}


def _named(kind: str, triggers: Iterable[Trigger]) -> dict[tuple[int, str], tuple[str, str]]:
    model, page = _KINDS[kind]
    wanted = [each for each in triggers if each.target.get("type") == kind]
    if not wanted:
        return {}
    rows = model.objects.filter(
        folder_id__in={each.folder_id for each in wanted},
        key__in={target_key(each.target) for each in wanted},
    )
    return {
        (row.folder_id, row.key): (row.title, reverse(page, args=[row.pk]) if page else "")
        for row in rows
    }


def trigger_rows(
    triggers: Sequence[Trigger], now: datetime, *, operable: frozenset[int]
) -> list[TriggerRow]:
    """Return the rows of a list; the number of queries does not grow with it."""
    targets = targets_of(triggers)
    pauses = pauses_of({each.folder_id for each in triggers}, now)
    last = _last_firings([each.pk for each in triggers])
    sentences = sentences_of(triggers)
    return [
        TriggerRow(
            trigger=each,
            kind=kind_word(each.kind),
            target=targets[each.pk],
            sentence=sentences[each.pk],
            zone=zone_of(each) if each.kind in Trigger.TIMED else "",
            next_when=_next_when(each),
            standing=standing_of(each, pauses.get(each.folder_id)),
            last=firing_row(last[each.pk], zone_of(each)) if each.pk in last else None,
            may_pause=each.folder_id in operable and each.status != Trigger.Status.ENDED,
            held_until=pauses[each.folder_id].until if each.folder_id in pauses else None,
        )
        for each in triggers
    ]


def trigger_row(trigger: Trigger, now: datetime, *, operable: frozenset[int]) -> TriggerRow:
    return trigger_rows([trigger], now, operable=operable)[0]


def _next_when(trigger: Trigger) -> str:
    if trigger.status != Trigger.Status.ENABLED or trigger.next_at is None:
        return ""
    return moment(trigger.next_at, zone_of(trigger))


def _last_firings(pks: Sequence[int]) -> dict[int, Firing]:
    """One look into the index a trigger, however long its log is."""
    newest = Firing.objects.filter(trigger=OuterRef("pk")).order_by("-planned_at").values("pk")
    triggers = Trigger.objects.filter(pk__in=pks).annotate(last=Subquery(newest[:1]))
    rows = Firing.objects.filter(pk__in=triggers.values_list("last", flat=True))
    return {row.trigger_id: row for row in rows}


def firing_row(firing: Firing, zone: str, *, spread: int = 0) -> FiringRow:
    """`spread`: by how many seconds the trigger's starts are later on purpose, at most."""
    return FiringRow(
        firing=firing,
        badge=BADGE_OF_OUTCOME[Firing.Outcome(firing.outcome)],
        when=moment(firing.planned_at, zone),
        why=_why(firing),
        url=subject_url(firing),
        late=(firing.fired_at - firing.planned_at).total_seconds() - spread,
    )


def _why(firing: Firing) -> str:
    said = [str(firing.get_reason_display()) if firing.reason else "", firing.message]
    if firing.by:
        said.append(_("by %(who)s") % {"who": firing.by})
    elif firing.origin == Firing.Origin.CATCH_UP:
        said.insert(0, str(firing.get_origin_display()))
    return ": ".join(part for part in said if part)


def subject_url(firing: Firing) -> str:
    pages = {
        Firing.Subject.INSTANCE: "instances:instance_detail",
        Firing.Subject.RUN: "runs:run_detail",
        Firing.Subject.ITEMS: "items:item_detail",
        Firing.Subject.TASK: "inbox:task",
    }
    page = pages.get(Firing.Subject(firing.subject_type)) if firing.subject_type else None
    if page is None or firing.subject_id is None:
        return ""
    return reverse(page, args=[firing.subject_id])
