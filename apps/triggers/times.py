"""The times of triggers: from what people said to moments, with the hours of their calendars."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import islice

from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.calendars.hours import Hours
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.errors import FieldProblem, InvalidError
from apps.lib.json import JsonObject

from .conditions import time_part
from .models import Trigger
from .timing import Planned, TimeRule, jittered, parse_rule

IGNORE = Trigger.OnClosed.IGNORE


@dataclass(frozen=True, slots=True)
class Tick:
    """A planned time. `mark`: "", gap, fold, closed (to be left out) or moved."""

    at: datetime
    mark: str = ""

    @property
    def is_closed(self) -> bool:
        return self.mark == "closed"


def rule_of(trigger: Trigger, hours: Hours | None = None) -> TimeRule:
    """Return the times of a trigger; `hours` of its calendar, if known already.

    Raises InvalidError where they can't be worked out any more.
    """
    if hours is None and trigger.calendar_id is not None:
        hours = hours_of(trigger.calendar)
    return time_rule(time_part(trigger.rule), hours, trigger.on_closed)


def rule_said(folder: Folder, said: JsonObject) -> TimeRule:
    """Return the times that `rule`, `calendar` and `on_closed` of a definition say, stored or not.

    Raises InvalidError naming each field as in `rule.cron`.
    """
    calendar = calendar_said(folder, said.get("calendar"))
    hours = hours_of(calendar) if calendar else None
    rule = said.get("rule")
    times = rule if isinstance(rule, dict) else {}
    if said.get("kind") == Trigger.Kind.EXPECTED:
        times = time_part(times)
    return time_rule(times, hours, str(said.get("on_closed")))


def time_rule(rule: JsonObject, hours: Hours | None, on_closed: str) -> TimeRule:
    """Without hours no day is closed: a calendar may have been removed meanwhile."""
    try:
        return parse_rule(rule, hours=hours, on_closed=on_closed if hours else IGNORE.value)
    except InvalidError as error:
        fields = [FieldProblem(_within_rule(each.path), each.message) for each in error.fields]
        raise InvalidError(error.message, fields=fields) from None


def calendar_said(folder: Folder, key: object) -> Calendar | None:
    """Return the calendar of that key, None for ""; raises InvalidError for one unknown."""
    if not key:
        return None
    found: Calendar | None = Calendar.objects.filter(folder=folder, key=str(key)).first()
    if found is None:
        message = _("There is no calendar “%(key)s” in this folder.") % {"key": key}
        raise InvalidError(message, fields=[FieldProblem("calendar", message)])
    return found


def ticks_after(rule: TimeRule, moment: datetime) -> Iterator[Tick]:
    """Yield the planned times later than `moment`, in order."""
    for planned in rule.planned_after(moment):
        yield Tick(planned.at, planned.mark.value)


def first_after(rule: TimeRule, moment: datetime) -> Tick | None:
    return next(ticks_after(rule, moment), None)


def next_starts(rule: TimeRule, moment: datetime, n: int) -> list[Planned]:
    """Return the next `n` planned times, those that the calendar leaves out included."""
    return list(islice(rule.planned_after(moment), n))


def due_at(trigger: Trigger, at: datetime) -> datetime:
    """Return when that time is due: later by what spreads it. All schedulers agree on it."""
    spread = trigger.rule.get("jitter_seconds") or 0
    return jittered(at, f"{trigger.folder_id}:{trigger.key}", int(spread)) if spread else at


def _within_rule(path: str) -> str:
    if path.startswith("rule") or path in ("calendar", "on_closed"):
        return path
    return f"rule.{path}" if path else "rule"
