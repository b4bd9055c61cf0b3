"""The step: one transaction that lets things happen to any number of instances.

Lock the instances in the order of their ids, load where they stand, advance each in memory, write
all in one statement, do what they ask of others, and tell the world after the commit. What an
instance brings about in another one (a called one ends, a message is thrown) is told later, in a
step of its own: so instances are only ever locked in one order.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import datetime

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, DomainError
from apps.workflows.engine import World
from apps.workflows.engine.changes import StartChild
from apps.workflows.engine.events import Cancelled, ChildEnded, Event, Started
from apps.workflows.models import PendingEvent

from .calling import called, caller_catches
from .definitions import graph_of, zone
from .evaluating import Decider
from .following_up import follow_up
from .happenings import AT_ONCE, Happening, happened_at, write_event
from .incidents import keep_for_repair
from .loading import InstanceFacts, load, lock
from .outside import Outside
from .running import concerns_all, tell_stepped
from .walks import Walk
from .writing import write

log = structlog.get_logger("controlroom.workflows")

# Called instances that one step may start, directly or through one another
MAX_CALLED = 1_000


@transaction.atomic
def step(happenings: Sequence[Happening], *, by: Actor = SYSTEM) -> list[Happening]:
    """Let these happen; return those that made a difference, now or when the instance goes on.

    What can't be done becomes an incident of its instance, and holds up no other. Raises database
    errors that concern all (a lost connection, a deadlock): then try again later.
    """
    if not happenings:
        return []
    try:
        with transaction.atomic():
            return step_together(happenings, by=by)
    except Exception as error:
        if concerns_all(error):
            raise
        groups = _by_instance(happenings)
        if len(groups) > 1:
            log.warning("step_failed_together", instances=len(groups), error=str(error))
            return [each for some in groups for each in step(some, by=by)]
        log.exception("step_failed", instance=happenings[0].instance_id)
        keep_for_repair(happenings, error)
        return list(happenings)


@transaction.atomic
def step_together(happenings: Sequence[Happening], *, by: Actor) -> list[Happening]:
    """The same for somebody who waits for the answer: faults are raised, and nothing is done."""
    found = lock(each.instance_id for each in happenings)
    return step_locked(found, happenings, by=by)


def step_locked(
    found: Sequence[InstanceFacts], happenings: Sequence[Happening], *, by: Actor
) -> list[Happening]:
    """The same for instances that are locked already."""
    ending = {each.instance_id for each in happenings if isinstance(each.event, Cancelled)}
    paused = {facts.id for facts in found if facts.status == "paused"} - ending
    running = [facts for facts in found if facts.status == "running" or facts.id in ending]
    kept = [each for each in happenings if each.instance_id in paused]
    if kept:
        keep(kept)
    if not running:
        return kept
    batch = Batch(database_now(), by)
    batch.take_in(running, happenings)
    batch.run()
    batch.write()
    return kept + batch.effective


@transaction.atomic
def let_happen(happenings: Sequence[Happening]) -> None:
    """Let any number happen, some at a time, since a statement must not write too many.

    All are locked first: in one order, so that two who do the same can't deadlock.
    """
    if len(happenings) > AT_ONCE:
        lock(each.instance_id for each in happenings)
    for start in range(0, len(happenings), AT_ONCE):
        step(happenings[start : start + AT_ONCE])


def keep(happenings: Iterable[Happening]) -> None:
    """What happens to paused instances is done when they go on."""
    PendingEvent.objects.bulk_create(
        PendingEvent(instance_id=each.instance_id, event=write_event(each.event))
        for each in happenings
    )


def _by_instance(happenings: Sequence[Happening]) -> list[list[Happening]]:
    groups: dict[int, list[Happening]] = {}
    for each in happenings:
        groups.setdefault(each.instance_id, []).append(each)
    return [groups[instance_id] for instance_id in sorted(groups)]


class Batch:
    """The instances of one step, locked or new."""

    def __init__(self, now: datetime, by: Actor) -> None:
        self.now = now
        self.by = by
        self.walks: dict[int, Walk] = {}
        self.effective: list[Happening] = []
        self._outside = Outside(now, by)
        self._decider = Decider()
        self._todo: deque[Happening] = deque()
        self._n_called = 0

    def take_in(self, instances: Sequence[InstanceFacts], happenings: Sequence[Happening]) -> None:
        """Load what the happenings can reach, and queue them."""
        for facts in instances:
            facts.status = "running"  # a paused one is here to be ended
        states = load(instances, happenings)
        for facts in instances:
            self.walks[facts.id] = Walk(facts, graph_of(facts.version_id), states[facts.id])
        self._todo.extend(each for each in happenings if each.instance_id in self.walks)

    def begin(self, walk: Walk, event: Started) -> None:
        """Queue the start of a new instance."""
        self.walks[walk.id] = walk
        self._todo.append(Happening(walk.id, event))

    def run(self) -> None:
        """Let everything happen in memory, the starts of called instances included."""
        while self._todo:
            happening = self._todo.popleft()
            walk = self.walks[happening.instance_id]
            commands = walk.advance(self._now(happening.event), self._world(walk))
            if commands is None:
                continue
            self.effective.append(happening)
            for command in commands:
                self._outside.note(walk, command)
                if isinstance(command, StartChild):
                    self._call(walk, command)

    def write(self) -> None:
        """Write all, do what was asked of others, tell who is concerned."""
        touched = [walk for walk in self.walks.values() if walk.is_touched]
        if not touched:
            return
        self._outside.find_what_is_below(self.walks)
        write(touched, self._outside.fan_outs)
        self._outside.carry_out(touched)
        follow_up(touched, self.now, self.by)
        tell_stepped({walk.facts.workflow_id for walk in touched}, [walk.id for walk in touched])

    def _call(self, walk: Walk, command: StartChild) -> None:
        """Start the called instance in this very step; what stands against it fails the call."""
        self._n_called += 1
        try:
            if self._n_called > MAX_CALLED:
                raise ConflictError(_("Too many workflows call each other in one step."))
            child = called(walk, command, self.now)
        except DomainError as error:
            self._todo.append(Happening(walk.id, _refused(command, error, self.now)))
        else:
            self.begin(child, Started(at=self.now, variables=command.variables))

    def _now(self, event: Event) -> Event:
        """What was kept, or on its way, happens now: durations that follow begin now."""
        return happened_at(event, self.now) if event.at < self.now else event

    def _world(self, walk: Walk) -> World:
        facts = walk.facts
        return World(
            decide=self._decider.of(walk.facts),
            caller_catches=lambda code: caller_catches(facts, code),
            zone=zone(),
        )


def _refused(command: StartChild, error: DomainError, now: datetime) -> ChildEnded:
    problems = "; ".join(f"{problem.path}: {problem.message}" for problem in error.fields)
    return ChildEnded(
        at=now,
        token=command.token,
        status="failed",
        code=error.code,
        message=f"{error.message} {problems}".strip(),
    )
