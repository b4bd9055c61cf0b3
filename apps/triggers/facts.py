"""What the page of one trigger says of it: its times, its policies, what it hands over."""

from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.durations import duration_in_words
from apps.lib.errors import DomainError

from . import times
from .differences import data_of, in_words, shown
from .models import Trigger
from .presenting import zone_of
from .presenting_rules import sentence_of
from .previewing import pace_in_words, planned_rows


def times_of(
    trigger: Trigger, now: datetime, *, held_until: datetime | None = None
) -> dict[str, Any]:
    """Return the context of the panels “When, and what” and, of one with times, “Next starts”."""
    found: dict[str, Any] = {"facts": facts_of(trigger), "sentence": sentence_of(trigger)}
    found["has_times"] = trigger.kind in Trigger.TIMED
    data = data_of(trigger.target)
    if data:
        found["data"] = shown(data)
    if trigger.kind not in Trigger.TIMED:
        return found
    try:
        rule = times.rule_of(trigger)
    except DomainError as error:
        return {**found, "problem": error.message}
    is_over = trigger.status == Trigger.Status.ENDED
    rows = [] if is_over else planned_rows(rule, now, zone_of(trigger), held_until=held_until)
    return {
        **found,
        "per_day": pace_in_words(rule, now),
        "next": rows,
    }


def facts_of(trigger: Trigger) -> list[tuple[str, str]]:
    """Return what holds beside the times, in words; what is not said is left out."""
    facts = [
        (_("Key"), trigger.key),
        (_("Owner"), trigger.owner.name if trigger.owner else "–"),
        *_bounds(trigger.rule),
        *_settings(trigger),
    ]
    if trigger.calendar:
        on_closed = trigger.get_on_closed_display()
        facts.append((_("Calendar"), f"{trigger.calendar.title}: {on_closed}"))
    if trigger.kind != Trigger.Kind.QUEUE:
        facts.append((_("If the last one is still under way"), trigger.get_overlap_display()))
    if trigger.kind in Trigger.TIMED:
        facts.append((_("Times that nobody was there for"), _missed(trigger)))
    return [*facts, (_("If it keeps failing"), _failing(trigger))]


def _settings(trigger: Trigger) -> list[tuple[str, str]]:
    """Return what the sentence of an event trigger does not say."""
    if trigger.kind != Trigger.Kind.EVENT:
        return []
    settings = in_words({"kind": trigger.kind, "rule": trigger.rule}).get("rule.more", "")
    return [(_("Settings"), settings)] if settings else []


def _bounds(rule: dict[str, Any]) -> list[tuple[str, str]]:
    named = {
        "starts_at": _("Not before"),
        "ends_at": _("Not after"),
        "anchor": _("Counted from"),
    }
    found = [
        (label, str(rule[name]).replace("T", " "))
        for name, label in named.items()
        if rule.get(name)
    ]
    if spread := rule.get("jitter_seconds"):
        words = {"length": duration_in_words(int(spread))}
        found.append((_("Spread"), _("up to %(length)s later") % words))
    return found


def _missed(trigger: Trigger) -> str:
    if trigger.missed != Trigger.Missed.RUN_ALL:
        return str(trigger.get_missed_display())
    n = trigger.max_catch_up
    return ngettext("Make up for the last one", "Make up for the last %(n)d", n) % {"n": n}


def _failing(trigger: Trigger) -> str:
    n = trigger.disable_after_failures
    if not n:
        return _("it goes on trying")
    words = {"n": n, "now": trigger.failures_in_row}
    if trigger.failures_in_row:
        return _("switched off after %(n)d in a row; %(now)d so far") % words
    return _("switched off after %(n)d in a row") % words
