"""Items that are the work of a step: added, withdrawn and reopened by whoever owns them.

Their ends are news (`work_item.ended`), written by the statement of the end itself; see
statements.parts.tell_owners. Only `cancel_owned` tells nobody: the owner knows.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import orjson
from django.db import transaction
from django.utils.translation import gettext as _

from apps.events.bus import Happening, announce, record_many, ring
from apps.lib.actors import Actor
from apps.lib.errors import ConflictError, FieldProblem
from apps.lib.json import JsonObject
from apps.queues import engine
from apps.queues.models import Owned, Parked, WorkItem, WorkQueue
from apps.queues.statements import (
    ADD_OWNED,
    DRAW_IDS,
    FORGET_TIMES,
    LEFT_TO_WITHDRAW,
    LOCK_ENDED,
    LOCK_OWNED_LEASES,
    NOTE_OWNED_REFERENCES,
    NOTE_OWNERS,
    REOPEN,
    WITHDRAW,
)

from .checking import problems_of, sentence_of
from .deadlines import Deadlines
from .running import array_text, quoted_array_text, run, tell_moved
from .values import AddedOwned, NewItem, Owner, OwnerPolicy, Rejected

WAITS, WAITS_FOR_PERSON = str(WorkItem.Status.NEW), str(WorkItem.Status.NEEDS_DECISION)
MAX_NAME = 150
# An item is in one place again after each commit; it does not flee for ever.
MAX_PASSES = 100


@transaction.atomic
def add_owned_items(wanted: Sequence[tuple[WorkQueue, NewItem]], *, by: Actor) -> AddedOwned:
    """Add items to any number of queues, in one statement; each has an `owner`.

    What is wrong with an item rejects it alone: data against its queue's schema, and a reference
    that the queue has had already, where it asks for references to be unique (an item that came
    from elsewhere can't be this step's). Raises ValueError for an item without an owner.
    """
    batch = _Batch(wanted)
    if batch.news:
        batch.note_references()
    if batch.news:
        run(ADD_OWNED, {**batch.arrays(), "added_by": by.name[:MAX_NAME]})
        queues = {queue.pk for queue, _new in batch.news.values()}
        tell_moved(sorted(queues), refilled=sorted(queues))
    return AddedOwned([batch.ids.get(index) for index in range(len(wanted))], batch.rejected)


def note_owners(owners: dict[int, Owner]) -> None:
    """Write down whose these new items are, {item: owner}; in the transaction that adds them."""
    if owners:
        run(NOTE_OWNERS, {"ids": array_text(owners), **_owner_arrays(list(owners.values()))})


def cancel_owned(owner_id: int, tokens: Iterable[int], *, by: Actor, reason: str = "") -> list[int]:
    """End as cancelled what has not ended of these tokens' items; see `withdraw_items`."""
    return withdraw_items([(owner_id, token) for token in tokens], by=by, reason=reason)


@transaction.atomic
def withdraw_items(tokens: Iterable[tuple[int, int]], *, by: Actor, reason: str = "") -> list[int]:
    """End as cancelled what has not ended of the items of these (owner, token); return the ids.

    Leased ones, too: who works on one of them loses the lease, and late results are refused with
    lease_lost. Nobody is told of these ends, except that tasks in the inbox are closed.
    """
    pairs = sorted(set(tokens))
    asked = {
        "owner_ids": array_text(owner_id for owner_id, _token in pairs),
        "tokens": array_text(token for _owner_id, token in pairs),
    }
    moved = _withdraw(asked, by=by, reason=reason) if pairs else []
    ids = [row[0] for row in moved]
    asked_people = [row[0] for row in moved if row[2] == Parked.Status.NEEDS_DECISION]
    if asked_people:
        announce("work_item.cancelled", {"ids": asked_people})
    tell_moved({row[1] for row in moved}, ids)
    return ids


def _withdraw(asked: dict[str, str], *, by: Actor, reason: str) -> list[tuple[Any, ...]]:
    """Move what is found, and again what was on its way meanwhile; return item, queue, place."""
    values = {**asked, "by": by.name[:MAX_NAME], "note": reason}
    moved: list[tuple[Any, ...]] = []
    for _pass in range(MAX_PASSES):
        if not run(LEFT_TO_WITHDRAW, asked)[0][0]:
            return moved
        leased = [item_id for (item_id,) in run(LOCK_OWNED_LEASES, asked)]
        moved += run(WITHDRAW, {**values, "leased": leased})
    raise ConflictError(_("These items move on too often to be withdrawn. Try again."))


@transaction.atomic
def reopen_owned(
    item_ids: Iterable[int], payload: JsonObject | None = None, *, by: Actor, reason: str = ""
) -> list[int]:
    """Work on these ended items again, with fresh tries; return those that were reopened.

    With `payload` that is their data from now on; raises InvalidError by field if it does not fit
    the schema of a queue. What has not ended, and what nobody owns, is left as it is.
    """
    from .people import reopen_for_owner  # it is a person's verb, too

    ids = [item_id for (item_id,) in run(LOCK_ENDED, {"ids": array_text(set(item_ids))})]
    if payload is None:
        return _reopen(ids, by=by, reason=reason) if ids else []
    for item_id in ids:
        reopen_for_owner(item_id, payload, by=by, reason=reason)
    return ids


def _reopen(ids: list[int], *, by: Actor, reason: str) -> list[int]:
    """Move all of them in one statement."""
    asked = {"ids": array_text(ids)}
    run(FORGET_TIMES, asked)
    message = _("Nobody knows whether an act of this item happened.")
    moved = run(REOPEN, {**asked, "message": message, "by": by.name[:MAX_NAME]})
    queues = WorkQueue.objects.in_bulk({row[1] for row in moved})
    record_many(
        "work_item.reopened",
        [
            Happening(
                subject=("item", item_id),
                folder_id=queues[queue_id].folder_id,
                data={
                    "queue_id": queue_id,
                    "from": was,
                    "to": WAITS_FOR_PERSON if is_in_doubt else WAITS,
                    "reason": reason,
                },
            )
            for item_id, queue_id, was, is_in_doubt in moved
        ],
        by=by,
    )
    if any(is_in_doubt for *_moved, is_in_doubt in moved):
        ring()
    tell_moved(queues, ids, refilled=queues)
    return [row[0] for row in moved]


def owned_items(owner_id: int, tokens: Iterable[int]) -> list[Owned]:
    """Return the items of these tokens, in order of token and index."""
    found = Owned.objects.filter(owner_id=owner_id, token__in=set(tokens))
    return list(found.order_by("token", "index", "item_id"))


class _Batch:
    """What one call of `add_owned_items` adds, by place in the call."""

    def __init__(self, wanted: Sequence[tuple[WorkQueue, NewItem]]) -> None:
        self.news: dict[int, tuple[WorkQueue, NewItem]] = {}
        self.rejected: list[Rejected] = []
        for index, (queue, new) in enumerate(wanted):
            problems = problems_of(queue, new)
            if problems:
                self.rejected.append(Rejected(index, sentence_of(problems[0]), problems))
            else:
                self.news[index] = (queue, new)
        drawn = run(DRAW_IDS, {"n": len(self.news)}) if self.news else []
        self.ids = {index: row[0] for index, row in zip(self.news, drawn, strict=True)}

    def note_references(self) -> None:
        """Take the references of queues that ask for uniqueness; drop items that come too late."""
        named = {
            index: (queue.pk, new.reference)
            for index, (queue, new) in self.news.items()
            if new.reference and queue.unique_reference != WorkQueue.UniqueReference.OFF
        }
        if not named:
            return
        values = {
            "queue_ids": [queue_id for queue_id, _reference in named.values()],
            "references": [reference for _queue_id, reference in named.values()],
            "ids": [self.ids[index] for index in named],
        }
        noted = {item_id for (item_id,) in run(NOTE_OWNED_REFERENCES, values)}
        for index in [index for index in named if self.ids[index] not in noted]:
            problem = FieldProblem("reference", _("is known to the queue already"))
            self.rejected.append(Rejected(index, sentence_of(problem), [problem]))
            del self.news[index], self.ids[index]
        self.rejected.sort(key=lambda rejected: rejected.index)

    def arrays(self) -> dict[str, str]:
        """Return the parameters of ADD_OWNED."""
        news = list(self.news.values())
        deadlines = {queue.pk: Deadlines(queue) for queue, _new in news}
        moments = {
            "available_at": [new.available_at for _queue, new in news],
            "due_at": [deadlines[queue.pk].due_at(new) for queue, new in news],
            "expires_at": [new.expires_at for _queue, new in news],
        }
        return {
            "ids": array_text(self.ids.values()),
            "queue_ids": array_text(queue.pk for queue, _new in news),
            "references": quoted_array_text(new.reference for _queue, new in news),
            "payloads": quoted_array_text(orjson.dumps(new.payload).decode() for _q, new in news),
            "priorities": array_text(new.priority for _queue, new in news),
            **{
                name: quoted_array_text(at.isoformat() if at else None for at in column)
                for name, column in moments.items()
            },
            **_owner_arrays([_owner_of(new) for _queue, new in news]),
        }


def _owner_of(new: NewItem) -> Owner:
    if new.owner is None:
        raise ValueError("add_owned_items is for items that somebody owns")
    return new.owner


def _owner_arrays(owners: Sequence[Owner]) -> dict[str, str]:
    texts: dict[int, str | None] = {}  # by identity: the items of a fan-out share their policy
    for owner in owners:
        if id(owner.policy) not in texts:
            texts[id(owner.policy)] = _policy_text(owner.policy)
    return {
        "owner_ids": array_text(owner.id for owner in owners),
        "tokens": array_text(owner.token for owner in owners),
        "indexes": array_text(owner.index for owner in owners),
        "policies": quoted_array_text(texts[id(owner.policy)] for owner in owners),
    }


def _policy_text(policy: OwnerPolicy | None) -> str | None:
    """Return what is stored of a policy; raises InvalidError for rules that could not be used."""
    if policy is None:
        return None
    engine.parse_rules(list(policy.rules))
    said = {
        "rules": policy.rules or None,
        "max_attempts": policy.max_attempts,
        "backoff": policy.backoff,
        "delay_seconds": policy.delay_seconds,
        "gate": policy.gate or None,
    }
    return orjson.dumps({name: value for name, value in said.items() if value is not None}).decode()
