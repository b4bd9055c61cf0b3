"""What is true now of what a trigger goes by, and what that would come to. Starts nothing."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.lib.clock import database_now
from apps.lib.durations import duration_in_words
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject

from .conditions import (
    Fact,
    OfQueue,
    Part,
    QueueRule,
    StateRule,
    expected_words,
    judge,
    leaf_words,
    parse_expected,
    parse_queue,
    parse_state,
)
from .deciding import Backlog, QueueSeen, StateSeen
from .deciding.queues import n_wanted
from .models import Trigger
from .presenting import moment
from .rule_fields import zone_or_utc
from .titles import titles_in
from .watching import Arrival, backlogs_of, measure, n_arrived

Kind = Trigger.Kind


@dataclass(frozen=True)
class Look:
    """One thing that was looked at. `holds` None: it is told, and decides nothing."""

    label: str
    value: str
    holds: bool | None = None


@dataclass(frozen=True)
class Now:
    """`tone` says how it is meant: `start`, `missing` (it would start), `holds` or `calm`."""

    sentence: str
    tone: str = "calm"
    looks: list[Look] = field(default_factory=list)


def now_of(trigger: Trigger) -> Now | None:
    """Return what is true now; None of a kind that looks at nothing between its starts."""
    try:
        return what_is_now(trigger.folder_id, trigger.kind, trigger.rule, trigger)
    except DomainError as error:
        return Now(error.message)


def what_is_now(
    folder_id: int, kind: str, rule: JsonObject, trigger: Trigger | None = None
) -> Now | None:
    """Return it for a rule; `trigger` where it is saved. Raises InvalidError if it is wrong."""
    if kind == Kind.QUEUE:
        return _queue_now(folder_id, parse_queue(rule), trigger)
    if kind == Kind.STATE:
        return _state_now(folder_id, rule, trigger)
    if kind == Kind.EXPECTED:
        return _expected_now(folder_id, rule, trigger)
    return None


def _queue_now(folder_id: int, rule: QueueRule, trigger: Trigger | None) -> Now:
    ready = Fact(folder_id, "queue.ready", rule.queue)
    counted = int(float(str(measure([ready]).facts.get(ready) or 0)))
    backlog = backlogs_of([(folder_id, rule)]).get((folder_id, rule.queue), Backlog())
    n_active = len(QueueSeen.stored(trigger.seen).active) if trigger else 0
    n = max(0, min(n_wanted(rule, backlog), rule.max_active) - n_active)
    looks = [
        Look(
            ngettext("At least %(n)d item waits", "At least %(n)d items wait", rule.min_items)
            % {"n": rule.min_items},
            _("now %(n)d") % {"n": counted},
            counted >= rule.min_items,
        ),
        *_hurrying(rule, backlog),
        Look(_("Of what it started is under way"), str(n_active)),
    ]
    return Now(_queue_sentence(counted, backlog, n), "start" if n else "calm", looks)


def _queue_sentence(counted: int, backlog: Backlog, n: int) -> str:
    if counted and not backlog.n:
        return _("The queue is paused, or held back: it would start nothing.")
    words = {"ready": counted, "n": n}
    if n:
        return _("Now: %(ready)d ready, it would start %(n)d.") % words
    return _("Now: %(ready)d ready, it would start nothing.") % words


def _hurrying(rule: QueueRule, backlog: Backlog) -> list[Look]:
    """What makes it start sooner; measured only where fewer items wait than are enough."""
    found = []
    if rule.oldest_seconds is not None:
        label = _("The oldest has waited for %(length)s")
        words = {"length": duration_in_words(rule.oldest_seconds)}
        age = backlog.oldest_seconds
        holds = age is not None and age >= rule.oldest_seconds
        found.append(Look(label % words, _length(age), holds))
    if rule.due_within_seconds is not None:
        label = _("One is due within %(length)s")
        words = {"length": duration_in_words(rule.due_within_seconds)}
        due = backlog.due_in_seconds
        found.append(
            Look(label % words, _length(due), due is not None and due <= rule.due_within_seconds)
        )
    if rule.miss_chance is not None:
        label = _("One will be late with a chance of %(n)d %%")
        chance = backlog.miss_chance
        now = "–" if chance is None else _("%(n)d %%") % {"n": round(100 * chance)}
        holds = chance is not None and chance >= rule.miss_chance
        found.append(Look(label % {"n": round(100 * rule.miss_chance)}, now, holds))
    return found


def _state_now(folder_id: int, said: JsonObject, trigger: Trigger | None) -> Now:
    rule, titles = parse_state(said), titles_in(folder_id, Kind.STATE, said)
    measured = measure(rule.facts(folder_id))
    judged = judge(rule, folder_id, measured.facts, measured.at)
    looks = [
        Look(_capital(leaf_words(part.leaf, titles)), _measured(part), part.holds)
        for part in judged.parts
    ]
    seen = StateSeen.stored(trigger.seen) if trigger else None
    if not judged.holds:
        return Now(_("It does not hold now."), "calm", looks)
    return Now(_holding(rule, seen), "start" if rule.mode == "level" else "holds", looks)


def _holding(rule: StateRule, seen: StateSeen | None) -> str:
    if rule.mode == "level":
        return _("It holds now: it starts again and again.")
    if seen is None:
        return _("It holds already: it starts when it comes to hold anew.")
    if not seen.holds:
        return _("It holds now.")
    words = {"time": moment(seen.since, timezone.get_current_timezone_name())}
    if seen.is_done:
        said = _("It has held since %(time)s, and starts when it comes to hold anew.")
    else:
        said = _("It has held since %(time)s.")
    return said % words


def _measured(part: Part) -> str:
    """Return what was measured, as people read it."""
    value = part.value
    if value is None:
        return _("nothing to go by")
    if isinstance(value, datetime):
        return moment(value, timezone.get_current_timezone_name())
    if isinstance(value, bool):
        return _("now yes") if value else _("now no")
    if isinstance(part.leaf, OfQueue) and isinstance(value, int | float):
        shown = {
            "queue.oldest_seconds": duration_in_words(value) if value else "0 s",
            "queue.failure_share": f"{value:.0%}",
        }
        return _("now %(value)s") % {"value": shown.get(part.leaf.metric, f"{value:g}")}
    return _("now %(value)s") % {"value": f"{value:g}" if isinstance(value, float) else value}


def _expected_now(folder_id: int, rule: JsonObject, trigger: Trigger | None) -> Now | None:
    expected = parse_expected(rule)
    if expected.kind == "file" and trigger is None:
        return None  # a folder may take its time to answer: not while somebody types
    now, zone = database_now(), zone_or_utc(str(rule.get("zone") or ""))
    since = expected.begins(now, trigger.last_planned_at if trigger else None, zone)
    n = n_arrived(Arrival(folder_id=folder_id, expected=expected, since=since, until=now))
    wanted = expected.at_least if expected.kind == "items" else 1
    words = {"time": moment(since, zone.key)}
    looks = [
        Look(
            _capital(expected_words(expected, titles_in(folder_id, Kind.EXPECTED, rule))),
            _("is there") if n >= wanted else _("%(n)d so far") % {"n": n},
            n >= wanted,
        ),
        Look(_("What has come since %(time)s counts") % words, ""),
    ]
    if n >= wanted:
        return Now(_("It is there: if it looked now, it would start nothing."), "calm", looks)
    return Now(_("It is not there: if it looked now, it would start."), "missing", looks)


def _length(seconds: float | None) -> str:
    if seconds is None:
        return _("nothing to go by")
    return _("now %(length)s") % {"length": duration_in_words(timedelta(seconds=seconds))}


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
