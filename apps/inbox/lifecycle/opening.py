"""Tasks come and go with the items that need a person: brought in line with where items stand.

News about items may come twice, late, and in any order, so none of it is believed: it only says
which items to look at. An item that is parked for a decision has one open task, made for this very
wait; any other item has none.
"""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from apps.events.live import nudge
from apps.inbox.alike import alike_of
from apps.inbox.decisions import offered_for
from apps.inbox.models import UserTask
from apps.inbox.titles import title_of_item
from apps.lib.actors import SYSTEM, Actor
from apps.lib.clock import database_now
from apps.queues.models import Attempt, Effect, Ended, Owned, Parked, WorkItem, WorkQueue

from .assigning import open_prepared
from .reading import BY_CAUSE, Read, make_question, make_validation, read_by_tries

logger = logging.getLogger(__name__)

Status = UserTask.Status

BATCH = 500


@dataclass
class Reconciled:
    """What changed: numbers of items."""

    opened: list[int] = field(default_factory=list)
    closed: list[int] = field(default_factory=list)


def reconcile_tasks(item_ids: Iterable[int], *, by: Actor = SYSTEM, how: str = "") -> Reconciled:
    """Open the tasks that these items need, close those they no longer need.

    `by` and `how` are kept with what is closed: who moved the item on, and what they did. May be
    called again, and at the same time, with the same items.
    """
    done = Reconciled()
    wanted = sorted(set(item_ids))
    for start in range(0, len(wanted), BATCH):
        _reconcile_what_can_be(wanted[start : start + BATCH], done, by, how)
    return done


def _reconcile_what_can_be(item_ids: list[int], done: Reconciled, by: Actor, how: str) -> None:
    """One item that can't be asked about must not keep its neighbours from being asked about."""
    try:
        _reconcile(item_ids, done, by, how)
    except (OperationalError, InterfaceError):
        raise  # the database's trouble, not an item's: all of it is to be tried again
    except Exception:
        if len(item_ids) == 1:
            logger.exception("The task of item %d can't be brought in line", item_ids[0])
            return
        for item_id in item_ids:
            _reconcile_what_can_be([item_id], done, by, how)


@transaction.atomic
def _reconcile(item_ids: list[int], done: Reconciled, by: Actor, how: str) -> None:
    # Tasks before places: a decision locks in the same order. The places stay locked until the
    # tasks are there, so that whoever moves an item on finds its task.
    asking = UserTask.objects.open().exclude(kind__in=UserTask.BESIDE_THE_WORK)
    tasks = {task.item_id: task for task in _locked(asking, item_ids)}
    waiting = Parked.objects.filter(status=Parked.Status.NEEDS_DECISION)
    places = {place.item_id: place for place in _locked(waiting, item_ids)}
    stale = [task for task in tasks.values() if not _is_for(task, places.get(task.item_id))]
    _close(stale, by, how)
    kept = tasks.keys() - {task.item_id for task in stale}
    missing = {item_id: place for item_id, place in places.items() if item_id not in kept}
    # Somebody else may have opened one meanwhile, and a program be deciding it: it waits for the
    # place that is locked here, and our own insert would wait for it.
    for item_id in asking.filter(item_id__in=missing).values_list("item_id", flat=True):
        del missing[item_id]
    opened = _open(list(missing.values())) if missing else []
    done.closed += [task.item_id for task in stale if task.item_id]
    done.opened += [task.item_id for task in opened if task.item_id]
    _tell([*stale, *opened])


def _locked(rows: QuerySet[Any], item_ids: list[int]) -> QuerySet[Any]:
    chosen = rows.filter(item_id__in=item_ids).order_by("item_id")
    return chosen.select_for_update(of=("self",), no_key=True)


def _is_for(task: UserTask, place: Parked | None) -> bool:
    return place is not None and task.parked_at == place.since


def _close(stale: Sequence[UserTask], by: Actor, how: str) -> None:
    """Close tasks whose items went on without them."""
    if not stale:
        return
    ids = [task.item_number for task in stale]
    ended = Ended.objects.filter(item_id__in=ids, status=Ended.Status.EXPIRED)
    expired = set(ended.values_list("item_id", flat=True))
    for status in (Status.EXPIRED, Status.CANCELLED):
        chosen = [
            task.pk for task in stale if (task.item_id in expired) == (status == Status.EXPIRED)
        ]
        UserTask.objects.filter(pk__in=chosen, status=Status.OPEN).update(
            status=status,
            decided_at=Now(),
            decided_by=by.user_id,
            decided_by_name=by.name[:150],
            decision=how[:40],
            working_until=None,
        )


def _open(places: Sequence[Parked]) -> list[UserTask]:
    ids = [place.item_id for place in places]
    items = {item.pk: item for item in WorkItem.objects.filter(pk__in=ids)}
    queue_ids = {place.queue_id for place in places}
    queues = {queue.pk: queue for queue in WorkQueue.objects.filter(pk__in=queue_ids)}
    attempts = _last_attempts(ids)
    effects = _unknown_effects(ids)
    owners = {owned.item_id: owned for owned in Owned.objects.filter(item_id__in=ids)}
    read = _read(places, attempts)
    now = database_now()
    tasks = [
        _task(
            place,
            items[place.item_id],
            queues[place.queue_id],
            attempts.get(place.item_id),
            effects.get(place.item_id, []),
            read,
            now,
        )
        for place in places
        if place.item_id in items and place.queue_id in queues
    ]
    for task in tasks:
        owner = owners.get(task.item_number)
        if owner is not None:
            task.instance_id, task.token = owner.owner_id, owner.token
    # somebody else may be opening the same tasks right now: theirs are as good
    return open_prepared(tasks)


def _last_attempts(item_ids: list[int]) -> dict[int, Attempt]:
    found = Attempt.objects.filter(item_id__in=item_ids).order_by("item_id", "-number", "-ended_at")
    return {attempt.item_id: attempt for attempt in found.distinct("item_id").defer("detail")}


def _read(places: Sequence[Parked], attempts: Mapping[int, Attempt]) -> dict[tuple[int, int], Read]:
    """Return what was read in the tries that a gate stopped."""
    stopped = [place.item_id for place in places if place.cause == Parked.Cause.LOW_CONFIDENCE]
    return read_by_tries(
        (item_id, attempts[item_id].number) for item_id in stopped if item_id in attempts
    )


def _unknown_effects(item_ids: list[int]) -> dict[int, list[Effect]]:
    found: dict[int, list[Effect]] = {}
    begun = Effect.objects.filter(item_id__in=item_ids, state=Effect.State.BEGUN)
    for effect in begun.order_by("begun_at", "pk"):
        found.setdefault(effect.item_id, []).append(effect)
    return found


def _task(
    place: Parked,
    item: WorkItem,
    queue: WorkQueue,
    attempt: Attempt | None,
    effects: list[Effect],
    read: Mapping[tuple[int, int], Read],
    now: datetime,
) -> UserTask:
    kind = UserTask.Kind.UNKNOWN_EFFECT if effects else _kind(place, attempt)
    task = _plain_task(place, item, queue, attempt, effects, kind, now)
    asks = BY_CAUSE.get(Parked.Cause(place.cause))
    if attempt is None or asks is None:
        return task
    elif asks == UserTask.Kind.VALIDATION:
        make_validation(task, attempt, read.get((item.pk, attempt.number)))
    elif not effects:
        make_question(task, attempt, now)
    return task


def _plain_task(  # noqa: PLR0913 - all that is known of one item
    place: Parked,
    item: WorkItem,
    queue: WorkQueue,
    attempt: Attempt | None,
    effects: list[Effect],
    kind: UserTask.Kind,
    now: datetime,
) -> UserTask:
    item.queue = queue
    message = place.message or (attempt.message if attempt else "")
    code = (place.code or (attempt.code if attempt else ""))[:100]
    return UserTask(
        folder_id=queue.folder_id,
        kind=kind,
        title=title_of_item(item),
        reason=message or _("The bot gave no reason."),
        code=code,
        alike=alike_of(
            kind, place=f"queue:{queue.pk}", code=code, reason=message, form=queue.payload_schema
        ),
        queue=queue,
        item=item,
        attempt=attempt.number if attempt else 0,
        parked_at=place.since,
        form=queue.payload_schema,
        values=item.payload,
        item_version=item.version,
        decisions=offered_for(kind),
        facts=_facts(place, attempt, effects),
        due_at=item.due_at or _due_by(queue, now),
        created_at=now,
    )


def _due_by(queue: WorkQueue, now: datetime) -> datetime | None:
    return now + timedelta(seconds=queue.sla_seconds) if queue.sla_seconds else None


def _kind(place: Parked, attempt: Attempt | None) -> UserTask.Kind:
    """Say what kind of problem it is; where a rule asked for a person, the last try knows.

    An effect that has been settled meanwhile is no question any more: it can be tried again.
    """
    if place.cause in (Parked.Cause.EXHAUSTED, Parked.Cause.LOST, Parked.Cause.EFFECT_UNKNOWN):
        return UserTask.Kind.SYSTEM_PROBLEM
    elif place.cause == Parked.Cause.RULE and attempt is not None:
        is_business = attempt.outcome == Attempt.Outcome.BUSINESS_EXCEPTION
        return UserTask.Kind.DATA_PROBLEM if is_business else UserTask.Kind.SYSTEM_PROBLEM
    else:
        return UserTask.Kind.DATA_PROBLEM


def _facts(place: Parked, attempt: Attempt | None, effects: list[Effect]) -> dict[str, Any]:
    facts: dict[str, Any] = {"cause": place.cause}
    output = attempt.output if attempt else None
    if isinstance(output, dict) and isinstance(output.get("field"), str):
        facts["field"] = output["field"][:200]
    if effects:
        facts["effects"] = [
            {"key": effect.key, "begun_at": effect.begun_at.isoformat()} for effect in effects
        ]
    return facts


def _tell(tasks: Sequence[UserTask]) -> None:
    folders = {f"inbox:{task.folder_id}" for task in tasks}
    nudge(*folders, *(f"task:{task.pk}" for task in tasks if task.pk))
