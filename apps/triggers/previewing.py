"""The next times of a rule, with all that is special about them, before and after it is saved."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from math import ceil
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Folder
from apps.lib.clock import database_now
from apps.lib.errors import DomainError, InvalidError
from apps.lib.json import JsonObject

from .kinds import rule_problems
from .looking_now import Now, what_is_now
from .models import Trigger
from .presenting import MOMENT, moment, rule_of
from .presenting_rules import rule_words
from .times import next_starts, rule_said
from .timing import Mark, Planned, TimeRule
from .timing.schedules import Interval
from .titles import titles_in

N_NEXT = 10
# Neighbours of a minute are looked for among so many triggers: beyond, it is a lower bound
MAX_NEIGHBOURS = 200
# From here on a save is confirmed by typing the number
MINUTES_A_DAY, SECONDS_A_DAY = 24 * 60, 86_400
MANY_TIMES = 10


@dataclass(frozen=True)
class PlannedRow:
    """One of the next starts. `here` is the reader's clock where it differs from the trigger's."""

    at: datetime
    when: str
    here: str
    note: str
    # why it is left out; "" if it starts
    left_out: str
    n_others: int = 0
    is_at_least: bool = False


@dataclass(frozen=True)
class Preview:
    """What the times that somebody is editing come to; `problems` where they come to nothing."""

    sentence: str = ""
    zone: str = ""
    pace: str = ""
    rows: list[PlannedRow] = field(default_factory=list)
    problems: list[tuple[str, str]] = field(default_factory=list)
    # what is true now of what it goes by; None of one that goes by times alone, or by events
    now: Now | None = None
    has_times: bool = True
    changes: list[dict[str, str]] = field(default_factory=list)

    def with_changes(self, changes: list[dict[str, str]]) -> "Preview":
        return replace(self, changes=changes)


def preview_of(
    folder: Folder,
    said: JsonObject,
    neighbours: QuerySet[Trigger],
    label_of: Callable[[str], str],
) -> Preview:
    """Return what a rule comes to; `label_of` gives the name of a field that is wrong."""
    problems = rule_problems(folder, said)
    try:
        if problems:
            raise InvalidError(problems[0].message, fields=problems)
        return _come_to(folder, said, neighbours)
    except DomainError as error:
        named = [(label_of(each.path), each.message) for each in error.fields]
        return Preview(problems=named or [("", error.message)])


def _come_to(folder: Folder, said: JsonObject, neighbours: QuerySet[Trigger]) -> Preview:
    kind, rule = str(said["kind"]), said["rule"]
    assert isinstance(rule, dict)
    is_now = what_is_now(folder.pk, kind, rule)
    sentence = rule_words(kind, rule, titles_in(folder.pk, kind, rule))
    if kind not in Trigger.TIMED:
        return Preview(sentence=sentence, now=is_now, has_times=False)
    times, now = rule_said(folder, said), database_now()
    zone = times.zone.key
    return Preview(
        sentence=times.sentence() if kind == Trigger.Kind.TIME else sentence,
        zone=zone,
        pace=pace_in_words(times, now),
        rows=planned_rows(times, now, zone, neighbours=neighbours),
        now=is_now,
    )


@dataclass(frozen=True)
class Load:
    """How many starts a day a save brings, when so many that somebody must type the number."""

    n: int
    before: int

    @property
    def question(self) -> str:
        words = {"n": self.n, "before": self.before}
        if self.before:
            return _("It would start %(n)d times a day instead of %(before)d.") % words
        return _("It would start %(n)d times a day.") % words


def load_to_confirm(rule: TimeRule, before: TimeRule | None, now: datetime) -> Load | None:
    """Return what must be confirmed: ten times as many starts as before, or more than one a minute.

    None when the change brings neither.
    """
    new = starts_a_day(rule, now)
    old = starts_a_day(before, now) if before else 0.0
    if new <= old:
        return None
    if new > MINUTES_A_DAY or (before is not None and new > MANY_TIMES * max(old, 1.0)):
        return Load(ceil(new), ceil(old))
    return None


def starts_a_day(rule: TimeRule, now: datetime) -> float:
    """Return how often a day it starts, over the week that begins on the day of its next start.

    The same all day long: what somebody is asked to type must still hold when it is sent.
    """
    if isinstance(rule.schedule, Interval):  # as often as each second: counting would take its time
        return SECONDS_A_DAY / rule.schedule.seconds
    first = next(rule.planned_after(now), None)
    if first is None:
        return 0.0
    return rule.per_day(first.at.replace(hour=0, minute=0, second=0, microsecond=0))


def pace_in_words(rule: TimeRule, now: datetime) -> str:
    """Return how often it starts; "" for what comes less than once a week."""
    per_day = starts_a_day(rule, now)
    if per_day >= 1:
        return _("about %(n)d starts a day") % {"n": round(per_day)}
    per_week = round(per_day * 7)
    if not per_week:
        return ""
    return ngettext("%(n)d start a week", "%(n)d starts a week", per_week) % {"n": per_week}


def planned_rows(
    rule: TimeRule,
    after: datetime,
    zone: str,
    *,
    n: int = N_NEXT,
    neighbours: QuerySet[Trigger] | None = None,
    held_until: datetime | None = None,
) -> list[PlannedRow]:
    """Return the next `n` times, each with what is special about it.

    `neighbours`: other triggers, to be counted where they start at the same minute.
    `held_until`: until when the folder is paused.
    """
    planned = next_starts(rule, after, n)
    rules = _rules(neighbours)
    at_least = len(rules) == MAX_NEIGHBOURS
    rows = [_planned_row(each, zone, _others(each.at, rules), at_least) for each in planned]
    return [_held(row, held_until) for row in rows]


def _held(row: PlannedRow, until: datetime | None) -> PlannedRow:
    if until is None or row.left_out or row.at >= until:
        return row
    return replace(row, left_out=_("folder paused: left out"))


def _rules(neighbours: QuerySet[Trigger] | None) -> list[TimeRule]:
    if neighbours is None:
        return []
    found = neighbours.select_related("calendar").order_by("next_at")[:MAX_NEIGHBOURS]
    return [rule for rule in map(rule_of, found) if rule is not None]


def _others(at: datetime, rules: Iterable[TimeRule]) -> int:
    minute = at.replace(second=0, microsecond=0)
    return sum(1 for rule in rules if _starts_in(rule, minute))


def _starts_in(rule: TimeRule, minute: datetime) -> bool:
    found = next(rule.planned_after(minute - timedelta(microseconds=1)), None)
    return (
        found is not None and found.at < minute + timedelta(minutes=1) and found.mark != Mark.CLOSED
    )


def _planned_row(planned: Planned, zone: str, n_others: int, is_at_least: bool) -> PlannedRow:
    here = timezone.get_current_timezone_name()
    return PlannedRow(
        at=planned.at,
        when=moment(planned.at, zone),
        here=_here(planned.at, zone, here),
        note=mark_in_words(planned),
        left_out=_("closed: left out") if planned.mark == Mark.CLOSED else "",
        n_others=n_others,
        is_at_least=is_at_least,
    )


def _here(at: datetime, zone: str, other: str) -> str:
    """Return what the reader's clock shows then; "" if it shows the same."""
    there, here = at.astimezone(ZoneInfo(zone)), at.astimezone(ZoneInfo(other))
    if there.utcoffset() == here.utcoffset():
        return ""
    return moment(at, other) if there.date() != here.date() else formats.date_format(here, "H:i")


def mark_in_words(planned: Planned) -> str:
    """Return what is special about a time, closed days apart; "" for most."""
    written = formats.date_format(planned.nominal, MOMENT)
    if planned.mark == Mark.GAP:
        words = _("The clocks skip %(time)s that day: it starts when they go on.")
    elif planned.mark == Mark.FOLD and planned.nominal.fold:
        words = _("The clocks show this time twice that day: this is the second.")
    elif planned.mark == Mark.FOLD:
        words = _("The clocks show this time twice that day: this is the first.")
    elif planned.mark == Mark.MOVED:
        words = _("Moved from %(time)s: closed that day.")
    else:
        return ""
    return words % {"time": written}
