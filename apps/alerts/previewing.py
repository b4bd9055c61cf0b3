"""What a rule comes to, before it is saved: in words, as of now, and in the last 14 days."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.models import Folder
from apps.calendars.lookup import hours_of
from apps.calendars.models import Calendar
from apps.lib.durations import duration_in_words
from apps.lib.errors import InvalidError
from apps.lib.json import JsonObject

from .backtesting import DAYS, Outcome, Stretch, try_rule, window_of
from .backtesting.drawing import SHORT, Strip, strip_of
from .conditions import Condition, Rule, parse_rule, rule_words
from .conditions.wording import condition_words, value_words
from .definitions import condition_problems
from .models import Alert, AlertRule, Severity
from .presenting import Look, looks_at

STRETCHES_SHOWN = 20
# what is drawn of the time around an alert
BEFORE, AFTER = timedelta(hours=6), timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One alert that there would have been, as a row of the table beside the picture."""

    when: str
    length: str
    worst: str
    is_outside: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    sentence: str = ""
    problems: list[tuple[str, str]] = field(default_factory=list)
    looks: list[Look] = field(default_factory=list)
    # how often it would have fired, as a sentence; "" where nothing was tried
    verdict: str = ""
    tone: str = ""
    notes: list[str] = field(default_factory=list)
    strip: Strip | None = None
    lines: list[Line] = field(default_factory=list)
    n_more: int = 0
    label: str = ""


def preview_of(folder: Folder, said: JsonObject) -> Preview:
    """Return what the rule in `said` comes to; `said` is a definition as far as it is known."""
    rule_said = said.get("rule")
    try:
        rule = parse_rule(rule_said if isinstance(rule_said, dict) else {})
    except InvalidError as error:
        return Preview(problems=[(each.path, each.message) for each in error.fields])
    problems = [*condition_problems(folder, rule.when, rule.when.join)]
    if problems:
        return Preview(problems=[("", each.message) for each in problems])
    outcome = try_rule(rule, folder.pk)
    outside = _outside(folder, said, outcome)
    shown = outcome.stretches[::-1][:STRETCHES_SHOWN]
    return Preview(
        sentence=rule_words(rule),
        looks=looks_at(rule, folder.pk),
        verdict=verdict_of(outcome),
        tone="watch" if len(outcome.stretches) > DAYS else "",
        notes=_notes(rule, outcome, outside),
        strip=_strip(outcome),
        lines=[_line(each, outcome, each.fired_at in outside) for each in shown],
        n_more=len(outcome.stretches) - len(shown),
        label=verdict_of(outcome),
    )


def verdict_of(outcome: Outcome) -> str:
    """Return how often it would have fired, and how sure that is."""
    if outcome.bound == "nothing":
        return _("Nothing is kept of the past that it could be tried on.")
    n = len(outcome.stretches)
    words = {"n": n, "days": DAYS}
    if not n:
        said = _("It would not have fired in the last %(days)d days.")
        if outcome.bound in ("at_least", "about"):
            said = _("By what is known it would not have fired in the last %(days)d days.")
        return said % words
    texts = {
        "exact": ngettext(
            "It would have fired once in the last %(days)d days.",
            "It would have fired %(n)d× in the last %(days)d days.",
            n,
        ),
        "at_most": ngettext(
            "It would have fired at most once in the last %(days)d days.",
            "It would have fired at most %(n)d× in the last %(days)d days.",
            n,
        ),
        "at_least": ngettext(
            "It would have fired at least once in the last %(days)d days.",
            "It would have fired at least %(n)d× in the last %(days)d days.",
            n,
        ),
        "about": ngettext(
            "It would have fired about once in the last %(days)d days.",
            "It would have fired about %(n)d× in the last %(days)d days.",
            n,
        ),
    }
    return texts[outcome.bound] % words


def chart_of(alert: Alert) -> Strip | None:
    """Return what its first condition measured from some hours before it until now, or its end.

    None where nothing is kept of that, or it is no number.
    """
    said = alert.seen[0].get("condition") if alert.seen else None
    try:
        rule = parse_rule({"all": [said]})
    except InvalidError:
        return None
    whole = try_rule(rule, alert.folder_id)
    if not whole.series or not isinstance(whole.series[-1], int | float | None):
        return None
    part = window_of(whole, alert.since - BEFORE, (alert.resolved_at or whole.until) + AFTER)
    if part is None:
        return None
    fired = Stretch(since=alert.since, fired_at=alert.fired_at, ended_at=alert.resolved_at)
    metric, is_short = _metric(part.shown), part.until - part.since < SHORT
    return strip_of(
        replace(part, stretches=[fired]),
        time=_hour if is_short else _day,
        number=lambda value: value_words(metric, value),
    )


def outcome_json(outcome: Outcome) -> JsonObject:
    """Return it for programs."""
    return {
        "since": outcome.since.isoformat(),
        "until": outcome.until.isoformat(),
        "bound": outcome.bound,
        "sentence": verdict_of(outcome),
        "known_since": outcome.known_since.isoformat() if outcome.known_since else None,
        "left_out": [each.as_json() for each in outcome.left_out],
        "alerts": [
            {
                "since": each.since.isoformat(),
                "fired_at": each.fired_at.isoformat(),
                "ended_at": each.ended_at.isoformat() if each.ended_at else None,
                "worst": each.worst,
            }
            for each in outcome.stretches
        ],
    }


def _notes(rule: Rule, outcome: Outcome, outside: set[datetime]) -> list[str]:
    found = [
        _("No history is kept of this, it was left out: %(condition)s.")
        % {"condition": condition_words(each)}
        for each in outcome.left_out
    ]
    if outcome.known_since:
        words = {"day": _day(outcome.known_since)}
        found.append(_("Before %(day)s nothing is known.") % words)
    if outside:
        n = len(outside)
        text = ngettext(
            "One of them outside the hours: told when these begin, if it still fires.",
            "%(n)d of them outside the hours: told when these begin, if they still fire.",
            n,
        )
        found.append(text % {"n": n})
    if outcome.bound != "nothing":
        found.append(_("Judged by the end of each minute; live it is judged each 5 seconds."))
    return found


def _outside(folder: Folder, said: JsonObject, outcome: Outcome) -> set[datetime]:
    """Return when it would have fired outside its hours, if it waits for them."""
    waits = said.get("outside_hours") == AlertRule.OutsideHours.WAIT
    if not waits or said.get("severity") == Severity.CRITICAL or not said.get("calendar"):
        return set()
    calendar = Calendar.objects.filter(folder=folder, key=str(said["calendar"])).first()
    hours = hours_of(calendar)
    return {each.fired_at for each in outcome.stretches if not hours.is_open(each.fired_at)}


def _strip(outcome: Outcome) -> Strip | None:
    if outcome.bound == "nothing":
        return None
    metric = _metric(outcome.shown)
    return strip_of(outcome, time=_day, number=lambda value: value_words(metric, value))


def _line(stretch: Stretch, outcome: Outcome, is_outside: bool) -> Line:  # noqa: FBT001
    local = timezone.localtime(stretch.fired_at)
    length: timedelta | None = stretch.ended_at - stretch.fired_at if stretch.ended_at else None
    said = _("still open") if length is None else duration_in_words(length) if length else "0 s"
    worst = "" if stretch.worst is None else value_words(_metric(outcome.shown), stretch.worst)
    return Line(when=f"{local:%Y-%m-%d %H:%M}", length=said, worst=worst, is_outside=is_outside)


def _metric(condition: Condition | None) -> str:
    return str(condition.test.as_json().get("metric") or "") if condition else ""


def _hour(at: datetime) -> str:
    return f"{timezone.localtime(at):%H:%M}"


def _day(at: Any) -> str:
    return date_format(timezone.localtime(at), "j M")
