"""What has come in is taken, once: the one door for all sources.

The trigger is locked from the question whether it came before to the row that says that it did, so
the same thing sent ten times at once starts something once. What is refused is written down, too,
up to a rate, and starts nothing; a sender who tries again later is heard as if for the first time.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import orjson
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.events.live import nudge
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.lib.errors import ConflictError, NotFoundError
from apps.lib.json import Json, JsonObject, parse_json
from apps.triggers.lifecycle import fire_for
from apps.triggers.lifecycle.holding import hold_of
from apps.triggers.lifecycle.standing import lock
from apps.triggers.models import Delivery, Firing, Trigger

from .attaching import attach_again
from .filtering import insist_on_filter
from .flood import RECORDS
from .refusals import RefusedError

Outcome, Source = Delivery.Outcome, Delivery.Source
Reason = Firing.Reason
# Of what came in so much is kept to be looked at and sent again
MAX_BODY_KEPT: Final = 64 * 1024
MAX_OCCASION: Final = 200
# What keeps a trigger from starting anything for a while
LATER: Final = {
    Reason.PAUSED: gettext_lazy("The trigger is not on: %(status)s."),
    Reason.FOLDER_PAUSED: gettext_lazy("All triggers of the folder are paused."),
    Reason.FREEZE: gettext_lazy("A freeze holds: nothing new starts."),
    Reason.STOPPED: gettext_lazy("All work of this folder is stopped."),
}
# Who hears that nothing starts just now may ask again after so long
RETRY_SECONDS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """Something that came in for a trigger."""

    source: str
    occasion: str
    event: JsonObject
    # as it came; of what is no call, the event
    body: bytes = b""
    headers: JsonObject = field(default_factory=dict)
    # what happened was brought about by this start
    caused_by: Firing | None = None
    # does what must be done in the transaction of the start
    keep: Callable[[Firing], None] | None = None
    # asked once all else fits: raises RefusedError
    insist: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. `firing` is what it started, also if that was earlier."""

    outcome: str
    firing: Firing | None = None
    refusal: RefusedError | None = None


def accept(trigger_id: int, incoming: Incoming) -> Taken:
    """Start what the trigger starts for this, unless it came before or must not be taken now."""
    try:
        with transaction.atomic():
            trigger = lock(trigger_id)
            known = _known(trigger, incoming.occasion)
            if known is None:
                return Taken(Outcome.ACCEPTED, _start(trigger, incoming))
    except RefusedError as refusal:
        record_refusal(trigger_id, incoming, refusal)
        return Taken(Outcome.REFUSED, refusal=refusal)
    _record_repetition(trigger_id, incoming, known)
    return Taken(Outcome.DUPLICATE, known)


def record_refusal(trigger_id: int, incoming: Incoming, refusal: RefusedError) -> None:
    """Write down that it was refused and why, unless too many were lately."""
    if RECORDS.take(trigger_id):
        delivery = _delivery(trigger_id, incoming, Outcome.REFUSED)
        delivery.reason, delivery.message = refusal.code[:30], refusal.message[:500]
        _store(delivery)


@transaction.atomic
def redeliver(delivery: Delivery, *, by: Actor) -> Delivery:
    """Start once more what came in, as if it were new; return the delivery that says so.

    Whether the trigger is on does not matter: it was a person. Raises ConflictError when too
    little of it was kept, and while all work of the folder is stopped.
    """
    trigger = _trigger_of(delivery)
    event = event_of(delivery)
    first = delivery.again_of or delivery
    attempt = 2 + Delivery.objects.filter(again_of=first).count()
    occasion = f"{delivery.occasion[: MAX_OCCASION - 30]} again {database_now().timestamp():.6f}"
    firing = fire_for(
        trigger.pk,
        occasion=occasion,
        at=database_now(),
        event=event,
        origin=Firing.Origin.API if by.kind == "token" else Firing.Origin.PERSON,
        by=by,
    )
    attach_again(firing)
    again = Delivery(
        trigger=trigger,
        source=delivery.source,
        occasion=occasion,
        outcome=Outcome.ACCEPTED,
        headers=delivery.headers,
        body=bytes(delivery.body),
        size=delivery.size,
        sha256=delivery.sha256,
        firing=firing,
        again_of=first,
        attempt=attempt,
        by=by.name[:150],
    )
    return _store(again)


def event_of(delivery: Delivery) -> JsonObject:
    """Return what conditions and targets see of it. Raises ConflictError if it was not kept."""
    if delivery.firing is not None and delivery.firing.event:
        return dict(delivery.firing.event)
    whole = bytes(delivery.body)
    if len(whole) != delivery.size or not whole:
        raise ConflictError(_("Too little of it was kept to start it again."))
    found = parse_json(whole, max_bytes=MAX_BODY_KEPT)
    if delivery.source != Source.WEBHOOK:
        return found if isinstance(found, dict) else {}
    sent = str(delivery.headers.get("webhook-timestamp", ""))
    return webhook_event(delivery.occasion, sent, found)


def webhook_event(webhook_id: str, timestamp: str, body: Json) -> JsonObject:
    """Return what conditions and targets see of a call."""
    return {"id": webhook_id, "sent_at": int(timestamp) if timestamp else None, "body": body}


def insist_on_readiness(trigger: Trigger) -> None:
    """Raise RefusedError unless the trigger may start something now; it is worth trying later.

    What its calendar leaves out is left out for good, and not refused.
    """
    held = hold_of(trigger, database_now())
    if held in LATER:
        message = str(LATER[Reason(held)]) % {"status": trigger.get_status_display()}
        raise RefusedError(str(held), message, status=503, retry_after_seconds=RETRY_SECONDS)


def _start(trigger: Trigger, incoming: Incoming) -> Firing:
    insist_on_readiness(trigger)
    insist_on_filter(trigger.rule, incoming.event)
    if incoming.insist is not None:
        incoming.insist()
    firing = fire_for(
        trigger.pk,
        occasion=incoming.occasion,
        at=database_now(),
        event=incoming.event,
        origin=Firing.Origin.EVENT,
        by=SYSTEM,
        caused_by=incoming.caused_by,
    )
    if incoming.keep is not None:
        incoming.keep(firing)
    delivery = _delivery(trigger.pk, incoming, Outcome.ACCEPTED)
    delivery.firing = firing
    _store(delivery)
    return firing


def _known(trigger: Trigger, occasion: str) -> Firing | None:
    if trigger.kind != Trigger.Kind.EVENT:
        raise RefusedError("no_event", _("This trigger listens to nothing any more."), status=404)
    return Firing.objects.filter(trigger=trigger, occasion=occasion[:MAX_OCCASION]).first()


def _record_repetition(trigger_id: int, incoming: Incoming, known: Firing) -> None:
    if RECORDS.take(trigger_id):
        delivery = _delivery(trigger_id, incoming, Outcome.DUPLICATE)
        delivery.firing, delivery.body = known, b""
        delivery.reason, delivery.message = "came_before", _("It came before.")
        _store(delivery)


def _delivery(trigger_id: int, incoming: Incoming, outcome: str) -> Delivery:
    body = incoming.body or (orjson.dumps(incoming.event) if incoming.event else b"")
    return Delivery(
        trigger_id=trigger_id,
        source=incoming.source,
        occasion=incoming.occasion[:MAX_OCCASION],
        outcome=outcome,
        headers=incoming.headers,
        body=body[:MAX_BODY_KEPT],
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
    )


def _store(delivery: Delivery) -> Delivery:
    delivery.save(force_insert=True)
    nudge(f"trigger:{delivery.trigger_id}")
    return delivery


def _trigger_of(delivery: Delivery) -> Trigger:
    if delivery.trigger_id is None:
        raise NotFoundError(_("No trigger has this address."))
    return lock(delivery.trigger_id)
