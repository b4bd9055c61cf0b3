"""Leasing: who gets what, in what order, and what keeps an item from being handed out."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.queues.lifecycle import (
    LeaseLostError,
    Result,
    finish_and_lease,
    finish_items,
    lease_items,
    pause_queue,
    record_progress,
    renew_leases,
    resume_queue,
)
from apps.queues.lifecycle.leasing import NO_RESULTS, exchange
from apps.queues.models import Lease, Ready, WorkQueue
from apps.queues.upkeep import reap_leases
from tests.factories_queues import ANNA, make_item, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


def test_lease_items_hands_out_the_oldest_first_with_its_data():
    queue = make_queue(lease_seconds=90)
    ids = make_items(queue, 3)

    leased = lease_items(queue.pk, n=2, bot="Robbie")

    assert [item.id for item in leased] == ids[:2]
    assert [item.payload for item in leased] == [{"n": 0}, {"n": 1}]
    assert all(item.attempt == 1 for item in leased)
    assert leased[0].token != leased[1].token
    assert timedelta(seconds=80) < leased[0].expires_at - timezone.now() < timedelta(seconds=91)
    assert [status_of(pk) for pk in ids] == ["in_progress", "in_progress", "new"]


def test_lease_items_of_an_unknown_queue_gives_nothing():
    make_items(make_queue(), 1)

    assert lease_items(987_654_321, n=5, bot="Robbie") == []
    assert Lease.objects.count() == 0


def test_lease_items_follows_priority_then_due_date_then_age():
    queue = make_queue(seconds_per_point=60, due_lead_seconds=3600)
    old = make_item(queue).pk
    urgent = make_item(queue, due_at=timezone.now() + timedelta(minutes=30)).pk
    first = make_item(queue, priority=100).pk
    last = make_item(queue, priority=0).pk

    leased = lease_items(queue.pk, n=10, bot="Robbie")

    assert [item.id for item in leased] == [first, urgent, old, last]


def test_an_item_that_waited_long_overtakes_a_younger_one_of_higher_priority():
    queue = make_queue(seconds_per_point=60)
    patient = make_item(queue, priority=50)
    Ready.objects.filter(item_id=patient.pk).update(
        rank_at=Ready.objects.get(item_id=patient.pk).rank_at - timedelta(minutes=11)
    )
    make_item(queue, priority=60)

    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")

    assert leased.id == patient.pk


def test_a_paused_queue_hands_out_nothing_until_it_is_resumed():
    queue = make_queue()
    make_items(queue, 2)
    pause_queue(queue, reason="ERP upgrade", by=ANNA)

    assert lease_items(queue.pk, n=5, bot="Robbie") == []

    resume_queue(queue, by=ANNA)
    assert len(lease_items(queue.pk, n=5, bot="Robbie")) == 2


def test_an_expired_item_is_not_handed_out():
    queue = make_queue()
    make_items(queue, 1, expires_at=timezone.now() - timedelta(seconds=1))
    later = make_item(queue, expires_at=timezone.now() + timedelta(hours=1))

    leased = lease_items(queue.pk, n=5, bot="Robbie")

    assert [item.id for item in leased] == [later.pk]


def test_a_deferred_item_is_not_handed_out():
    queue = make_queue()
    make_items(queue, 1, available_at=timezone.now() + timedelta(hours=1))

    assert lease_items(queue.pk, n=5, bot="Robbie") == []


def test_max_in_progress_limits_what_is_leased_and_finishing_makes_room():
    queue = make_queue(max_in_progress=3)
    make_items(queue, 10)

    held = lease_items(queue.pk, n=2, bot="Robbie")
    held += lease_items(queue.pk, n=5, bot="Marvin")

    assert len(held) == 3
    assert lease_items(queue.pk, n=5, bot="Marvin") == []
    finish_items([Result(held[0].id, held[0].token, "successful")])
    assert len(lease_items(queue.pk, n=5, bot="Marvin")) == 1


def test_lifting_max_in_progress_lets_everything_be_leased():
    queue = make_queue(max_in_progress=1)
    make_items(queue, 4)
    lease_items(queue.pk, n=2, bot="Robbie")

    WorkQueue.objects.filter(pk=queue.pk).update(max_in_progress=None)

    assert len(lease_items(queue.pk, n=5, bot="Robbie")) == 3


def test_lease_seconds_of_the_call_win_over_those_of_the_queue():
    queue = make_queue(lease_seconds=60)
    make_items(queue, 1)

    (leased,) = lease_items(queue.pk, n=1, bot="Robbie", lease_seconds=600)

    assert leased.expires_at - timezone.now() > timedelta(seconds=500)


def test_renew_leases_tells_what_is_held_and_what_is_lost():
    queue = make_queue()
    make_items(queue, 2)
    held, gone = lease_items(queue.pk, n=2, bot="Robbie")
    finish_items([Result(gone.id, gone.token, "successful")])

    renewed = renew_leases([(held.id, held.token), (gone.id, gone.token)], lease_seconds=3000)

    assert renewed.renewed == [held.id]
    assert renewed.lost == [gone.id]
    left = Lease.objects.get(item_id=held.id).expires_at - timezone.now()
    assert left > timedelta(seconds=2900)


def test_who_held_an_item_before_is_not_told_that_they_still_do():
    queue = make_queue()
    make_items(queue, 1)
    (held,) = lease_items(queue.pk, n=1, bot="Robbie")

    renewed = renew_leases([(held.id, uuid4()), (held.id, held.token)])

    assert renewed.renewed == [held.id]
    assert renewed.lost == [held.id]


def test_a_lease_that_ran_out_cannot_be_renewed():
    queue = make_queue()
    make_items(queue, 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert renew_leases([(leased.id, leased.token)]).lost == [leased.id]


def test_progress_is_kept_for_the_holder_and_refused_to_others():
    queue = make_queue()
    make_items(queue, 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")

    record_progress(leased.id, leased.token, progress={"page": 3})

    assert Lease.objects.get().progress == {"page": 3}
    with pytest.raises(LeaseLostError, match="not held with this lease"):
        record_progress(leased.id, uuid4(), progress={"page": 4})


def test_several_wants_share_one_statement_and_a_lost_item_goes_to_one_alone():
    queue = make_queue()
    poison = make_item(queue).pk
    lease_items(queue.pk, n=1, bot="Robbie")
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    reap_leases()
    first, second = make_items(queue, 2, priority=90)
    (left,) = make_items(queue, 1, priority=10)
    wants = {
        "queue_id": queue.pk,
        "wanted_by": ["Robbie", "Marvin"],
        "run_ids": [None, 7],
        "counts": [2, 2],
        "seconds": [0, 900],
    }

    report, items = exchange(NO_RESULTS, wants)

    assert [item.id for item in items] == [first, second, poison]
    assert [item.is_alone for item in items] == [False, False, True]
    robbies, marvins = Lease.objects.filter(bot="Robbie"), Lease.objects.get(bot="Marvin")
    assert sorted(robbies.values_list("item_id", flat=True)) == [first, second]
    assert (marvins.item_id, marvins.run_id) == (poison, 7)
    assert marvins.expires_at - timezone.now() > timedelta(minutes=10)
    assert status_of(left) == "new"
    assert report["is_limited"] is False


@pytest.mark.django_db(transaction=True)
def test_a_process_that_drains_gets_the_same_from_its_prepared_statement(monkeypatch):
    monkeypatch.setattr("apps.queues.lifecycle.running._drains_all_day", True)
    queue = make_queue()
    ids = make_items(queue, 12)

    seen, leased = [], lease_items(queue.pk, n=2, bot="Robbie")
    while leased:
        seen += [item.id for item in leased]
        results = [Result(item.id, item.token, "successful", {"ok": 1}) for item in leased]
        finished, leased = finish_and_lease(results, queue_id=queue.pk, n=2, bot="Robbie")
        assert not finished.refused

    assert seen == ids
