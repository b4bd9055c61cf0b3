"""What is due is started: each planned time once, by whichever scheduler comes first.

A batch is one transaction: it locks triggers that are due, writes a row for each of their times,
starts what is to be started (each in a savepoint: one that can't start holds up no other), and
moves the triggers on to their next times. A scheduler that dies takes all of its batch back.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from django.db import transaction

from apps.calendars.hours import Hours
from apps.calendars.lookup import hours_of
from apps.events.live import nudge
from apps.lib.clock import database_now
from apps.triggers.deciding import Plan, Seen, decide, look
from apps.triggers.models import Firing, Trigger
from apps.triggers.times import Tick, due_at, rule_of
from apps.workflows.lifecycle.running import concerns_all

from .begun import Begun
from .entering import forget_large
from .expecting import left_out_where_arrived
from .holding import held_folders
from .moving import Move, advance
from .overlapping import Overlaps
from .recording import claim_times, last_started, note_begun, store, topics_of
from .standing import wake
from .starting import Queues, start_together, under_way, why
from .trying import start_firing

log = structlog.get_logger("controlroom.triggers")

Outcome, Reason, Status = Firing.Outcome, Firing.Reason, Trigger.Status
# Triggers of one transaction: what they start is locked until all of them have started
BATCH: Final = 50


def fire_due(limit: int = 500) -> int:
    """Look at up to `limit` triggers that are due, start what is to be started; return how many.

    Any number of processes may do it at once.
    """
    wake(database_now())
    total = 0
    while total < limit:
        asked = min(BATCH, limit - total)
        found = _fire_batch(asked)
        total += found
        if found < asked:
            break
    return total + start_waiting()


def start_waiting() -> int:
    """Start what waited for the one before, where that is over now; return how many."""
    # one that is over may still have a start that waits for its turn
    on = (Status.ENABLED, Status.ENDED)
    waiting = Firing.objects.filter(outcome=Outcome.WAITING, trigger__status__in=on)
    ids = set(waiting.values_list("trigger_id", flat=True))
    busy = {each.trigger_id for each in under_way(last_started(ids))}
    return sum(_start_one_that_waited(pk) for pk in sorted(ids - busy))


@transaction.atomic
def _fire_batch(limit: int) -> int:
    now = database_now()
    due = Trigger.objects.filter(status=Status.ENABLED, due_at__lte=now).order_by("due_at", "pk")
    rows = due.select_related("folder", "calendar", "owner")
    triggers = list(rows.select_for_update(skip_locked=True, of=("self",))[:limit])
    if triggers:
        _Batch(triggers, now).run()
    return len(triggers)


@transaction.atomic
def _start_one_that_waited(trigger_id: int) -> bool:
    free = Trigger.objects.select_for_update(skip_locked=True, of=("self",))
    trigger = free.select_related("folder", "owner").filter(pk=trigger_id).first()
    waiting = Firing.objects.filter(trigger_id=trigger_id, outcome=Outcome.WAITING)
    firing = waiting.first() if trigger else None
    now = database_now()
    if trigger is None or firing is None or _is_paused(trigger, now):
        return False
    if under_way(last_started([trigger_id])):
        return False
    firing.fired_at = now
    move = Move.of(trigger)
    move.count(start_firing(trigger, firing))
    firing.reason = firing.reason or Reason.WAITED
    store([firing])
    forget_large(firing)
    advance([move])
    nudge(*topics_of([trigger]))
    return True


def _is_paused(trigger: Trigger, now: datetime) -> bool:
    if trigger.status not in (Status.ENABLED, Status.ENDED):
        return True
    return bool(held_folders({trigger.folder_id}, now))


@dataclass(slots=True)
class _Look:
    """A trigger that is due: what becomes of its times, and where it moves."""

    plans: list[Plan]
    move: Move


class _Batch:
    """One transaction's worth of triggers, whose rows are locked."""

    def __init__(self, triggers: list[Trigger], now: datetime) -> None:
        self.triggers = {trigger.pk: trigger for trigger in triggers}
        self.now = now
        self.queues: Queues = {}
        self.hours = _hours_of(triggers)
        self.held_folders = held_folders({trigger.folder_id for trigger in triggers}, now)

    def run(self) -> None:
        looks = {pk: self._look(trigger) for pk, trigger in self.triggers.items()}
        plans = [(self.triggers[pk], plan) for pk, each in looks.items() for plan in each.plans]
        rows: Mapping[int, list[Firing]] = defaultdict(list)
        to_start = [row for row in claim_times(plans) if row.outcome == Outcome.FIRED]
        for row in sorted(to_start, key=lambda each: each.planned_at):
            rows[row.trigger_id].append(row)
        overlaps = Overlaps([self.triggers[pk] for pk in rows])
        firsts = [(self.triggers[pk], firings[0]) for pk, firings in rows.items()]
        passed = [pair for pair in firsts if overlaps.let_pass(*pair)]
        begun = start_together(passed)
        for trigger, firing in passed:
            self._start(looks[trigger.pk], overlaps, firing, begun.get(firing.pk))
        # of one trigger, each heeds the one before
        for pk, firings in rows.items():
            for firing in firings[1:]:
                if overlaps.let_pass(self.triggers[pk], firing):
                    self._start(looks[pk], overlaps, firing, None)
        store(to_start)
        advance([each.move for each in looks.values()])
        nudge(*topics_of(self.triggers.values()))

    def _start(self, look: _Look, overlaps: Overlaps, firing: Firing, begun: Begun | None) -> None:
        """Note what has begun already; start what has not."""
        is_started = True
        if begun is not None:
            note_begun(firing, begun)
        else:
            is_started = start_firing(look.move.trigger, firing, self.queues)
        look.move.count(is_started)
        overlaps.note(firing)

    def _look(self, trigger: Trigger) -> _Look:
        assert trigger.next_at is not None  # a constraint of those that are on
        first, move = Tick(trigger.next_at, trigger.next_mark), Move.of(trigger)
        try:
            rule = rule_of(trigger, self.hours.get(trigger.calendar_id or 0))
            seen = look(rule, first, lambda tick: due_at(trigger, tick.at) <= self.now, self.now)
            plans = self._decide(trigger, seen)
        except Exception as error:
            if concerns_all(error):
                raise
            # its times can't be worked out any more: switched off, lest it be due for ever
            log.exception("trigger_rule_broken", trigger=trigger.pk)
            move.switch_off(why(error))
            fault = Plan(tick=first, outcome=Outcome.FAILED, reason=Reason.RULE, message=why(error))
            return _Look([fault], move)
        move.go_on(seen.following, (seen.ticks or [first])[-1])
        return _Look(plans, move)

    def _decide(self, trigger: Trigger, seen: Seen) -> list[Plan]:
        plans = decide(seen, trigger, self.now, lambda tick: due_at(trigger, tick.at))
        held = self.held_folders.get(trigger.folder_id)
        if held is not None:
            plans = [_held_back(plan, held) for plan in plans]
        if trigger.kind == Trigger.Kind.EXPECTED:
            plans = left_out_where_arrived(trigger, plans)
        return plans


def _held_back(plan: Plan, reason: str) -> Plan:
    if plan.outcome != Outcome.FIRED:
        return plan
    return replace(plan, outcome=Outcome.SKIPPED, reason=reason)


def _hours_of(triggers: list[Trigger]) -> dict[int, Hours]:
    """Return the hours of the calendars of a batch, read once each."""
    calendars = {each.calendar.pk: each.calendar for each in triggers if each.calendar}
    return {pk: hours_of(calendar) for pk, calendar in calendars.items()}
