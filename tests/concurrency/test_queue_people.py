"""People against bots: an acknowledged edit is never overtaken by what it replaced."""

import random
from collections import Counter
from threading import Event as Flag

import pytest

from apps.lib.errors import ConflictError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    Result,
    edit_item,
    finish_items,
    hold_item,
    lease_items,
    reopen_item,
    resume_item,
)
from apps.queues.models import WorkItem
from tests.concurrency.racing import race
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

PEOPLE, BOTS, VERBS_EACH = 3, 3, 350


def test_a_thousand_edits_and_holds_race_with_leases_and_finishes():
    queue = make_queue()
    ids = make_items(queue, 6)
    over, stale = Flag(), []

    def people() -> Counter[str]:
        try:
            return sum(race(*[lambda n=n: _person(n, ids) for n in range(PEOPLE)]), Counter())
        finally:
            over.set()

    bots = [lambda n=n: _bot(n, queue.pk, over, stale) for n in range(BOTS)]
    told = sum(race(people, *bots), Counter())

    assert stale == []
    assert item_faults().faults == []
    payloads = WorkItem.objects.values_list("payload", flat=True)
    assert sum(payload.get("edits", 0) for payload in payloads) == told["edited"] > 0
    assert told["held"] > 0
    assert told["released"] > 0


def _person(number: int, ids: list[int]) -> Counter[str]:
    """Edit, hold, resume and reopen at random; an edit adds one to what it saw."""
    chance, told = random.Random(number), Counter[str]()
    for _ in range(VERBS_EACH):
        item = WorkItem.objects.with_status().get(pk=chance.choice(ids))
        try:
            told[_one_verb(item, chance)] += 1
        except ConflictError:
            told["conflict"] += 1
    return told


def _bot(number: int, queue_id: int, over: Flag, stale: list[object]) -> Counter[str]:
    """Note what was handed out and is not what is stored, for as long as the lease is held."""
    chance, told = random.Random(100 + number), Counter[str]()
    while not over.is_set():
        leased = lease_items(queue_id, n=2, bot=f"bot {number}")
        if not leased:
            over.wait(0.002)
            continue
        stored = WorkItem.objects.in_bulk([item.id for item in leased])
        stale.extend(item for item in leased if item.payload != stored[item.id].payload)
        outcome = chance.choice(["released", "released", "successful"])
        finished = finish_items([Result(item.id, item.token, outcome) for item in leased])
        assert not finished.refused
        told[outcome] += len(leased)
    return told


def _one_verb(item: WorkItem, chance: random.Random) -> str:
    if item.status == "on_hold":
        resume_item(item.pk, by=ANNA)
        return "resumed"
    elif item.status == "successful":
        reopen_item(item.pk, by=ANNA, reason="again")
        return "reopened"
    elif chance.random() < 0.25:
        hold_item(item.pk, by=ANNA, reason="wait")
        return "held"
    else:
        payload = {**item.payload, "edits": item.payload.get("edits", 0) + 1}
        edit_item(item.pk, version=item.version, by=ANNA, payload=payload)
        return "edited"


def test_of_two_people_who_saw_the_same_version_one_is_told_no():
    ids = make_items(make_queue(), 40)

    def edit(mark: int) -> int:
        accepted = 0
        for pk in ids:
            try:
                edit_item(pk, version=1, by=ANNA, payload={"mark": mark})
                accepted += 1
            except ConflictError:
                continue
        return accepted

    accepted = sum(race(lambda: edit(1), lambda: edit(2), lambda: edit(3)))

    assert accepted == len(ids)
    assert set(WorkItem.objects.values_list("version", flat=True)) == {2}
