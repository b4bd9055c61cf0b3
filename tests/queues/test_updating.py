"""Queues that update the item of a known reference, as long as it waits."""

import pytest

from apps.events.models import Event
from apps.lib.clock import database_now, seconds_from_now
from apps.lib.errors import InvalidError
from apps.queues.checks import item_faults
from apps.queues.exceptions import ReferenceNotWaitingError
from apps.queues.lifecycle import (
    NewItem,
    Result,
    add_item,
    add_items,
    finish_items,
    hold_item,
    lease_items,
)
from apps.queues.models import Ready, Scheduled, WorkItem, WorkQueue
from tests.factories_queues import ANNA, make_queue, status_of

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "required": ["total"],
    "properties": {
        "total": {"type": "number"},
        "iban": {"type": "string", "x-personal": True},
        "to": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


@pytest.fixture
def queue() -> WorkQueue:
    return make_queue(unique_reference="update", payload_schema=SCHEMA)


def add(queue: WorkQueue, *news: NewItem, strict: bool = False):
    return add_items(queue, news, origin="api", by=ANNA, all_or_nothing=strict)


def new(reference: str, total: object = 1, **values: object) -> NewItem:
    return NewItem({"total": total}, reference, **values)  # type: ignore[arg-type, dict-item]


def test_one_that_waits_is_changed_in_place_and_the_history_says_so(queue: WorkQueue) -> None:
    first = add_item(queue, new("R-1", 1, priority=70), origin="api", by=ANNA)

    again = add_item(queue, new("R-1", 2, given=frozenset({"payload"})), origin="api", by=ANNA)

    assert (again.pk, again.payload, again.version) == (first.pk, {"total": 2}, 2)
    assert (again.priority, again.status) == (70, "new")
    event = Event.objects.get(kind="work_item.edited", subject_id=first.pk)
    assert event.data["changes"] == {"payload.total": {"before": 1, "after": 2}}
    assert not item_faults().faults


def test_the_same_again_changes_nothing(queue: WorkQueue) -> None:
    add(queue, new("R-1"))

    added = add(queue, new("R-1"))

    item = WorkItem.objects.get()
    assert (item.version, added.updated) == (1, frozenset({item.pk}))
    assert not Event.objects.filter(kind="work_item.edited").exists()


def test_a_new_priority_and_a_new_time_move_it(queue: WorkQueue) -> None:
    pk = add(queue, new("R-1"), new("R-2")).ids[0]
    before = Ready.objects.get(item_id=pk).rank_at

    add(queue, new("R-1", priority=90))
    assert Ready.objects.get(item_id=pk).rank_at < before

    later = WorkItem.objects.filter(pk=pk).annotate(at=seconds_from_now(3600))
    moment = later.values_list("at", flat=True).get()
    add(queue, new("R-1", available_at=moment))
    assert Scheduled.objects.get(item_id=pk).available_at == moment > database_now()
    assert not item_faults().faults


@pytest.mark.parametrize("place", ["leased", "held", "done"])
def test_one_that_does_not_wait_is_refused_and_left_as_it_is(queue: WorkQueue, place: str) -> None:
    (pk,) = add(queue, new("R-1")).ids
    if place == "held":
        hold_item(pk, by=ANNA, reason="wait")
    else:
        (leased,) = lease_items(queue.pk, n=1, bot="bot-7")
        if place == "done":
            finish_items([Result(leased.id, leased.token, "successful")])
    status = status_of(pk)

    with pytest.raises(ReferenceNotWaitingError) as refused:
        add_item(queue, new("R-1", 2), origin="api", by=ANNA)
    many = add(queue, new("R-1", 3), new("R-2", 4))

    assert str(pk) in refused.value.message
    assert [(each.index, each.fields[0].path) for each in many.rejected] == [(0, "reference")]
    assert ("bot-7" in many.rejected[0].error) == (place == "leased")
    assert len(many.ids) == 1
    assert (WorkItem.objects.get(pk=pk).payload, status_of(pk)) == ({"total": 1}, status)
    assert not item_faults().faults


def test_what_is_given_in_part_is_laid_over_and_checked_as_a_whole(queue: WorkQueue) -> None:
    whole = {"total": 1, "iban": "DE02", "to": {"city": "Ulm", "street": "Weg 1"}}
    (pk,) = add(queue, NewItem(whole, "R-1")).ids

    add(queue, NewItem({"iban": "•••", "to": {"city": "Bonn"}}, "R-1", is_partial=True))

    assert WorkItem.objects.get(pk=pk).payload == {
        "total": 1, "iban": "DE02", "to": {"city": "Bonn", "street": "Weg 1"},
    }  # fmt: skip
    wrong = add(queue, NewItem({"total": "much"}, "R-1", is_partial=True))
    fresh = add(queue, NewItem({"iban": "DE03"}, "R-2", is_partial=True))
    assert [each.fields[0].path for each in wrong.rejected] == ["payload.total"]
    assert [each.fields[0].path for each in fresh.rejected] == ["payload.total"]
    assert WorkItem.objects.count() == 1
    assert not item_faults().faults


def test_all_or_nothing_takes_back_what_it_had_changed(queue: WorkQueue) -> None:
    pks = add(queue, new("R-1"), new("R-2")).ids
    hold_item(pks[1], by=ANNA, reason="wait")

    with pytest.raises(InvalidError) as refused:
        add(queue, new("R-1", 5), new("R-2", 5), strict=True)

    assert [each.path for each in refused.value.fields] == ["items.1.reference"]
    assert {item.payload["total"] for item in WorkItem.objects.all()} == {1}
    with pytest.raises(InvalidError, match="twice"):
        add(queue, new("R-3"), new("R-3"), strict=True)
