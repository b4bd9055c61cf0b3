"""Sweeps that run twice at once, and beside those they sweep after."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from apps.queues.checks import item_faults
from apps.queues.counts import counts_of, fold_counters
from apps.queues.lifecycle import (
    LeaseLostError,
    Result,
    begin_effect,
    finish_items,
    lease_items,
)
from apps.queues.models import Effect, Ended, Lease, Parked, Ready, Scheduled
from apps.queues.upkeep import expire_items, promote_scheduled, reap_leases
from tests.concurrency.racing import race, race_same
from tests.factories_queues import make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]


def past():
    return timezone.now() - timedelta(seconds=1)


def test_four_sweeps_at_once_do_the_work_of_one():
    queue = make_queue()
    make_items(queue, 300, available_at=timezone.now() + timedelta(hours=1))
    make_items(queue, 300, expires_at=timezone.now() + timedelta(hours=1))
    make_items(queue, 300, priority=90)
    lease_items(queue.pk, n=300, bot="Robbie")
    Scheduled.objects.update(available_at=past())
    Ready.objects.update(expires_at=past())
    Lease.objects.update(expires_at=past())

    done = race_same(4, lambda _n: (reap_leases(), expire_items(), promote_scheduled()))

    assert [sum(column) for column in zip(*done, strict=True)] == [300, 300, 300]
    assert Ready.objects.count() == 600
    assert Ended.objects.filter(status="expired").count() == 300
    assert item_faults().faults == []


def test_counts_stay_exact_while_they_are_folded_by_two_and_changed_by_three():
    queue = make_queue()
    make_items(queue, 300)

    def work() -> int:
        wrong = 0
        while leased := lease_items(queue.pk, n=3, bot="R"):
            finish_items([Result(item.id, item.token, "successful") for item in leased])
            wrong += counts_of([queue.pk])[queue.pk].total != 300
        return wrong

    def fold() -> int:
        for _ in range(40):
            fold_counters()
        return 0

    wrong = sum(race(work, work, work, fold, fold))

    assert wrong == 0
    assert counts_of([queue.pk])[queue.pk]["successful"] == 300
    fold_counters()
    assert item_faults().faults == []


def test_an_effect_is_either_seen_by_the_sweep_or_refused():
    queue = make_queue()
    make_items(queue, 60)
    leased = lease_items(queue.pk, n=60, bot="Robbie")

    def begin() -> set[int]:
        begun = set()
        for item in leased:
            try:
                begin_effect(item.id, item.token, "post")
                begun.add(item.id)
            except LeaseLostError:
                continue
        return begun

    def lose() -> set[int]:
        with connection.cursor() as cursor:
            for item in leased:
                cursor.execute(
                    "update queues_lease set expires_at = now() where item_id = %s", [item.id]
                )
                reap_leases()
        return set()

    begun = set.union(*race(begin, lose))
    while Lease.objects.exists():
        reap_leases()

    assert set(Effect.objects.values_list("item_id", flat=True)) == begun
    assert set(Parked.objects.values_list("item_id", flat=True)) == begun
    assert Ready.objects.count() == 60 - len(begun)
    assert item_faults().faults == []
