"""Races played out step by step: somebody holds a lock until the others have run into it."""

from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
from django.db import connections, transaction

from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    NewItem,
    Result,
    add_items,
    begin_effect,
    edit_item,
    finish_items,
    lease_items,
    renew_leases,
)
from apps.queues.models import Attempt, Effect, ItemReference, Lease, WorkItem, WorkQueue
from apps.queues.recovery import take_back_items
from apps.queues.upkeep import reap_leases
from tests.concurrency.racing import holding, until_expired, until_waiting
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

LOCK_LEASE = "select 1 from queues_lease where item_id = %s for update"


class Call:
    """A call in a thread; `result()` waits for it and raises what it raised."""

    def __init__(self, function: Callable[[], Any]) -> None:
        self.function, self.value, self.error = function, None, None
        self.thread = Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        try:
            self.value = self.function()
        except Exception as error:
            self.error = error
        finally:
            connections.close_all()

    def result(self) -> Any:
        self.thread.join()
        if self.error:
            raise self.error
        return self.value


def test_taking_back_a_run_s_items_does_not_deadlock_with_their_renewal():
    make_items(queue := make_queue(), 2)
    given_back, in_hand = lease_items(queue.pk, n=2, bot="Robbie", run_id=7)

    with holding(LOCK_LEASE, [given_back.id]) as let_go:
        renewal = Call(lambda: renew_leases([(it.id, it.token) for it in (given_back, in_hand)]))
        until_waiting(1)
        taking = Call(lambda: take_back_items(7, unit_in_hand=in_hand.id, is_to_blame=True))
        until_waiting(2)
        let_go()

    assert renewal.result().lost == []
    taking.result()
    assert dict(Attempt.objects.values_list("item_id", "outcome")) == {
        given_back.id: "released",
        in_hand.id: "lost",
    }


def test_results_that_pause_the_same_queues_in_opposite_order_do_not_deadlock():
    rule = [{"then": "pause_queue"}]
    one, two = make_queue(error_rules=rule), make_queue(error_rules=rule)
    for queue in (one, two, two, one):
        make_items(queue, 1)
    leased = [item for queue in (one, two) for item in lease_items(queue.pk, n=2, bot="Robbie")]
    results = [Result(it.id, it.token, "application_exception") for it in leased]
    first, second = sorted(results[:3:2], key=lambda it: it.id), results[1::2]

    with holding("select 1 from queues_workqueue where id = %s for update", [one.pk]) as let_go:
        calls = [Call(lambda: finish_items(first))]
        until_waiting(1)
        calls.append(Call(lambda: finish_items(second)))
        until_waiting(2)
        let_go()

    assert [len(call.result().finished) for call in calls] == [2, 2]
    assert not WorkQueue.objects.filter(paused_at=None).exists()


@pytest.mark.parametrize("verb", ["finish", "renew", "decide"])
def test_calls_about_the_same_leases_in_opposite_order_do_not_deadlock(verb):
    make_items(queue := make_queue(), 2)
    first, second = lease_items(queue.pk, n=2, bot="Robbie")
    outcome = "business_exception" if verb == "decide" else "successful"

    def act(*leased: Any) -> list[int]:
        if verb == "renew":
            return renew_leases([(item.id, item.token) for item in leased]).renewed
        return finish_items([Result(item.id, item.token, outcome) for item in leased]).finished

    with holding(LOCK_LEASE, [first.id]) as let_go:
        one = Call(lambda: act(first, second))
        until_waiting(1)
        other = Call(lambda: act(second, first))
        until_waiting(2)
        let_go()
        assert one.result() == [first.id, second.id]
        assert other.result() == [second.id, first.id]

    assert item_faults().faults == []


def test_batches_that_share_references_wait_for_each_other_in_one_order():
    queue = make_queue(unique_reference="ignore")

    def add(*references: str) -> list[int]:
        news = [NewItem({}, reference=reference) for reference in references]
        return add_items(queue, news, origin="api", by=ANNA, all_or_nothing=True).ids

    taken = "insert into queues_itemreference (queue_id, reference, item_id) values (%s, 'm', 0)"
    with holding(taken, [queue.pk]) as let_go:
        one = Call(lambda: add("a", "m", "b"))
        until_waiting(1)
        other = Call(lambda: add("b", "m", "a"))
        until_waiting(2)
        let_go()
        assert one.result() == other.result()[::-1]

    assert ItemReference.objects.count() == 3
    assert item_faults().faults == []


def test_an_item_is_not_taken_away_while_its_effect_is_being_begun():
    make_items(queue := make_queue(), 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie", lease_seconds=1)
    begun = (
        "insert into queues_effect (item_id, key, state, reference, attempt, begun_at, settled_by)"
        " values (%s, 'post', 'begun', '', 1, now(), '')"
    )

    with holding(begun, [leased.id]) as let_go:
        beginning = Call(lambda: begin_effect(leased.id, leased.token, "post"))
        until_waiting(1)
        until_expired(leased.id)
        assert reap_leases() == 0
        let_go()
        assert beginning.result().state == "new"

    assert reap_leases() == 1
    assert Effect.objects.get().state == "begun"
    assert WorkItem.objects.with_status().get().status == "needs_decision"


def test_a_lease_that_is_renewed_while_it_is_finished_is_finished():
    make_items(queue := make_queue(), 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")

    with transaction.atomic():
        renew_leases([(leased.id, leased.token)], lease_seconds=900)
        finishing = Call(lambda: finish_items([Result(leased.id, leased.token, "successful")]))
        until_waiting(1)

    assert finishing.result().finished == [leased.id]
    assert item_faults().faults == []


def test_an_item_that_is_being_edited_is_passed_over_and_then_handed_out_as_edited():
    first, second = make_items(queue := make_queue(), 2)

    with transaction.atomic():
        edit_item(first, version=1, by=ANNA, payload={"n": "new"})
        meanwhile = Call(lambda: lease_items(queue.pk, n=5, bot="Robbie")).result()
    afterwards = lease_items(queue.pk, n=5, bot="Marvin")

    assert [item.id for item in meanwhile] == [second]
    assert [(item.id, item.payload) for item in afterwards] == [(first, {"n": "new"})]


def test_an_edit_that_waits_for_a_lease_is_told_who_has_the_item():
    (item_id,) = make_items(queue := make_queue(), 1)

    with transaction.atomic():
        lease_items(queue.pk, n=1, bot="Robbie")
        edit = Call(lambda: edit_item(item_id, version=1, by=ANNA, priority=90))
        until_waiting(1)

    with pytest.raises(Exception, match="Robbie is working"):
        edit.result()
    assert Lease.objects.get().item_id == item_id
