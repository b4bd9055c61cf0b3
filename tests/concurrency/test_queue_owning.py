"""Owners against bots and people: each item ends once, and is told once or was withdrawn."""

import random
from threading import Event as Flag

import pytest

from apps.lib.actors import SYSTEM
from apps.lib.errors import ConflictError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    NewItem,
    Owner,
    add_owned_items,
    cancel_owned,
    finish_and_lease,
    finish_items,
    hold_item,
    lease_items,
    renew_leases,
    reopen_owned,
    resume_item,
    skip_item,
)
from apps.queues.models import Attempt, Ended, Owned
from apps.queues.upkeep import reap_leases
from tests.concurrency.racing import flat, holding, race, race_same, until_waiting
from tests.factories_queues import ANNA, make_queue, status_of
from tests.queues.owned import INSTANCE, add_owned, result_of, told_ends

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

TOKENS, OF_TOKEN, BOTS = 30, 10, 3


def test_what_is_withdrawn_while_bots_finish_ends_once():
    queue = make_queue()
    ids = flat([add_owned(queue, OF_TOKEN, token=token) for token in range(TOKENS)])

    def work(number: int) -> list[int]:
        finished: list[int] = []
        leased = lease_items(queue.pk, n=7, bot=f"bot {number}")
        while leased:
            results = [result_of(each) for each in leased]
            done, leased = finish_and_lease(results, queue_id=queue.pk, n=7, bot=f"bot {number}")
            assert all(refusal.reason == "lease_lost" for refusal in done.refused)
            finished += done.finished
        return finished

    def withdraw(number: int) -> list[int]:
        tokens = list(range(number, TOKENS, 2))
        random.Random(number).shuffle(tokens)
        return flat([cancel_owned(INSTANCE, [token], by=SYSTEM) for token in tokens])

    *cancelled, first, second, third = race(
        lambda: withdraw(0), lambda: withdraw(1), *[lambda n=n: work(n) for n in range(BOTS)]
    )

    finished = [*first, *second, *third]
    assert sorted([*finished, *flat(cancelled)]) == ids, "each of them ended once"
    assert [told["id"] for told in told_ends()] == sorted(finished)
    assert item_faults().faults == []


def test_what_moves_from_place_to_place_is_withdrawn_all_the_same():
    queue = make_queue(lease_seconds=1)
    ids = flat([add_owned(queue, OF_TOKEN, token=token) for token in range(TOKENS)])
    over = Flag()

    def release(number: int) -> list[int]:
        chance = random.Random(number)
        while not over.is_set():
            leased = lease_items(queue.pk, n=chance.randint(1, 5), bot=f"bot {number}")
            renew_leases([(each.id, each.token) for each in leased])
            finish_items([result_of(each, "released") for each in leased])
        return []

    def hold() -> list[int]:
        chance = random.Random(99)
        while not over.is_set():
            item_id = chance.choice(ids)
            try:
                (hold_item if chance.random() < 0.5 else resume_item)(
                    item_id, by=ANNA, reason="now"
                )
            except ConflictError:
                continue
        return []

    def withdraw() -> list[int]:
        try:
            found = [cancel_owned(INSTANCE, [token], by=SYSTEM) for token in range(TOKENS)]
            return flat(found)
        finally:
            over.set()

    cancelled, *_rest = race(withdraw, hold, lambda: release(1), lambda: release(2))

    assert sorted(cancelled) == ids
    assert set(Ended.objects.values_list("status", flat=True)) == {"cancelled"}
    assert told_ends() == []
    assert item_faults().faults == []


def test_an_item_that_is_being_leased_when_it_is_withdrawn_is_taken_from_the_bot():
    queue = make_queue()
    (own,) = add_owned(queue)
    [leased] = lease_items(queue.pk, n=1, bot="bot")

    # the bot renews in a transaction that is still open: the withdrawal waits for it
    sql = "update queues_lease set expires_at = now() + interval '1 hour' where item_id = %s"
    with holding(sql, [own]) as let_go:

        def let_go_when_both_wait() -> list[int]:
            until_waiting(2)
            let_go()
            return []

        cancelled, finished, _nothing = race(
            lambda: cancel_owned(INSTANCE, [5], by=SYSTEM),
            lambda: finish_items([result_of(leased)]).finished,
            let_go_when_both_wait,
        )

    assert sorted([*cancelled, *finished]) == [own], "one of the two, not both"
    told = [each["status"] for each in told_ends()]
    assert (status_of(own), told) in [("cancelled", []), ("successful", ["successful"])]
    assert Attempt.objects.count() == 1


def test_people_the_reaper_and_the_owner_end_an_item_once():
    queue = make_queue(lease_seconds=1, max_attempts=1)
    ids = flat([add_owned(queue, OF_TOKEN, token=token) for token in range(TOKENS)])

    def people() -> list[int]:
        ended = []
        for item_id in ids:
            try:
                skip_item(item_id, by=ANNA, reason="x")
                ended.append(item_id)
            except ConflictError:
                continue
        return ended

    def bots() -> list[int]:
        finished = []
        for _ in range(TOKENS):
            leased = lease_items(queue.pk, n=4, bot="bot")
            results = [result_of(each, "business_exception") for each in leased]
            finished += finish_items(results).finished
            reap_leases()
        return finished

    def owner() -> list[int]:
        return flat([cancel_owned(INSTANCE, [token], by=SYSTEM) for token in range(TOKENS)])

    skipped, failed, cancelled = race(people, bots, owner)

    assert sorted([*skipped, *failed, *cancelled]) == ids
    assert [told["id"] for told in told_ends()] == sorted([*skipped, *failed])
    assert item_faults().faults == []


def test_items_are_reopened_once_however_often_they_are_asked_for():
    queue = make_queue()
    ids = add_owned(queue, 100)
    cancel_owned(INSTANCE, [5], by=SYSTEM)

    reopened = race(
        lambda: reopen_owned(ids, by=ANNA),
        lambda: reopen_owned(reversed(ids), by=ANNA),
        lambda: reopen_owned(ids[:50], {"n": "new"}, by=ANNA),
    )

    assert sorted(flat(reopened)) == ids
    assert {status_of(pk) for pk in ids} == {"new"}
    assert item_faults().faults == []


def test_of_items_with_one_reference_one_comes_in():
    first, second = make_queue(unique_reference="reject"), make_queue(unique_reference="ignore")

    def add(number: int) -> list[int | None]:
        queues = [first, second] if number % 2 else [second, first]
        wanted = [
            (queue, NewItem({}, reference=f"R{n}", owner=Owner(number, n)))
            for queue in queues
            for n in range(20)
        ]
        return add_owned_items(wanted, by=SYSTEM).ids

    added = [pk for pk in flat(race_same(4, add)) if pk is not None]

    assert len(added) == len(set(added)) == 40
    assert set(Owned.objects.values_list("item_id", flat=True)) == set(added)
    assert item_faults().faults == []
