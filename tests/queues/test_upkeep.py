"""What time brings: lost leases, items that become available, items that expire."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.events.models import Event, Outbox
from apps.queues.lifecycle import LeasedItem, Result, finish_items, lease_items, renew_leases
from apps.queues.lifecycle.finishing import settle_results
from apps.queues.models import Attempt, Lease, Parked, Ready, Scheduled, WorkItem, WorkQueue
from apps.queues.upkeep import expire_items, promote_scheduled, reap_leases
from tests.factories_queues import make_item, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


def past() -> timezone.datetime:
    return timezone.now() - timedelta(seconds=1)


def lose(queue: WorkQueue, n: int = 1) -> list[LeasedItem]:
    """Lease `n` items and let them be lost."""
    leased = lease_items(queue.pk, n=n, bot="Robbie")
    Lease.objects.update(expires_at=past())
    assert reap_leases() == len(leased)
    return leased


def test_reap_leases_takes_back_only_what_ran_out():
    queue = make_queue()
    make_items(queue, 2)
    lost, held = lease_items(queue.pk, n=2, bot="Robbie")
    Lease.objects.filter(item_id=lost.id).update(expires_at=past())

    assert reap_leases() == 1

    assert [status_of(lost.id), status_of(held.id)] == ["new", "in_progress"]
    attempt = Attempt.objects.get()
    assert (attempt.item_id, attempt.outcome) == (lost.id, "lost")
    assert "Robbie" in attempt.message


def test_a_lost_item_is_ready_at_once_and_its_tries_are_untouched():
    queue = make_queue(max_attempts=1)
    make_items(queue, 1)

    lose(queue)

    ready = Ready.objects.get()
    assert (ready.tries, ready.attempt) == (0, 2)


def test_an_item_that_was_lost_is_leased_alone_and_its_neighbours_after_it():
    queue = make_queue()
    ids = make_items(queue, 3)
    lose(queue, 2)

    batches = [[item.id for item in lease_items(queue.pk, n=10, bot="R")] for _ in range(4)]

    assert batches == [[ids[0]], [ids[1]], [ids[2]], []]


def test_a_batch_stops_before_an_item_that_was_lost():
    queue = make_queue()
    poison = make_item(queue)
    lose(queue)
    ahead = make_items(queue, 2, priority=90)
    make_items(queue, 2, priority=10)

    first = lease_items(queue.pk, n=10, bot="R")
    second = lease_items(queue.pk, n=10, bot="R")
    third = lease_items(queue.pk, n=10, bot="R")

    assert [item.id for item in first] == ahead
    assert [item.id for item in second] == [poison.pk]
    assert second[0].is_alone
    assert len(third) == 2


def test_losses_in_company_do_not_count_against_the_limit():
    queue = make_queue()
    make_items(queue, 5)

    lose(queue, 5)

    assert {(ready.losses, ready.alone) for ready in Ready.objects.all()} == {(0, True)}


def test_three_losses_alone_ask_a_person():
    queue = make_queue()
    make_items(queue, 1)

    for _ in range(3):
        lose(queue)

    parked = Parked.objects.get()
    assert (parked.status, parked.cause) == ("needs_decision", "lost")
    (item,) = Outbox.objects.get(kind="work_item.needs_decision").data["items"]
    assert (item["cause"], item["attempt"]) == ("lost", 3)


def test_three_losses_alone_fail_the_item_when_the_queue_says_so():
    queue = make_queue(on_exhausted="fail")
    (item_id,) = make_items(queue, 1)

    for _ in range(3):
        lose(queue)

    assert status_of(item_id) == "failed"


def test_a_poison_item_that_loses_its_sessions_does_not_take_its_neighbours_along():
    queue = make_queue()
    ids = make_items(queue, 20)
    poison = ids[7]

    while Ready.objects.exists():
        batch = lease_items(queue.pk, n=10, bot="Robbie")
        if poison in [item.id for item in batch]:
            Lease.objects.update(expires_at=past())
            reap_leases()
        else:
            finish_items([Result(item.id, item.token, "successful") for item in batch])

    statuses = {pk: status_of(pk) for pk in ids}
    assert statuses.pop(poison) == "needs_decision"
    assert set(statuses.values()) == {"successful"}


@pytest.mark.parametrize("give_back", [finish_items, settle_results])
def test_an_item_that_was_leased_singly_and_given_back_is_not_taken_for_a_killer(give_back):
    queue = make_queue()
    ids = make_items(queue, 5)
    (first,) = lease_items(queue.pk, n=1, bot="R")
    give_back([Result(first.id, first.token, "released")])

    leased = lease_items(queue.pk, n=10, bot="Robbie")

    assert [item.id for item in leased] == ids


@pytest.mark.parametrize("give_back", [finish_items, settle_results])
def test_an_item_that_was_lost_and_given_back_is_leased_alone_again(give_back):
    queue = make_queue()
    poison, _other = make_items(queue, 2)
    lose(queue, 2)
    (leased,) = lease_items(queue.pk, n=10, bot="R")
    give_back([Result(leased.id, leased.token, "released")])

    again = lease_items(queue.pk, n=10, bot="R")

    assert [item.id for item in again] == [poison]


def test_a_lease_that_ran_out_while_the_database_was_away_counts_as_held_for_another():
    queue = make_queue(lease_seconds=86_400)
    make_items(queue, 2)
    first, second = lease_items(queue.pk, n=2, bot="Robbie", lease_seconds=1)
    long_ago = timezone.now() - timedelta(days=7)
    Lease.objects.update(leased_at=long_ago, expires_at=long_ago + timedelta(seconds=1))

    assert reap_leases() == 0
    assert renew_leases([(second.id, second.token)]).renewed == [second.id]
    assert finish_items([Result(first.id, first.token, "successful")]).finished == [first.id]

    Lease.objects.update(expires_at=past())
    queue.lease_seconds = 1
    queue.save(update_fields=["lease_seconds"])
    assert reap_leases() == 1


def test_an_exception_shows_that_the_item_does_not_kill_its_bot():
    queue = make_queue(retry_delay_seconds=0)
    make_items(queue, 1)
    lose(queue)
    (leased,) = lease_items(queue.pk, n=1, bot="R")

    finish_items([Result(leased.id, leased.token, "application_exception")])

    assert Ready.objects.get().alone is False


def test_reaping_more_than_one_batch_takes_them_all(monkeypatch):
    monkeypatch.setattr("apps.queues.lifecycle.sweeping.BATCH", 4)
    monkeypatch.setattr("apps.queues.upkeep.BATCH", 4)
    queue = make_queue()
    make_items(queue, 10)

    lose(queue, 10)

    assert Ready.objects.count() == 10


def test_promote_scheduled_makes_ready_what_has_become_available():
    queue = make_queue()
    due = make_item(queue, available_at=timezone.now() + timedelta(hours=1))
    make_items(queue, 1, available_at=timezone.now() + timedelta(hours=2))
    Scheduled.objects.filter(item_id=due.pk).update(available_at=past())

    assert promote_scheduled() == 1

    assert [item.id for item in lease_items(queue.pk, n=5, bot="R")] == [due.pk]


def test_a_promoted_item_stands_in_line_by_when_it_entered():
    queue = make_queue()
    early = make_item(queue, available_at=timezone.now() + timedelta(hours=1))
    make_items(queue, 1)
    Scheduled.objects.update(available_at=past())
    promote_scheduled()

    (first,) = lease_items(queue.pk, n=1, bot="R")

    assert first.id == early.pk


@pytest.mark.parametrize("model", [Ready, Scheduled, Parked])
def test_expire_items_ends_what_nobody_worked_in_time(model):
    queue = make_queue()
    values = {"available_at": timezone.now() + timedelta(hours=1)} if model is Scheduled else {}
    item = make_item(queue, expires_at=timezone.now() + timedelta(hours=2), **values)
    if model is Parked:
        (leased,) = lease_items(queue.pk, n=1, bot="R")
        finish_items([Result(leased.id, leased.token, "business_exception")])
    model.objects.update(expires_at=past())

    assert expire_items() == 1

    assert status_of(item.pk) == "expired"
    assert Event.objects.filter(kind="work_item.expired").count() == (1 if model is Parked else 0)


def test_expire_items_leaves_alone_what_is_leased():
    queue = make_queue()
    item = make_item(queue, expires_at=timezone.now() + timedelta(hours=1))
    lease_items(queue.pk, n=1, bot="R")
    WorkItem.objects.update(expires_at=past())

    assert expire_items() == 0

    assert status_of(item.pk) == "in_progress"


def test_an_item_that_expired_while_leased_expires_when_it_comes_back():
    queue = make_queue()
    item = make_item(queue, expires_at=timezone.now() + timedelta(hours=1))
    (leased,) = lease_items(queue.pk, n=1, bot="R")
    WorkItem.objects.update(expires_at=past())
    finish_items([Result(leased.id, leased.token, "released")])

    assert lease_items(queue.pk, n=1, bot="R") == []
    expire_items()

    assert status_of(item.pk) == "expired"


def test_sweeps_with_nothing_to_do_do_nothing():
    make_items(make_queue(), 1)

    assert (reap_leases(), promote_scheduled(), expire_items()) == (0, 0, 0)
