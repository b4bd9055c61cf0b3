"""Seats and rates under many hands that die: never more than allowed, and nothing is lost."""

from collections.abc import Callable
from functools import partial
from threading import Event as Flag

import pytest

from apps.limits.models import Limit
from apps.limits.standing import usage
from apps.queues.checks import item_faults
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Lease, Ready, WorkQueue
from apps.queues.upkeep import promote_scheduled, reap_leases
from benchmarks.limits import contest
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import race, race_same
from tests.factories import make_folder
from tests.factories_limits import make_application, make_limit, opened
from tests.factories_queues import make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

LEASE_SECONDS = 1


def bound_queues(n_items: int, **limit: int) -> tuple[list[WorkQueue], Limit]:
    """Return two queues that share an application with such a limit."""
    application = make_application(make_folder(), breaker_on=False)
    made = make_limit(application=application, **limit)
    queues = [make_queue(folder=application.folder, lease_seconds=LEASE_SECONDS) for _ in range(2)]
    for queue in queues:
        queue.applications.add(application)
        make_items(queue, n_items)
    return queues, made


def upkeep() -> None:
    reap_leases()
    promote_scheduled()


@pytest.mark.slow
def test_three_seats_are_never_four_under_eight_processes_of_which_many_are_killed():
    queues, seats = bound_queues(1000, size=3)

    report = contest([queue.pk for queue in queues], n=1000, n_kills=20, workers=8, upkeep=upkeep)

    assert report.most_held == 3
    assert len(report.kills) == 20
    assert report.released
    assert report.longest_release_seconds < LEASE_SECONDS + 10
    assert usage([seats.pk]) == {seats.pk: 0}
    assert item_faults().faults == []


def test_a_rate_is_kept_in_any_window_by_eight_processes_of_which_some_are_killed():
    queues, _rate = bound_queues(200, size=50, per_seconds=1, burst=5)

    report = contest([queue.pk for queue in queues], n=120, n_kills=5, workers=8, upkeep=upkeep)

    assert report.most_within(1) <= 50 + 5 - 1


def test_whoever_dies_wherever_while_leasing_leaves_no_seat_taken():
    """Killed before its first statement, its second, … until it comes through."""
    queues, seats = bound_queues(50, size=1)
    leased = partial(lease_items, queues[0].pk, n=1, bot="mortal", lease_seconds=60)
    n = 0
    while die_at(n + 1, lambda: assert_got(leased)):
        n += 1
        held = Lease.objects.count()
        assert usage([seats.pk]) == {seats.pk: held}
        if held:  # it died between its commit and the answer
            Lease.objects.update(expires_at="2000-01-01T00:00Z")
            reap_leases()
        assert usage([seats.pk]) == {seats.pk: 0}

    assert n > 3
    assert usage([seats.pk]) == {seats.pk: 1}


def assert_got(lease: Callable[[], list[object]]) -> None:
    assert len(lease()) == 1


def test_queues_with_limits_in_common_in_different_orders_never_deadlock():
    folder = make_folder()
    first, second, third = (make_limit(folder, size=2) for _ in range(3))
    queues = [make_queue(folder=folder, max_in_progress=2) for _ in range(3)]
    for queue, limits in zip(
        queues, [(first, third), (third, second), (second, first)], strict=True
    ):
        queue.limits.add(*limits)
        make_items(queue, 60)
    over = Flag()

    def work(number: int) -> int:
        worked = 0
        while Ready.objects.exists():
            queue = queues[(number + worked) % 3]
            leased = lease_items(queue.pk, n=2, bot=f"bot {number}")
            if max(usage([first.pk, second.pk, third.pk]).values()) > 2:
                over.set()
            worked += len(finish_items(done(leased)).finished)
        return worked

    assert sum(race_same(6, work)) == 180
    assert not over.is_set()


def test_of_many_that_ask_a_probed_application_at_once_one_gets_an_item():
    application = opened(make_application(), probe_in=-1)
    queues = [make_queue(folder=application.folder) for _ in range(3)]
    for queue in queues:
        queue.applications.add(application)
        make_items(queue, 5)

    got = race(*[partial(lease_items, queue.pk, n=5, bot="b") for queue in queues for _ in "ab"])

    assert sum(len(items) for items in got) == 1


def test_a_limit_that_is_made_smaller_takes_nothing_away_and_lets_nothing_start():
    queues, seats = bound_queues(10, size=4)
    held = lease_items(queues[0].pk, n=4, bot="Robbie")
    Limit.objects.filter(pk=seats.pk).update(size=2)

    finish_items(done(held[:2]))
    assert lease_items(queues[1].pk, n=4, bot="Marvin") == []
    finish_items(done(held[2:]))

    assert len(lease_items(queues[1].pk, n=4, bot="Marvin")) == 2


def done(leased):
    return [Result(item.id, item.token, "successful") for item in leased]
