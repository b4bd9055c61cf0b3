"""References that must not repeat, asked for by many at once."""

import pytest

from apps.queues.checks import item_faults
from apps.queues.lifecycle import DuplicateReferenceError, NewItem, add_item, add_items
from apps.queues.models import ItemReference, WorkItem, WorkQueue
from tests.concurrency.racing import race, race_same
from tests.factories_queues import ANNA, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def add(queue: WorkQueue, reference: str) -> int | None:
    try:
        return add_item(queue, NewItem({}, reference=reference), origin="api", by=ANNA).pk
    except DuplicateReferenceError:
        return None


@pytest.mark.parametrize("mode", ["reject", "ignore"])
def test_a_hundred_duplicates_at_once_become_one_item(mode):
    queue = make_queue(unique_reference=mode)

    answers = [
        answer
        for answers in race_same(10, lambda _n: [add(queue, "INV-1") for _ in range(10)])
        for answer in answers
    ]

    item = WorkItem.objects.get()
    assert answers.count(item.pk) == (1 if mode == "reject" else 100)
    assert answers.count(None) == (99 if mode == "reject" else 0)
    assert item_faults().faults == []


def test_batches_that_share_references_in_opposite_order_do_not_deadlock():
    queue = make_queue(unique_reference="ignore")
    names = [f"R{n}" for n in range(300)]

    def batch(order: list[str]) -> list[int]:
        ids: list[int] = []
        for at in range(0, 300, 100):
            news = [NewItem({}, reference=name) for name in order[at : at + 100]]
            ids += add_items(queue, news, origin="api", by=ANNA, all_or_nothing=False).ids
        return ids

    forward, backward, mixed = race(
        lambda: batch(names),
        lambda: batch(names[::-1]),
        lambda: batch(names[::2] + names[1::2]),
    )

    assert WorkItem.objects.count() == ItemReference.objects.count() == 300
    assert forward == backward[::-1]
    assert sorted(mixed) == sorted(forward)
    assert item_faults().faults == []
