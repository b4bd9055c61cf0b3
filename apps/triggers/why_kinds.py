"""Why triggers without times start nothing: what they go by is not so, or has been heeded."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.calendars.lookup import hours_of
from apps.lib.durations import duration_in_words
from apps.lib.why import OPERATE, Act, Blocker, Link, Why, about
from apps.queues.models import WorkQueue
from apps.queues.why_queue import holding, link_of

from .conditions import (
    Part,
    QueueRule,
    StateRule,
    Titles,
    judge,
    leaf_words,
    parse_queue,
    parse_state,
)
from .deciding import Backlog, QueueSeen, StateSeen, decide_queue
from .lifecycle.starting import subjects_under_way
from .models import Delivery, Firing, Trigger
from .presenting import moment, subject_url, zone_of
from .presenting_rules import sentence_of
from .timing.reading import zone_named
from .titles import titles_in
from .watching import backlogs_of, measure

Kind = Trigger.Kind
MAX_NAMED = 3


def of_kind(trigger: Trigger, now: datetime) -> list[Blocker]:
    """Return what keeps a trigger without times that is on from starting now."""
    closed = _closed(trigger, now)
    match trigger.kind:
        case Kind.QUEUE:
            return [*closed, *_of_queue(trigger, parse_queue(trigger.rule), now)]
        case Kind.STATE:
            return [*closed, *_of_state(trigger, parse_state(trigger.rule), now)]
        case Kind.EVENT:
            return [*closed, _of_event(trigger)]
        case _:
            return []


def start_now(trigger: Trigger) -> Act:
    return Act(
        label=_("Start it now"),
        url=reverse("triggers:fire", args=[trigger.pk]),
        method="post",
        right=OPERATE,
        folder_id=trigger.folder_id,
    )


def _closed(trigger: Trigger, now: datetime) -> list[Blocker]:
    if trigger.calendar is None or trigger.on_closed == Trigger.OnClosed.IGNORE:
        return []
    hours = hours_of(trigger.calendar)
    zone = zone_named(trigger.rule.get("zone")) or hours.zone
    if hours.spans_on(now.astimezone(zone).date()):
        return []
    sentence = _("The calendar “%(calendar)s” is closed today.")
    return [
        Blocker(
            code="calendar",
            sentence=sentence % {"calendar": trigger.calendar.title},
            next=_("What happens today is left out; it starts again on an open day."),
            act=start_now(trigger),
        )
    ]


# --- queues


def _of_queue(trigger: Trigger, rule: QueueRule, now: datetime) -> list[Blocker]:
    queue = WorkQueue.objects.filter(folder=trigger.folder_id, key=rule.queue).first()
    if queue is None:
        return [_no_queue(trigger, rule)]
    held = about(Why(tuple(holding(queue))), link_of(queue))
    if held:
        return list(held)
    place = (trigger.folder_id, rule.queue)
    backlog = backlogs_of([(trigger.folder_id, rule)]).get(place, Backlog())
    seen = QueueSeen.stored(trigger.seen)
    alive = subjects_under_way(set(seen.active))
    before = replace(seen, active=tuple(each for each in seen.active if each in alive))
    verdict = decide_queue(rule, backlog, before, now)
    if verdict.n:
        return [about_to_start()]
    if not verdict.n_wanted:
        return [_too_few(trigger, rule, queue, backlog)]
    if before.active and verdict.seen.refused != Firing.Reason.COOL_DOWN:
        return [_enough([_link_of(kind, number) for kind, number in before.active])]
    return [_nobody_takes_it(trigger, queue)]


def _no_queue(trigger: Trigger, rule: QueueRule) -> Blocker:
    return Blocker(
        code="condition",
        sentence=_("There is no queue “%(key)s” in this folder.") % {"key": rule.queue},
        next=_("It starts nothing until there is one again."),
    )


def _too_few(trigger: Trigger, rule: QueueRule, queue: WorkQueue, backlog: Backlog) -> Blocker:
    n = backlog.n
    words = {"n": n, "min": rule.min_items, "queue": queue.title}
    sentence = ngettext(
        "%(n)d item waits in “%(queue)s”; it starts from %(min)d on.",
        "%(n)d items wait in “%(queue)s”; it starts from %(min)d on.",
        n,
    )
    following = _("It starts by itself as soon as enough wait.")
    if n and rule.oldest_seconds is not None:
        length = duration_in_words(rule.oldest_seconds)
        following = _("It starts by itself as soon as enough wait, or one has for %(length)s.") % {
            "length": length
        }
    return Blocker(
        code="condition",
        sentence=sentence % words,
        next=following,
        act=start_now(trigger),
        about=(link_of(queue),),
        is_usual=True,
    )


def _link_of(kind: str, number: int) -> Link:
    url = subject_url(Firing(subject_type=kind, subject_id=number))
    return Link(f"{Firing.Subject(kind).label} #{number}", url)


def _enough(active: list[Link]) -> Blocker:
    n = len(active)
    sentence = ngettext(
        "What it has started is under way, and that is enough for now: %(n)d.",
        "As many as it may start are under way: %(n)d.",
        n,
    )
    return Blocker(
        code="active_limit",
        sentence=sentence % {"n": n},
        next=_("It starts more when one of these is over, or when more waits."),
        act=Act(label=_("See why that is not over"), url=active[0].url),
        about=tuple(active[:MAX_NAMED]),
        is_usual=True,
    )


def _nobody_takes_it(trigger: Trigger, queue: WorkQueue) -> Blocker:
    return Blocker(
        code="cool_down",
        sentence=_("What it started took nothing from “%(queue)s”, where items still wait.")
        % {"queue": queue.title},
        next=_("It tries again by itself, ever more slowly: up to 5 minutes apart."),
        act=start_now(trigger),
        about=(link_of(queue),),
    )


# --- states


def _of_state(trigger: Trigger, rule: StateRule, now: datetime) -> list[Blocker]:
    measured = measure(rule.facts(trigger.folder_id))
    judged = judge(rule, trigger.folder_id, measured.facts, measured.at)
    if not judged.holds:
        return [_does_not_hold(trigger, list(judged.parts))]
    seen = StateSeen.stored(trigger.seen)
    found = list(_though_it_holds(trigger, rule, seen, now)) if seen else []
    return found[:1] or [about_to_start()]


def _does_not_hold(trigger: Trigger, parts: list[Part]) -> Blocker:
    titles = titles_in(trigger.folder_id, trigger.kind, trigger.rule)
    unmet = [_unmet(part, titles) for part in parts if not part.holds]
    return Blocker(
        code="condition",
        sentence=_("Its condition does not hold: %(what)s.")
        % {"what": "; ".join(unmet[:MAX_NAMED])},
        next=_("It starts by itself as soon as it does."),
        act=start_now(trigger),
        is_usual=True,
    )


def _unmet(part: Part, titles: Titles) -> str:
    value, what = part.value, leaf_words(part.leaf, titles)
    if value is None:
        return _("%(what)s (there is nothing to go by)") % {"what": what}
    if isinstance(value, datetime):
        value = value.isoformat(timespec="minutes")
    if isinstance(value, float):
        value = f"{value:g}"
    return _("%(what)s (now %(value)s)") % {"what": what, "value": value}


def _though_it_holds(
    trigger: Trigger, rule: StateRule, seen: StateSeen, now: datetime
) -> Iterator[Blocker]:
    zone = zone_of(trigger)
    ripe_at = seen.since + timedelta(seconds=rule.for_seconds)
    if not seen.is_done and ripe_at > now:
        yield _state(
            trigger,
            "condition",
            _("Its condition holds, but not for %(length)s yet.")
            % {"length": duration_in_words(rule.for_seconds)},
            ripe_at,
        )
    cool_at = seen.started_at and seen.started_at + timedelta(seconds=rule.cool_down_seconds)
    if cool_at is not None and cool_at > now:
        yield _state(trigger, "cool_down", _("It started a short time ago, and rests."), cool_at)
    if rule.once_per and seen.day == now.astimezone(rule.zone).date().isoformat():
        midnight = rule.midnight(now + timedelta(days=1))
        yield _state(trigger, "once_per_date", _("It has started for today already."), midnight)
    if seen.is_done:
        words = {"time": moment(seen.since, zone)}
        yield _state(
            trigger,
            "condition",
            _("Its condition has held since %(time)s, and was heeded then.") % words,
            None,
        )


def _state(trigger: Trigger, code: str, sentence: str, at: datetime | None) -> Blocker:
    anew = _("It starts when its condition comes to hold anew.")
    return Blocker(
        code=code,
        sentence=sentence,
        next=_("It may start again") if at else anew,
        at=at,
        act=start_now(trigger),
        is_usual=True,
    )


# --- events


def _of_event(trigger: Trigger) -> Blocker:
    """It waits for something to happen; what came last and was refused says more."""
    last = Delivery.objects.filter(trigger=trigger).order_by("-received_at", "-pk").first()
    following = _("Nothing has come yet.")
    if last is not None and last.outcome == Delivery.Outcome.REFUSED:
        following = _("What came last was refused: %(message)s") % {"message": last.message}
    elif last is not None:
        following = _("What came last was taken.")
    return Blocker(
        code="event",
        sentence=_("It waits for something to happen: %(what)s.") % {"what": sentence_of(trigger)},
        next=following,
        act=start_now(trigger),
        is_usual=last is None or last.outcome != Delivery.Outcome.REFUSED,
    )


def about_to_start() -> Blocker:
    return Blocker(
        code="nothing",
        sentence=_("Nothing is in its way."),
        next=_("It is about to start: within seconds."),
        is_usual=True,
    )
