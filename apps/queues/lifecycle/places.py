"""Taking an item out of its place and putting it into another, inside a verb's transaction."""

from collections.abc import Set
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.bus import publish, ring
from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.json import JsonObject
from apps.queues.exceptions import ItemNotFoundError, OwnedItemError
from apps.queues.models import Effect, Ended, Lease, Parked, Scheduled, WorkItem
from apps.queues.owners import link_of, owner_of
from apps.queues.statements import PUT_ENDED, PUT_PARKED, PUT_READY, PUT_SCHEDULED, TAKE

from .running import run, tell_moved

MAX_NAME = 150

# Places by the names of their measures
WAITING: Final[frozenset[str]] = frozenset({"ready", "scheduled"})
PARKED: Final[frozenset[str]] = frozenset(Parked.Status.values)
UNFINISHED: Final[frozenset[str]] = WAITING | PARKED
ENDED: Final[frozenset[str]] = frozenset(Ended.Status.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An item that is out of its place; it must be put somewhere before the transaction ends."""

    item_id: int
    queue_id: int
    attempt: int
    tries: int
    losses: int
    alone: bool
    place: str
    details: dict[str, Any]

    @property
    def status(self) -> str:
        """The word that people see for where it was."""
        return WorkItem.Status.NEW.value if self.place in WAITING else self.place

    def fresh(self) -> "Taken":
        """With nothing against it, as after a person looked at it."""
        return replace(self, tries=0, losses=0, alone=False)

    def values(self) -> dict[str, Any]:
        names = ("item_id", "queue_id", "attempt", "tries", "losses", "alone")
        return {name: getattr(self, name) for name in names}


def take(item_id: int, places: Set[str], *, for_owner: bool = False) -> Taken:
    """Take the item out of its place, if that is one of `places`, else raise ConflictError.

    One that has ended and belongs to an instance is taken `for_owner` only; else OwnedItemError.
    What is not found is looked for once more: it may have been on its way from one place to
    another, where the first snapshot sees it in neither.
    """
    values = {"item_id": item_id, "places": sorted(str(place) for place in places)}
    rows = run(TAKE, values) or run(TAKE, values)
    if not rows:
        raise refusal(item_id)
    found, queue_id, attempt, tries, losses, alone, place, details = rows[0]
    if place in ENDED and not for_owner:
        _insist_that_nobody_owns(item_id)
    return Taken(
        item_id=found,
        queue_id=queue_id,
        attempt=attempt,
        tries=tries,
        losses=losses,
        alone=alone,
        place=place,
        details=orjson.loads(details),
    )


def make_ready(taken: Taken) -> None:
    """Let the item wait for its turn; or for its time, if it is available only later."""
    later = WorkItem.objects.filter(pk=taken.item_id, available_at__gt=Now())
    available_at = later.values_list("available_at", flat=True).first()
    if available_at is None:
        run(PUT_READY, taken.values())
    else:
        when = {"available_at": available_at, "why": str(Scheduled.Why.DEFERRED)}
        run(PUT_SCHEDULED, {**taken.values(), **when})


def put_back(taken: Taken) -> None:
    """Return the item to where it was, ranked anew."""
    if taken.place == "ready":
        run(PUT_READY, taken.values())
    elif taken.place == "scheduled":
        run(PUT_SCHEDULED, {**taken.values(), **taken.details})
    else:
        run(PUT_PARKED, {**taken.values(), "status": taken.place, **taken.details})


def park(taken: Taken, *, status: str, cause: str, message: str, by: Actor) -> None:
    details = {
        "status": str(status),
        "cause": str(cause),
        "message": message,
        "code": "",
        "since": None,
        "by": by.name[:MAX_NAME],
    }
    run(PUT_PARKED, {**taken.values(), **details})


def end(  # noqa: PLR0913 - what the owner hears
    taken: Taken,
    *,
    status: str,
    by: Actor,
    note: str,
    error: str = "",
    code: str = "",
    output: JsonObject | None = None,
) -> None:
    """End the item; `error`, `code` and `output` are for its owner, if it has one."""
    details = {"status": str(status), "by": by.name[:MAX_NAME], "note": note}
    told = {
        "error": error,
        "code": code,
        "output": None if output is None else orjson.dumps(output).decode(),
    }
    rows = run(PUT_ENDED, {**taken.values(), **details, **told})
    if rows[0][1]:
        ring()


def record(
    kind: str, taken: Taken, *, to: str, by: Actor, reason: str = "", **more: Any
) -> WorkItem:
    """Write the event of a verb, have the world told, and return the item as it stands now."""
    item = as_it_stands(taken.item_id)
    publish(
        kind,
        subject=("item", item.pk),
        folder_id=item.queue.folder_id,
        by=by,
        data={
            "queue_id": item.queue_id,
            "from": taken.status,
            "to": str(to),
            "reason": reason,
            **{name: value for name, value in more.items() if value},
        },
    )
    is_ready = item.status == WorkItem.Status.NEW and item.available_at_now is None
    tell_moved([item.queue_id], [item.pk], refilled=[item.queue_id] if is_ready else [])
    return item


def as_it_stands(item_id: int) -> WorkItem:
    item: WorkItem = WorkItem.objects.with_status().select_related("queue").get(pk=item_id)
    return item


def insist_on_known_effects(item_id: int) -> None:
    """A try that would not know whether an act happened must not begin: raises ConflictError."""
    key = act_in_doubt(item_id)
    if key is not None:
        message = _("Nobody knows whether “%(key)s” happened. Find out and record it first.")
        raise ConflictError(message % {"key": key})


def act_in_doubt(item_id: int) -> str | None:
    """Return the key of an act of which nobody knows whether it happened."""
    begun = Effect.objects.filter(item_id=item_id, state=Effect.State.BEGUN).order_by("pk")
    return begun.values_list("key", flat=True).first()


def refusal(item_id: int) -> ConflictError:
    """Return the error that says where the item stands instead; ItemNotFoundError if nowhere."""
    item = WorkItem.objects.with_status().filter(pk=item_id).first()
    if item is None:
        raise ItemNotFoundError(item_id)
    lease = Lease.objects.filter(item_id=item_id).first()
    if lease is not None:
        message = _("%(bot)s is working on item %(id)d. Wait until it is done, then try again.")
        return ConflictError(message % {"bot": lease.bot, "id": item_id})
    words = {
        "id": item_id,
        "status": WorkItem.Status(item.status).label if item.status else "?",
        "who": _last_actor(item_id),
    }
    if words["who"]:
        message = _("Item %(id)d is “%(status)s” now (%(who)s), so this can't be done any more.")
    else:
        message = _("Item %(id)d is “%(status)s” now, so this can't be done.")
    return ConflictError(message % words)


def changed_meanwhile(item: WorkItem) -> ConflictError:
    """Return the error for an edit of what is not there any more."""
    message = _(
        "%(who)s changed item %(id)d meanwhile. Load it again to see the change, then decide anew."
    )
    return ConflictError(message % {"who": _last_actor(item.pk) or _("Somebody"), "id": item.pk})


def _insist_that_nobody_owns(item_id: int) -> None:
    owner = owner_of(item_id)
    if owner is not None:
        title = link_of(owner.owner_id).title
        raise OwnedItemError(item_id, instance_id=owner.owner_id, title=title)


def _last_actor(item_id: int) -> str:
    events = Event.objects.filter(subject_type="item", subject_id=item_id).order_by("-occurred_at")
    return events.values_list("actor_name", flat=True).first() or ""
