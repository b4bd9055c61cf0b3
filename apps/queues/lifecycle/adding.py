"""New items: one in one statement, thousands by COPY."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.utils.translation import gettext as _

from apps.events.causes import is_in_a_course, note_causes
from apps.lib.actors import Actor
from apps.lib.errors import FieldProblem, InvalidError
from apps.queues.exceptions import DuplicateReferenceError, ReferenceNotWaitingError
from apps.queues.models import WorkItem, WorkQueue
from apps.queues.statements import (
    ADD_ONE,
    COPY_ITEMS,
    DRAW_IDS,
    KNOWN_REFERENCES,
    NOTE_PAST_REFERENCES,
    NOTE_REFERENCES,
    PLACE_ITEMS,
)

from .checking import problems_of, sentence_of
from .deadlines import Deadlines
from .owning import note_owners
from .running import run, tell_moved
from .updating import update_waiting
from .values import Added, NewItem, Rejected

Unique = WorkQueue.UniqueReference
MAX_PROBLEMS = 100
MAX_NAME = 150


def add_item(queue: WorkQueue, new: NewItem, *, origin: str, by: Actor) -> WorkItem:
    """Add one item and return it.

    Raises InvalidError naming each wrong field, and DuplicateReferenceError if the queue refuses
    known references; if it ignores them, the item that is already there is returned, and if it
    updates them, that item is changed first: ReferenceNotWaitingError if it does not wait. Items of
    an owner come in by `add_items` or `add_owned_items`.
    """
    item_id = add_unread(queue, new, origin=origin, by=by)
    item: WorkItem = WorkItem.objects.with_status().get(pk=item_id)
    return item


def add_unread(queue: WorkQueue, new: NewItem, *, origin: str, by: Actor) -> int:
    """As `add_item`, but return the item's number alone: half the cost for who needs no more."""
    assert new.owner is None
    problems = problems_of(queue, new)
    if problems:
        raise InvalidError(sentence_of(problems[0]), fields=problems)
    is_unique = _is_unique(queue, new)
    values = {
        "queue_id": queue.pk,
        "is_unique": is_unique,
        "reference": new.reference,
        "payload": orjson.dumps(new.payload).decode(),
        "priority": new.priority,
        "available_at": new.available_at,
        "due_at": Deadlines(queue).due_at(new),
        "expires_at": new.expires_at,
        "origin": origin,
        "added_by": by.name[:MAX_NAME],
    }
    with transaction.atomic() if is_in_a_course() else nullcontext():
        added = run(ADD_ONE, values)
        note_causes("item", [row[0] for row in added])
    if added:
        item_id = added[0][0]
        tell_moved([queue.pk], refilled=[queue.pk])
    else:
        item_id = _known(queue, [new.reference])[new.reference]
        if queue.unique_reference == Unique.REJECT:
            raise DuplicateReferenceError(new.reference, existing_id=item_id)
        if queue.unique_reference == Unique.UPDATE:
            _update_one(queue, item_id, new, by=by)
    return int(item_id)


def add_items(  # noqa: PLR0913 - how they come in, beside what they are
    queue: WorkQueue,
    items: Sequence[NewItem],
    *,
    origin: str,
    by: Actor,
    all_or_nothing: bool,
    operation_id: int = 0,
) -> Added:
    """Add many items; the ids of the accepted ones are in their order.

    With `all_or_nothing` any fault raises InvalidError, naming up to a hundred fields as in
    `items.3.payload.total`, and nothing is stored. The history of items that are updated names
    the operation.
    """
    batch = _Batch(queue, items, all_or_nothing=all_or_nothing)
    batch.check()
    with transaction.atomic():
        batch.draw_ids()
        batch.note_references()
        batch.update(by=by, operation_id=operation_id)
        batch.store(origin=origin, added_by=by.name[:MAX_NAME])
        if batch.n_stored:
            tell_moved([queue.pk], refilled=[queue.pk])
    return batch.added()


def note_past_references(queue: WorkQueue, *, was: str) -> int:
    """Make the references of items that came before known, once the queue asks for uniqueness.

    To be called in the transaction that changes the setting from `was`. Of several items with one
    reference the first counts. Returns how many became known.
    """
    if was != Unique.OFF or queue.unique_reference == Unique.OFF:
        return 0
    noted: int = run(NOTE_PAST_REFERENCES, {"queue_id": queue.pk})[0][0]
    return noted


@dataclass(slots=True)
class _Place:
    """What one element of a batch comes to."""

    new: NewItem
    item_id: int | None = None
    is_repeated: bool = False
    is_update: bool = False
    rejected: Rejected | None = None


class _Batch:
    """The steps of one call of `add_items`, in the order in which they are to be called."""

    def __init__(self, queue: WorkQueue, items: Sequence[NewItem], *, all_or_nothing: bool) -> None:
        self.queue = queue
        self.all_or_nothing = all_or_nothing
        self.places = [_Place(new) for new in items]
        self.n_stored = 0

    def check(self) -> None:
        """Find what is wrong with each item by itself, and what stands twice."""
        seen: set[str] = set()
        partial = self._known_in_part()
        for index, place in enumerate(self.places):
            is_partial = place.new.reference in partial
            problems = problems_of(self.queue, place.new, without_payload=is_partial)
            if problems:
                place.rejected = Rejected(index, sentence_of(problems[0]), problems)
            elif _is_unique(self.queue, place.new):
                place.is_repeated = place.new.reference in seen
                seen.add(place.new.reference)
                if place.is_repeated and self.queue.unique_reference != Unique.IGNORE:
                    self._refuse(index, _("stands twice in this batch"))
        self._insist()

    def _known_in_part(self) -> set[str]:
        """Return the references of known items that are given in part: checked when laid over."""
        if self.queue.unique_reference != Unique.UPDATE:
            return set()
        partial = {place.new.reference for place in self.places if place.new.is_partial} - {""}
        return set(_known(self.queue, partial)) if partial else set()

    def draw_ids(self) -> None:
        fresh = [place for place in self.places if not place.rejected and not place.is_repeated]
        ids = run(DRAW_IDS, {"n": len(fresh)})
        for place, (item_id,) in zip(fresh, ids, strict=True):
            place.item_id = item_id

    def note_references(self) -> None:
        """Take the references; known ones are refused, or stand for the items that have them."""
        named = {
            place.new.reference: place.item_id
            for place in self._fresh()
            if _is_unique(self.queue, place.new)
        }
        if not named:
            return
        values = {"queue_id": self.queue.pk, "references": list(named), "ids": list(named.values())}
        noted = {reference for (reference,) in run(NOTE_REFERENCES, values)}
        known = _known(self.queue, named.keys() - noted)
        for index, place in enumerate(self.places):
            if place.rejected is None and place.new.reference in known:
                self._meet(index, known[place.new.reference])
            elif place.is_repeated and place.rejected is None:
                place.item_id = named[place.new.reference]
        self._insist()

    def update(self, *, by: Actor, operation_id: int) -> None:
        """Change the known items that wait; those that do not are refused."""
        wanted = {place.item_id: place.new for place in self.places if place.is_update}
        if not wanted:
            return
        given = {pk: new for pk, new in wanted.items() if pk is not None}
        problems = update_waiting(self.queue, given, by=by, operation_id=operation_id)
        for index, place in enumerate(self.places):
            if place.is_update and place.item_id in problems:
                found = problems[place.item_id]
                place.rejected = Rejected(index, sentence_of(found[0]), found)
                place.item_id = None
        self._insist()

    def store(self, *, origin: str, added_by: str) -> None:
        """Copy the rows in, then put them where they wait."""
        fresh = self._fresh()
        deadlines = Deadlines(self.queue)
        # before COPY begins: until it ends, the connection answers no other question
        due = [deadlines.due_at(place.new) for place in fresh]
        with connection.cursor() as cursor, cursor.copy(COPY_ITEMS) as copy:
            for place, due_at in zip(fresh, due, strict=True):
                copy.write_row((*self._columns(place, due_at), origin, added_by))
        run(PLACE_ITEMS, {"ids": [place.item_id for place in fresh]})
        note_causes("item", [place.item_id for place in fresh if place.item_id])
        owners = {place.item_id: place.new.owner for place in fresh}
        note_owners({pk: owner for pk, owner in owners.items() if pk and owner})
        self.n_stored = len(fresh)

    def _columns(self, place: _Place, due_at: datetime | None) -> tuple[Any, ...]:
        new = place.new
        return (
            place.item_id,
            self.queue.pk,
            new.reference,
            orjson.dumps(new.payload).decode(),
            new.priority,
            new.available_at,
            due_at,
            new.expires_at,
        )

    def added(self) -> Added:
        return Added(
            ids=[place.item_id for place in self.places if place.item_id is not None],
            rejected=[place.rejected for place in self.places if place.rejected],
            known=self._were_there(is_update=False),
            updated=self._were_there(is_update=True),
        )

    def _were_there(self, *, is_update: bool) -> frozenset[int]:
        return frozenset(
            place.item_id
            for place in self.places
            if place.is_repeated and place.item_id and place.is_update == is_update
        )

    def _fresh(self) -> list[_Place]:
        return [place for place in self.places if place.item_id and not place.is_repeated]

    def _meet(self, index: int, existing_id: int) -> None:
        """The reference of this item was known before this batch."""
        place = self.places[index]
        if self.queue.unique_reference == Unique.REJECT:
            self._refuse(index, _("belongs to item %(id)d already") % {"id": existing_id})
        else:
            place.item_id, place.is_repeated = existing_id, True
            place.is_update = self.queue.unique_reference == Unique.UPDATE

    def _refuse(self, index: int, why: str) -> None:
        place = self.places[index]
        problem = FieldProblem("reference", why)
        place.rejected = Rejected(index, sentence_of(problem), [problem])
        place.item_id = None

    def _insist(self) -> None:
        """With all or nothing, one fault ends the whole call."""
        faulty = [place.rejected for place in self.places if place.rejected]
        if not faulty or not self.all_or_nothing:
            return
        fields = [
            FieldProblem(f"items.{rejected.index}.{problem.path}", problem.message)
            for rejected in faulty
            for problem in rejected.fields
        ]
        message = _("%(faulty)d of %(all)d items are wrong, so none was added. %(first)s")
        values = {"faulty": len(faulty), "all": len(self.places), "first": sentence_of(fields[0])}
        raise InvalidError(message % values, fields=fields[:MAX_PROBLEMS])


@transaction.atomic
def _update_one(queue: WorkQueue, item_id: int, new: NewItem, *, by: Actor) -> None:
    problems = update_waiting(queue, {item_id: new}, by=by).get(item_id, [])
    if any(each.path != "reference" for each in problems):
        raise InvalidError(sentence_of(problems[0]), fields=problems)
    if problems:
        why = problems[0].message
        raise ReferenceNotWaitingError(new.reference, existing_id=item_id, why=why)


def _is_unique(queue: WorkQueue, new: NewItem) -> bool:
    return queue.unique_reference != Unique.OFF and new.reference != ""


def _known(queue: WorkQueue, references: Iterable[str]) -> dict[str, int]:
    values = {"queue_id": queue.pk, "references": list(references)}
    rows: list[Any] = run(KNOWN_REFERENCES, values)
    return dict(rows)
