"""Doorbells: heard once, however often rung; without Redis a wait is a pause."""

import asyncio
import threading

import pytest
from django.db import transaction

from apps.lib import doorbell
from apps.lib.doorbell import ring, wait

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


def test_a_ring_before_the_wait_is_heard_and_several_are_one(redis):
    for _ in range(5):
        ring("scheduler")

    assert wait("scheduler", 5)
    assert not wait("scheduler", 0.05)


def test_a_ring_wakes_who_waits_already(redis):
    heard = []
    waiting = threading.Thread(target=lambda: heard.append(wait("scheduler", 20)))
    waiting.start()

    ring("scheduler")
    waiting.join()

    assert heard == [True]


def test_each_bell_has_its_own_name(redis):
    ring("other")

    assert not wait("scheduler", 0.05)


def test_an_event_loop_rings_without_waiting(redis):
    async def scenario() -> None:
        ring("scheduler")

    asyncio.run(scenario())

    assert wait("scheduler", 5)


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_rings_after_the_commit(redis):
    with transaction.atomic():
        ring("scheduler")
        is_early = wait("scheduler", 0.05)

    assert not is_early
    assert wait("scheduler", 5)


@pytest.mark.django_db(transaction=True)
def test_without_redis_ringing_does_nothing_and_waiting_takes_its_time(settings, monkeypatch):
    settings.REDIS_URL = NOBODY_LISTENS
    slept = []
    monkeypatch.setattr(doorbell.time, "sleep", slept.append)

    with transaction.atomic():
        ring("scheduler")

    assert not wait("scheduler", 0.2)
    assert 0 < sum(slept[:1]) <= 0.2
