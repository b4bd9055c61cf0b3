"""State triggers are looked at: all of them at once, those alone locked that move.

Any number of schedulers may look. Whoever is first to lock a trigger decides by what is stored
under the lock; what was measured before the trigger was last looked at counts for nothing.
"""

import random
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

import orjson
import structlog
from django.db import connection, transaction

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
from .holding import held_folders, hold_of
from .noting import note_refusal
from .tracing import causes_of_state

log = structlog.get_logger("controlroom.triggers")

Kind = Trigger.Kind
Rule = TypeVar("Rule")

# What moves in one look: the others come next time, so that nobody is held up for long
MOVES_AT_ONCE: Final = 200
# no reason at all, and not the empty one of what was never refused
NOTHING: Final = object()


# What others have locked, changed or looked at since is left to them. Locked in order, so that two
# schedulers never wait for each other.
REMEMBER: Final = """
with free as materialized (
    select t.id, v.seen
      from unnest(%(id)s::bigint[], %(version)s::int[], %(before)s::text[], %(seen)s::text[])
           as v (id, version, before, seen)
      join triggers_trigger t on t.id = v.id
     where t.status = 'enabled' and t.version = v.version and t.seen = v.before::jsonb
       and (t.checked_at is null or t.checked_at < %(at)s)
     order by t.id for update of t skip locked
)
update triggers_trigger t set seen = free.seen::jsonb, checked_at = %(at)s
  from free where t.id = free.id
"""


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
    verdicts = [(each, _verdict(each, measured)) for each in watched]
    moved = [(each, verdict) for each, verdict in verdicts if verdict is not None]
    telling = [(each, bool(verdict.occasion)) for each, verdict in moved if verdict.is_telling]
    silent = [(each, verdict) for each, verdict in moved if not verdict.is_telling]
    n = _remember_many(silent, measured.at) if silent else 0
    return n + sum(
        attend(each.id, partial(_move_state, measured, each.version)) for each in in_turn(telling)
    )


def in_turn(moving: Sequence[tuple[Watched[Rule], bool]]) -> list[Watched[Rule]]:
    """Return those of them that are to be moved now; beside each, whether it would start something.

    What would, but is held by its folder and was told so, has nothing to tell. Those that have not
    been refused come first, and of the others any: however many are kept from starting, by a
    calendar say, they keep out no other.
    """
    if not moving:
        return []
    held = held_folders({each.folder_id for each, _starts in moving}, database_now())
    free = [
        each
        for each, would_start in moving
        if not would_start or each.seen.get("refused") != held.get(each.folder_id, NOTHING)
    ]
    shuffled = random.sample(free, len(free))
    return sorted(shuffled, key=lambda each: bool(each.seen.get("refused")))[:MOVES_AT_ONCE]


def _verdict(each: Watched[StateRule], measured: Measured) -> StateVerdict | None:
    """Return what becomes of one, None if nothing does."""
    before = StateSeen.stored(each.seen)
    judged = judge(each.rule, each.folder_id, measured.facts, measured.at)
    verdict = decide_state(each.rule, before, judged.holds, measured.at)
    return verdict if verdict.changes(before) else None


def _remember_many(moved: Sequence[tuple[Watched[StateRule], StateVerdict]], at: datetime) -> int:
    """Keep what those have seen that start and tell nothing; return how many that was."""
    columns: dict[str, Any] = {
        "id": [each.id for each, _verdict in moved],
        "version": [each.version for each, _verdict in moved],
        "before": [orjson.dumps(each.seen).decode() for each, _verdict in moved],
        "seen": [orjson.dumps(verdict.seen.as_json()).decode() for _each, verdict in moved],
        "at": at,
    }
    with connection.cursor() as cursor:
        cursor.execute(REMEMBER, columns)
        n: int = cursor.rowcount
    return n


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
def _move_state(measured: Measured, version: int, pk: int) -> bool:
    trigger = locked(pk, Kind.STATE, measured.at)
    # by another rule other facts count, which nobody has measured: the next look has them
    if trigger is None or trigger.version != version:
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
    if seen != before:
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
