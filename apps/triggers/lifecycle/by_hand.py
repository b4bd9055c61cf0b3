"""Started by hand, and tried out without starting anything."""

from dataclasses import dataclass

from django.db import transaction
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.lib.actors import Actor
from apps.lib.clock import database_now
from apps.lib.errors import DomainError
from apps.lib.json import JsonObject
from apps.triggers.models import Firing, Trigger
from apps.triggers.targets import filled

from .holding import insist_on_no_stop
from .moving import record
from .reconciling import count_in
from .recording import note, note_begun, topics_of
from .standing import lock
from .starting import actor_of, start_target, why


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What would be started: `target` filled in, and how it would be called; else why not."""

    target: JsonObject
    label: str = ""
    problem: str = ""

    @property
    def is_fine(self) -> bool:
        return not self.problem


@transaction.atomic
def fire_now(trigger: Trigger, *, by: Actor) -> Firing:
    """Start at once what the trigger starts, whatever its times, its pause and its policies say.

    The start log names who did it. What could not be started is in it, too, as `failed` with its
    message; it does not count towards switching the trigger off. Raises ConflictError while all
    work of the folder is stopped.
    """
    found = lock(trigger.pk)
    insist_on_no_stop(found)
    firing = Firing(
        trigger=found,
        planned_at=database_now(),
        origin=Firing.Origin.API if by.kind == "token" else Firing.Origin.PERSON,
        by=by.name[:150],
    )
    try:
        note_begun(firing, start_target(found, firing.planned_at, by=actor_of(found)))
    except DomainError as error:
        note(firing, Firing.Outcome.FAILED, Firing.Reason.TARGET, why(error))
    firing.save(force_insert=True)
    count_in(found, firing)
    record("fired", found, by, {"outcome": firing.outcome, "label": firing.label})
    nudge(*topics_of([found]))
    firing.refresh_from_db()
    return firing


def dry_run(trigger: Trigger) -> DryRun:
    """Start what the trigger starts and take it back before anybody sees it.

    So the answer is what a start now would really meet: schemas, references, versions. Places for
    an event are filled with what it was about last.
    """
    now, event = database_now(), _last_event(trigger)
    target = trigger.target
    try:
        target = filled(trigger.target, now, str(trigger.rule.get("zone") or ""), event)
        with transaction.atomic():
            begun = start_target(trigger, now, by=actor_of(trigger), event=event)
            transaction.set_rollback(True)
    except DomainError as error:
        return DryRun(target=target, problem=why(error))
    # a number that was drawn and given back would mislead
    label = begun.label.rpartition(" #")[0] or begun.label
    return DryRun(target=target, label=label or _("nothing"))


def _last_event(trigger: Trigger) -> JsonObject:
    started = Firing.objects.filter(trigger=trigger).exclude(event={}).order_by("-planned_at")
    found: JsonObject | None = started.values_list("event", flat=True).first()
    return found or {}
