"""What owners do with their items: withdraw them, and have them worked again."""

from datetime import timedelta

import pytest

from apps.events.models import Event, Outbox
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.queues.checks import item_faults
from apps.queues.exceptions import OwnedItemError
from apps.queues.lifecycle import (
    begin_effect,
    cancel_owned,
    complete_by_hand,
    finish_items,
    hold_item,
    renew_leases,
    reopen_item,
    reopen_owned,
    skip_item,
    withdraw_items,
)
from apps.queues.models import Attempt, Ended, Parked, Ready, WorkItem
from tests.factories_queues import ANNA, make_items, make_queue, status_of
from tests.queues.owned import INSTANCE, add_owned, lease_all, result_of, told_ends

pytestmark = pytest.mark.django_db


def test_withdrawn_items_end_as_cancelled_wherever_they_stand():
    queue = make_queue()
    later = database_now() + timedelta(hours=1)
    (leased,) = add_owned(queue, token=4)
    [lease] = lease_all(queue)
    (ready,) = add_owned(queue, token=1)
    (deferred,) = add_owned(queue, token=2, available_at=later)
    (held,) = add_owned(queue, token=3)
    hold_item(held, by=ANNA, reason="wait")
    others = [*add_owned(queue, token=9), *add_owned(queue, instance=78, token=1)]

    cancelled = cancel_owned(INSTANCE, [1, 2, 3, 4], by=ANNA, reason="Instance cancelled")

    mine = [leased, ready, deferred, held]
    assert sorted(cancelled) == sorted(mine)
    assert {status_of(pk) for pk in mine} == {"cancelled"}
    assert {status_of(pk) for pk in others} == {"new"}
    assert told_ends() == [], "the owner knows"
    ended = Ended.objects.get(item_id=ready)
    assert (ended.by, ended.note) == ("Anna", "Instance cancelled")
    assert item_faults().faults == []
    [tried] = Attempt.objects.all()
    assert (tried.item_id, tried.outcome, tried.message) == (leased, "released", ended.note)
    assert renew_leases([(lease.id, lease.token)]).lost == [leased]


@pytest.mark.parametrize("outcome", ["successful", "business_exception"])
def test_who_worked_on_a_withdrawn_item_has_lost_it(outcome):
    queue = make_queue()
    add_owned(queue)
    [leased] = lease_all(queue)
    cancel_owned(INSTANCE, [5], by=SYSTEM)

    finished = finish_items([result_of(leased, outcome)])

    assert [refusal.reason for refusal in finished.refused] == ["lease_lost"]


def test_to_withdraw_twice_does_nothing_the_second_time():
    queue = make_queue()
    add_owned(queue, 3)
    cancel_owned(INSTANCE, [5], by=SYSTEM)

    assert cancel_owned(INSTANCE, [5], by=SYSTEM) == []
    assert cancel_owned(INSTANCE, [6], by=SYSTEM) == []


def test_items_of_many_instances_are_withdrawn_together(django_assert_num_queries):
    queue = make_queue()
    ids = [add_owned(queue, instance=n, token=n)[0] for n in range(1, 6)]
    other = add_owned(queue, instance=1, token=2)[0]

    with django_assert_num_queries(6):  # in a savepoint: what is left, leases, move; nothing left
        withdrawn = withdraw_items([(n, n) for n in range(1, 6)], by=SYSTEM)

    assert sorted(withdrawn) == ids
    assert status_of(other) == "new"


def test_people_can_not_reopen_what_belongs_to_an_instance():
    (own,) = add_owned(make_queue())
    skip_item(own, by=ANNA, reason="x")

    with pytest.raises(OwnedItemError, match=r"instance 77") as refused:
        reopen_item(own, by=ANNA, reason="again")

    assert refused.value.status == 409
    assert status_of(own) == "skipped"
    assert len(told_ends()) == 1


def test_a_failed_item_of_an_instance_is_not_completed_by_hand_behind_its_back():
    queue = make_queue()
    (own,) = add_owned(queue)
    finish_items([result_of(leased, "business_exception") for leased in lease_all(queue)])

    with pytest.raises(OwnedItemError):
        complete_by_hand(own, by=ANNA, reference="x")

    assert status_of(own) == "failed"


def test_the_owner_reopens_what_has_ended_with_new_data():
    queue = make_queue()
    first, second, third = add_owned(queue, 3)
    finish_items([result_of(leased, "business_exception") for leased in lease_all(queue, 2)])

    reopened = reopen_owned([first, second, third], {"n": "new"}, by=ANNA, reason="repaired")

    assert reopened == [first, second]
    assert {status_of(pk) for pk in (first, second, third)} == {"new"}
    assert WorkItem.objects.get(pk=first).payload == {"n": "new"}
    assert WorkItem.objects.get(pk=third).payload == {"n": 2}
    event = Event.objects.filter(kind="work_item.reopened", subject_id=first).get()
    assert (event.actor_name, event.data["reason"]) == ("Anna", "repaired")
    assert item_faults().faults == []


def test_many_are_reopened_with_few_statements(django_assert_max_num_queries):
    queue = make_queue()
    past = database_now() - timedelta(hours=1)
    ids = add_owned(queue, 60)
    finish_items([result_of(leased, "business_exception") for leased in lease_all(queue)])
    WorkItem.objects.filter(pk=ids[0]).update(expires_at=past, available_at=past)

    with django_assert_max_num_queries(8):
        reopened = reopen_owned(ids, by=ANNA, reason="The system is well again")

    assert reopened == ids
    assert {status_of(pk) for pk in ids} == {"new"}
    first, other = WorkItem.objects.get(pk=ids[0]), WorkItem.objects.get(pk=ids[1])
    assert (first.expires_at, first.available_at, first.version) == (None, None, 2)
    assert other.version == 1
    assert Event.objects.filter(kind="work_item.reopened", actor_name="Anna").count() == 60
    assert set(Ready.objects.values_list("tries", "losses", "alone")) == {(0, 0, False)}
    assert item_faults().faults == []


def test_what_is_in_doubt_goes_to_a_person_before_it_is_worked_again():
    queue = make_queue()
    (own,) = add_owned(queue)
    [leased] = lease_all(queue)
    begin_effect(own, leased.token, "post")
    cancel_owned(INSTANCE, [5], by=SYSTEM)

    reopen_owned([own], by=ANNA)

    parked = Parked.objects.get(item_id=own)
    assert (parked.status, parked.cause) == ("needs_decision", "effect_unknown")
    [news] = Outbox.objects.filter(kind="work_item.needs_decision")
    assert [item["id"] for item in news.data["items"]] == [own]
    assert item_faults().faults == []


def test_data_that_does_not_fit_reopens_nothing():
    queue = make_queue()
    ids = add_owned(queue, 2)
    finish_items([result_of(leased) for leased in lease_all(queue)])
    queue.payload_schema = {"type": "object", "required": ["total"]}
    queue.save()

    with pytest.raises(InvalidError) as refused:
        reopen_owned(ids, {"n": 1}, by=ANNA)

    assert refused.value.fields[0].path == "payload.total"
    assert {status_of(pk) for pk in ids} == {"successful"}


def test_reopening_plain_items_is_not_for_owners():
    queue = make_queue()
    (plain,) = make_items(queue)
    finish_items([result_of(leased) for leased in lease_all(queue)])

    assert reopen_owned([plain], by=SYSTEM) == []
    assert status_of(plain) == "successful"
