"""Many hands at one queue: each item to one of them, and never more than allowed."""

from collections import Counter
from threading import Event as Flag

import pytest
from django.db import connection

from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    Result,
    finish_and_lease,
    finish_items,
    lease_items,
    pause_queue,
    renew_leases,
)
from apps.queues.models import Attempt, Ended, Lease, Ready
from apps.queues.upkeep import reap_leases
from tests.concurrency.racing import flat, race, race_same
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def done(leased):
    return [Result(item.id, item.token, "successful", {"ok": True}) for item in leased]


def test_eight_threads_lease_a_thousand_items_each_exactly_once():
    queue = make_queue()
    ids = make_items(queue, 1000)

    def drain(number: int) -> list[int]:
        seen, leased = [], lease_items(queue.pk, n=1 + number, bot=f"bot {number}")
        while leased:
            seen += [item.id for item in leased]
            finished, leased = finish_and_lease(
                done(leased), queue_id=queue.pk, n=1 + number, bot=f"bot {number}"
            )
            assert not finished.refused
        return seen

    seen = flat(race_same(8, drain))

    assert sorted(seen) == ids
    assert Ended.objects.filter(status="successful").count() == 1000
    assert Attempt.objects.count() == 1000
    assert not Ready.objects.exists()
    assert item_faults().faults == []


def test_max_in_progress_is_never_exceeded_by_eight_threads():
    queue = make_queue(max_in_progress=5)
    make_items(queue, 200)
    over = Flag()

    def work(number: int) -> int:
        worked = 0
        while Ready.objects.exists():
            leased = lease_items(queue.pk, n=3, bot=f"bot {number}")
            if Lease.objects.count() > 5:
                over.set()
            worked += len(finish_items(done(leased)).finished)
        return worked

    worked = sum(race_same(8, work))

    assert worked == 200
    assert not over.is_set()
    assert item_faults().faults == []


def test_nothing_is_leased_by_calls_that_begin_after_the_pause():
    queue = make_queue()
    make_items(queue, 400)
    paused = Flag()

    def work(number: int) -> list[int]:
        late = []
        while not paused.is_set():
            lease_items(queue.pk, n=2, bot=f"bot {number}")
        for _ in range(5):
            late += lease_items(queue.pk, n=2, bot=f"bot {number}")
        return late

    def pause() -> list[int]:
        pause_queue(queue, reason="ERP upgrade", by=ANNA)
        paused.set()
        return []

    late = flat(race(pause, *[lambda n=n: work(n) for n in range(6)]))

    assert late == []
    assert item_faults().faults == []


def test_a_renewal_never_makes_a_finish_miss_its_lease():
    """The trap: a renewed row has a new place on disk that an older snapshot can't see."""
    queue = make_queue()
    make_items(queue, 300)
    leased = lease_items(queue.pk, n=300, bot="Robbie")
    stop = Flag()

    def renew() -> int:
        while not stop.is_set():
            renew_leases([(item.id, item.token) for item in leased])
        return 0

    def finish() -> int:
        try:
            return sum(
                len(finish_items(done(leased[at : at + 3])).finished) for at in range(0, 300, 3)
            )
        finally:
            stop.set()

    finished = sum(race(finish, renew, renew))

    assert finished == 300
    assert item_faults().faults == []


def test_the_same_results_from_two_sides_in_opposite_order_are_finished_once():
    queue = make_queue()
    make_items(queue, 400)
    leased = lease_items(queue.pk, n=400, bot="Robbie")

    def forward() -> int:
        return sum(
            len(finish_items(done(leased[at : at + 40])).finished) for at in range(0, 400, 40)
        )

    def backward() -> int:
        return sum(
            len(finish_items(done(leased[at : at + 40][::-1])).finished) for at in range(0, 400, 40)
        )

    assert race(forward, backward, forward) == [400, 400, 400]
    assert Attempt.objects.count() == 400
    assert item_faults().faults == []


def test_whoever_wins_between_a_finish_and_the_sweep_the_item_is_in_one_place():
    queue = make_queue()
    make_items(queue, 200)
    leased = lease_items(queue.pk, n=200, bot="Robbie")

    def finish() -> Counter[str]:
        answers: Counter[str] = Counter()
        for at in range(0, 200, 5):
            finished = finish_items(done(leased[at : at + 5]))
            answers["finished"] += len(finished.finished)
            answers.update(refusal.reason for refusal in finished.refused)
        return answers

    def lose() -> Counter[str]:
        answers: Counter[str] = Counter()
        with connection.cursor() as cursor:
            for item in leased[::-1]:
                cursor.execute(
                    "update queues_lease set expires_at = now() where item_id = %s", [item.id]
                )
                answers["reaped"] += reap_leases()
        return answers

    answers = sum(race(finish, lose, lose), Counter())

    assert answers["finished"] + answers["lease_lost"] == 200
    assert answers["reaped"] == answers["lease_lost"]
    assert Ended.objects.count() == answers["finished"]
    assert Ready.objects.count() == answers["lease_lost"]
    assert Attempt.objects.count() == 200
    assert item_faults().faults == []
