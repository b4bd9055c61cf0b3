"""The one way in for all that is no planned time: something happened, and a trigger is to start."""

from datetime import datetime
from typing import Final

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.json import JsonObject
from apps.triggers.models import Firing, Trigger

from .causing import MAX_DEPTH
from .holding import hold_of, insist_on_no_stop
from .moving import Move, advance, record
from .overlapping import Overlaps
from .recording import note, topics_of
from .standing import lock
from .trying import start_firing

Outcome, Reason, Origin = Firing.Outcome, Firing.Reason, Firing.Origin

MAX_OCCASION: Final = 200
# Of what happened so much is kept with a start that was made
MAX_EVENT_BYTES: Final = 8_192
BY_HAND: Final = (Origin.PERSON, Origin.API)


@transaction.atomic
def fire_for(  # noqa: PLR0913  what happened has many parts, most optional
    trigger_id: int,
    *,
    occasion: str,
    at: datetime,
    event: JsonObject,
    origin: Firing.Origin,
    by: Actor = SYSTEM,
    caused_by: Firing | None = None,
) -> Firing:
    """Start what the trigger starts because of `occasion`, and return what became of it.

    Once for each occasion, whoever asks and how often: the firing that is there already is
    returned as it is. Heeds the trigger's pause, its folder, its calendar and what is under way;
    a failure counts as with times. What people do by hand (`origin`) heeds a stop alone, and
    raises ConflictError then; `by` names them. `caused_by` is the firing that brought about what
    happened, see causing.py: a chain that is too long is a loop, and switches the trigger off.
    Raises NotFoundError when the trigger is gone.
    """
    found = lock(trigger_id)
    known = _known(found, occasion)
    if known is not None:
        return known
    firing = Firing(
        trigger=found,
        planned_at=at,
        fired_at=database_now(),
        occasion=occasion[:MAX_OCCASION],
        event=event,
        origin=origin,
        caused_by=caused_by,
        depth=caused_by.depth + 1 if caused_by else 0,
    )
    if origin in BY_HAND:
        _start_by_hand(found, firing, by)
    else:
        _enter(found, firing)
    return _written(firing)


def forget_large(firing: Firing) -> None:
    """Drop what happened, of one that waited and has started, where it is large."""
    if _is_large(firing.event):
        Firing.objects.filter(pk=firing.pk).update(event={})


def _known(trigger: Trigger, occasion: str) -> Firing | None:
    """Return what became of the occasion when it was told of before."""
    if not occasion:
        return None
    rows = Firing.objects.filter(trigger=trigger, occasion=occasion[:MAX_OCCASION])
    found: Firing | None = rows.first()
    return found


def _start_by_hand(trigger: Trigger, firing: Firing, by: Actor) -> None:
    """Fill in what people start: neither its pause nor its policies are theirs to heed."""
    insist_on_no_stop(trigger)
    firing.by = by.name[:150]
    start_firing(trigger, firing)
    record("fired", trigger, by, {"outcome": firing.outcome, "label": firing.label})


def _enter(trigger: Trigger, firing: Firing) -> None:
    """Fill in what becomes of it, and start it if it may."""
    move = Move.of(trigger)
    held = hold_of(trigger, firing.fired_at)
    if held:
        note(firing, Outcome.SKIPPED, held)
    elif firing.depth > MAX_DEPTH:
        note(firing, Outcome.SKIPPED, Reason.LOOP, _chain_of(firing))
        words = {"n": firing.depth, "chain": firing.message}
        message = _("It has set itself off, %(n)d starts in a row: %(chain)s.")
        move.switch_off(message % words)
    elif Overlaps([trigger]).let_pass(trigger, firing):
        move.count(start_firing(trigger, firing))
    move.last_planned_at = firing.planned_at
    advance([move])


def _written(firing: Firing) -> Firing:
    """Write the row; what waits keeps what happened, however large: its start needs it."""
    if firing.outcome != Outcome.WAITING and _is_large(firing.event):
        firing.event = {}
    firing.save(force_insert=True)
    nudge(*topics_of([firing.trigger]))
    return firing


def _chain_of(firing: Firing) -> str:
    """Return the triggers of a chain, the newest last, as far as the log goes back."""
    titles = [firing.trigger.title]
    cause = firing.caused_by
    while cause is not None and len(titles) <= MAX_DEPTH:
        titles.append(cause.trigger.title)
        before = Firing.objects.select_related("trigger").filter(led_to=cause.pk)
        cause = before.first()
    return " → ".join(f"“{title}”" for title in reversed(titles))[:400]


def _is_large(event: JsonObject) -> bool:
    return len(orjson.dumps(event)) > MAX_EVENT_BYTES
