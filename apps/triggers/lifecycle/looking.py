"""State triggers are looked at: all of them at once, those alone locked that move.

Any number of schedulers may look. Whoever is first to lock a trigger decides by what is stored
under the lock; what was measured before the trigger was last looked at counts for nothing.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

import structlog
from django.db import transaction

from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.triggers.conditions import Fact, Judgement, StateRule, judge, parse_state
from apps.triggers.deciding import StateSeen, StateVerdict, decide_state
from apps.triggers.deciding.states import held_back, started
from apps.triggers.models import Firing, Trigger
from apps.triggers.watching import Measured, measure
from apps.triggers.watching.watched import Watch, Watched
from apps.workflows.lifecycle.running import concerns_all

from .entering import fire_for
from .holding import hold_of
from .noting import note_refusal
from .tracing import causes_of_state

log = structlog.get_logger("controlroom.triggers")

Kind = Trigger.Kind

# What moves in one look: the others come next time, so that nobody is held up for long
MOVES_AT_ONCE: Final = 200


class _Known(threading.local):
    """What each thread has read of them."""

    def __init__(self) -> None:
        self.states: Watch[StateRule] = Watch(Kind.STATE, parse_state)


_known = _Known()


def look_at_states() -> int:
    """Judge the conditions of all state triggers that are on; return how many moved.

    What all of them are about is measured by one statement.
    """
    watched = _known.states.look()
    wanted: set[Fact] = set()
    for each in watched:
        wanted |= each.rule.facts(each.folder_id)
    measured = measure(wanted)
    moving = [each for each in watched if _would_move(each, measured)]
    return sum(attend(each.id, partial(_move_state, measured)) for each in moving[:MOVES_AT_ONCE])


def _would_move(each: Watched[StateRule], measured: Measured) -> bool:
    before = StateSeen.stored(each.seen)
    judged = judge(each.rule, each.folder_id, measured.facts, measured.at)
    return decide_state(each.rule, before, judged.holds, measured.at).changes(before)


def attend(pk: int, move: Callable[[int], bool]) -> bool:
    """Move one trigger; a fault of its own holds up no other."""
    try:
        return move(pk)
    except Exception as error:
        if concerns_all(error):
            raise
        log.exception("trigger_look_failed", trigger=pk)
        return False


def locked(pk: int, kind: str, at: datetime) -> Trigger | None:
    """Return the trigger, locked; None if it is in other hands, changed, or looked at since."""
    free = Trigger.objects.select_for_update(skip_locked=True, of=("self",))
    rows = free.select_related("folder", "calendar", "owner")
    found: Trigger | None = rows.filter(pk=pk, kind=kind, status=Trigger.Status.ENABLED).first()
    is_late = found is not None and found.checked_at is not None and found.checked_at >= at
    return None if is_late else found


def remember(trigger: Trigger, seen: JsonObject, at: datetime) -> None:
    """Keep what a locked trigger has seen."""
    Trigger.objects.filter(pk=trigger.pk).update(seen=seen, checked_at=at)


@transaction.atomic
def _move_state(measured: Measured, pk: int) -> bool:
    trigger = locked(pk, Kind.STATE, measured.at)
    if trigger is None:
        return False
    rule, before, now = parse_state(trigger.rule), StateSeen.stored(trigger.seen), measured.at
    judged = judge(rule, trigger.folder_id, measured.facts, now)
    verdict = decide_state(rule, before, judged.holds, now)
    if not verdict.changes(before):
        return False
    seen = verdict.seen
    if verdict.occasion:
        seen = _start_for(trigger, rule, verdict, judged, measured)
    elif verdict.refused:
        _refuse(trigger, verdict, judged, now)
    remember(trigger, seen.as_json(), now)
    return True


def _start_for(
    trigger: Trigger, rule: StateRule, verdict: StateVerdict, judged: Judgement, measured: Measured
) -> StateSeen:
    """Start what the trigger starts, unless something holds it back; return what it has seen."""
    now = measured.at
    held = hold_of(trigger, database_now())
    if held:
        verdict = held_back(verdict, rule, held)
        if verdict.refused:
            _refuse(trigger, verdict, judged, now)
        return verdict.seen
    fire_for(
        trigger.pk,
        occasion=verdict.occasion,
        at=now,
        event={"conditions": judged.as_json()},
        origin=Firing.Origin.STATE,
        caused_by=causes_of_state(trigger.folder_id, judged),
    )
    return started(verdict, rule, now)


def _refuse(trigger: Trigger, verdict: StateVerdict, judged: Judgement, now: datetime) -> None:
    note_refusal(
        trigger,
        verdict.refused,
        now,
        event={"conditions": judged.as_json()},
        held_seconds=verdict.held_seconds,
    )
