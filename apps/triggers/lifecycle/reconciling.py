"""Queue triggers keep as much going as waits: what is wanted, less what is under way.

Decided under the trigger's lock, with the queue measured once more: two schedulers that saw the
same items start nothing twice.
"""

import threading
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from django.db import transaction

from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.triggers.conditions import QueueRule, parse_queue
from apps.triggers.deciding import Backlog, QueueSeen, QueueVerdict, decide_queue
from apps.triggers.deciding.queues import Subject
from apps.triggers.models import Firing, Trigger
from apps.triggers.watching import TOLD_UP_TO, Watch, Watched, backlogs_of

from .entering import fire_for
from .holding import hold_of
from .looking import attend, in_turn, locked, remember
from .noting import note_refusal
from .starting import subjects_under_way
from .tracing import cause_of_backlog

Kind, Outcome = Trigger.Kind, Firing.Outcome

# One look of one trigger makes no more: the others come with the next
STARTS_AT_ONCE: Final = 20
# What people start beside them is counted, too, up to so many
MAX_ACTIVE_KEPT: Final = 1_000
STARTED: Final = (Outcome.FIRED, Outcome.WAITING)


class _Known(threading.local):
    """What each thread has read of them."""

    def __init__(self) -> None:
        self.queues: Watch[QueueRule] = Watch(Kind.QUEUE, parse_queue)


_known = _Known()


def look_at_queues() -> int:
    """Compare what waits with what is under way, for all queue triggers that are on.

    Returns how many moved. What waits in all of the queues is counted by one statement.
    """
    watched = list(_known.queues.look())
    if not watched:
        return 0
    backlogs = backlogs_of((each.folder_id, each.rule) for each in watched)
    waiting = [each for each in watched if (each.folder_id, each.rule.queue) in backlogs]
    moving = _moving(waiting, backlogs) if waiting else []
    return sum(attend(each.id, _move) for each in in_turn(moving))


def count_in(trigger: Trigger, firing: Firing) -> None:
    """Count what a person has started of a locked queue trigger among what is under way."""
    if trigger.kind != Kind.QUEUE or firing.outcome != Outcome.FIRED:
        return
    seen = QueueSeen.stored(trigger.seen)
    begun = [(str(firing.subject_type), pk) for pk in firing.subject_ids]
    active = (*seen.active, *begun)[-MAX_ACTIVE_KEPT:]
    remember(trigger, replace(seen, active=active).as_json(), database_now())


def _moving(
    watched: Iterable[Watched[QueueRule]], backlogs: Mapping[tuple[int, str], Backlog]
) -> list[tuple[Watched[QueueRule], bool]]:
    """Return those that would start something (True), or have something new to tell."""
    seen = {each.id: QueueSeen.stored(each.seen) for each in watched}
    alive = subjects_under_way({subject for each in seen.values() for subject in each.active})
    now = database_now()
    found = []
    for each in watched:
        before = _with_alive(seen[each.id], alive)
        backlog = backlogs[each.folder_id, each.rule.queue]
        verdict = decide_queue(each.rule, backlog, before, now)
        if verdict.n or verdict.refused:
            found.append((each, verdict.n > 0))
    return found


@transaction.atomic
def _move(pk: int) -> bool:
    at = database_now()
    trigger = locked(pk, Kind.QUEUE, at)
    if trigger is None:
        return False
    rule, seen = parse_queue(trigger.rule), QueueSeen.stored(trigger.seen)
    place = (trigger.folder_id, rule.queue)
    backlog = backlogs_of([(trigger.folder_id, rule)], count_to=TOLD_UP_TO).get(place)
    if backlog is None:
        return False
    before = _with_alive(seen, subjects_under_way(set(seen.active)))
    verdict = decide_queue(rule, backlog, before, at)
    if not verdict.n and not verdict.refused:
        return False
    held = hold_of(trigger, database_now()) if verdict.n else ""
    if held:
        return _hold_back(trigger, before, held, backlog)
    if verdict.refused:
        note_refusal(trigger, verdict.refused, at, event=_event(rule, backlog, verdict))
    begun = _start(trigger, rule, backlog, verdict)
    after = replace(verdict.seen, active=(*before.active, *begun))
    remember(trigger, after.as_json(), at)
    return True


def _start(
    trigger: Trigger, rule: QueueRule, backlog: Backlog, verdict: QueueVerdict
) -> list[Subject]:
    """Make the starts that are due; return what was started."""
    if not verdict.n:
        return []
    at = database_now()
    cause = cause_of_backlog(trigger.folder_id, rule.queue)
    begun: list[Subject] = []
    for number in range(min(verdict.n, STARTS_AT_ONCE)):
        firing = fire_for(
            trigger.pk,
            occasion=f"{at.isoformat()} {number + 1}",
            at=at,
            event=_event(rule, backlog, verdict),
            origin=Firing.Origin.QUEUE,
            caused_by=cause,
        )
        if firing.outcome not in STARTED:
            break  # the next would fare no better
        begun += [(firing.subject_type, pk) for pk in firing.subject_ids]
    return begun


def _hold_back(trigger: Trigger, before: QueueSeen, held: str, backlog: Backlog) -> bool:
    """Something else keeps it from starting: told once, and looked at again."""
    if before.refused == held:
        return False
    rule, at = parse_queue(trigger.rule), database_now()
    verdict = QueueVerdict(n=0, n_wanted=0, seen=before)
    note_refusal(trigger, held, at, event=_event(rule, backlog, verdict))
    remember(trigger, replace(before, refused=held).as_json(), at)
    return True


def _event(rule: QueueRule, backlog: Backlog, verdict: QueueVerdict) -> JsonObject:
    return {
        "queue": rule.queue,
        "ready": backlog.n,
        "oldest_seconds": backlog.oldest_seconds,
        "due_in_seconds": backlog.due_in_seconds,
        "miss_chance": backlog.miss_chance,
        "wanted": verdict.n_wanted,
        "under_way": len(verdict.seen.active),
    }


def _with_alive(seen: QueueSeen, alive: set[Subject]) -> QueueSeen:
    return replace(seen, active=tuple(each for each in seen.active if each in alive))
