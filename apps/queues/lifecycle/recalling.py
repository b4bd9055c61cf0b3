"""A decision on an item is taken back, while no bot has picked the item up."""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from apps.events.models import Event
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError
from apps.lib.json import JsonObject
from apps.queues.models import Attempt, Effect, Ended, Parked, WorkItem
from apps.queues.statements import PUT_PARKED

from .changes import changes_between
from .places import WAITING, Taken, record, take
from .running import run

# where a person's decision may have put the item
BY_DECISION = WAITING | (frozenset(Ended.Status.values) - {Ended.Status.EXPIRED.value})


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The wait that a decision ended: since when, why, and for what the item shall wait again."""

    since: datetime
    cause: str
    message: str = ""
    code: str = ""
    # the act that was in question, with the time it began
    effect: tuple[str, datetime] | None = None


@transaction.atomic
def recall_item(
    item_id: int,
    wait: Wait,
    *,
    decided_at: datetime,
    decided_by: int | None,
    corrected: tuple[JsonObject, JsonObject] | None = None,
    by: Actor,
    reason: str = "",
) -> WorkItem:
    """Let the item wait for a person as it did before the decision of `decided_at`.

    `corrected` is its data before and after the decision, if that changed it: put back. Raises
    ConflictError when a bot has had it since, or somebody else moved or changed it; OwnedItemError
    when it ended and its instance has heard of that.
    """
    taken = take(item_id, BY_DECISION)
    _insist_that_no_bot_had_it(item_id, decided_at)
    _insist_that_nobody_else_was_there(item_id, decided_at, decided_by)
    changes = _put_data_back(item_id, *corrected) if corrected else {}
    if wait.effect is not None:
        _ask_about(item_id, wait.effect, taken)
    status = Parked.Status.NEEDS_DECISION
    details = {
        "status": str(status),
        "cause": wait.cause,
        "message": wait.message,
        "code": wait.code,
        "since": wait.since,
        "by": "",
    }
    run(PUT_PARKED, {**taken.values(), **details})
    return record("work_item.recalled", taken, to=status, by=by, reason=reason, changes=changes)


def _insist_that_no_bot_had_it(item_id: int, since: datetime) -> None:
    tried = Attempt.objects.filter(item_id=item_id, ended_at__gt=since).order_by("-ended_at")
    bot = tried.values_list("bot", flat=True).first()
    if bot is not None:
        raise ConflictError(
            _("%(bot)s has worked on item %(id)d since. It can't be recalled any more.")
            % {"bot": bot, "id": item_id}
        )


def _insist_that_nobody_else_was_there(item_id: int, since: datetime, user_id: int | None) -> None:
    events = Event.objects.filter(subject_type="item", subject_id=item_id, occurred_at__gt=since)
    others = events.exclude(actor_id=user_id) if user_id else events.exclude(actor_id=None)
    name = others.order_by("-occurred_at").values_list("actor_name", flat=True).first()
    if name is not None:
        raise ConflictError(
            _("%(name)s has changed item %(id)d since. It can't be recalled any more.")
            % {"name": name, "id": item_id}
        )


def _put_data_back(item_id: int, before: JsonObject, after: JsonObject) -> dict[str, JsonObject]:
    item = WorkItem.objects.get(pk=item_id)
    if item.payload != after:
        raise ConflictError(_("Somebody changed the item after the decision. It stays as it is."))
    if before == after:
        return {}
    changes = changes_between(item, {"payload": before})
    WorkItem.objects.filter(pk=item_id).update(payload=before, version=F("version") + 1)
    return changes


def _ask_about(item_id: int, effect: tuple[str, datetime], taken: Taken) -> None:
    """Nobody knows again whether the act happened."""
    key, begun_at = effect
    unknown = {
        "state": Effect.State.BEGUN,
        "reference": "",
        "settled_by": "",
        "finished_at": None,
        "begun_at": begun_at,
    }
    Effect.objects.update_or_create(
        item_id=item_id,
        key=key,
        defaults=unknown,
        create_defaults={**unknown, "attempt": max(1, taken.attempt - 1)},
    )
