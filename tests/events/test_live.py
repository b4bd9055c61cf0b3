"""Nudges: cheap, conflated, and unable to harm whoever sends them."""

import asyncio
import json
import os
import threading
from typing import Any

import pytest
from django.db import transaction

from apps.events import live
from apps.lib import redis as redis_module
from apps.lib.redis import channel

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


class Subscription:
    def __init__(self, client: Any) -> None:
        self._pubsub = client.pubsub(ignore_subscribe_messages=False)
        self._pubsub.subscribe(channel(live.CHANNEL))
        self._pubsub.get_message(timeout=5)

    def next_topics(self, timeout: float = 5) -> list[str]:
        message = self._pubsub.get_message(timeout=timeout)
        return json.loads(message["data"])["topics"] if message else []

    def close(self) -> None:
        self._pubsub.close()


@pytest.fixture
def subscription(redis):
    found = Subscription(redis)
    yield found
    found.close()


def test_a_nudge_goes_out_at_once(subscription):
    live.nudge("queue:1", "queues")

    assert subscription.next_topics() == ["queue:1", "queues"]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_waits_for_the_commit(subscription):
    with transaction.atomic():
        live.nudge("queue:1")
        before = subscription.next_topics(timeout=0.05)

    assert before == []
    assert subscription.next_topics() == ["queue:1"]


def test_a_thousand_nudges_are_two_messages_the_first_and_the_last(subscription, monkeypatch):
    monkeypatch.setattr(live, "QUIET_SECONDS", 1.0)
    for _ in range(1_000):
        live.nudge("queue:1")
    live.nudge("end")

    topics = [subscription.next_topics(), subscription.next_topics()]
    rest = subscription.next_topics()

    assert topics == [["queue:1"], ["end"]]
    assert rest == ["queue:1"]


def test_many_threads_may_nudge_at_once(subscription):
    def nudge_often(number: int) -> None:
        for _ in range(50):
            live.nudge("all", f"thread:{number}")

    threads = [threading.Thread(target=nudge_often, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.flush()

    heard: set[str] = set()
    while len(heard) < 9:
        heard.update(subscription.next_topics())
    assert heard == {"all", *(f"thread:{number}" for number in range(8))}


def test_an_event_loop_is_not_made_to_wait(subscription):
    async def scenario() -> bool:
        live.nudge("queue:1")
        return "queue:1" in live._sender._waiting

    was_left_to_the_thread = asyncio.run(scenario())

    assert was_left_to_the_thread
    assert subscription.next_topics() == ["queue:1"]


def test_a_forked_child_sends_with_a_connection_and_a_thread_of_its_own(subscription):
    live.nudge("parent")
    live.nudge("parent")  # leaves a thread behind
    assert subscription.next_topics() == ["parent"]

    child = os.fork()
    if child == 0:
        is_fresh = live._sender._thread is None and not live._sender._waiting
        live.nudge("child" if is_fresh else "not fresh")
        os._exit(0)
    os.waitpid(child, 0)

    heard = {*subscription.next_topics(), *subscription.next_topics()}
    assert heard == {"parent", "child"}


@pytest.mark.django_db(transaction=True)
def test_without_redis_nothing_raises_and_redis_is_left_alone_for_a_while(settings, monkeypatch):
    settings.REDIS_URL = NOBODY_LISTENS
    asked = []
    monkeypatch.setattr(live, "connection", lambda: asked.append(1) or redis_module.connection())

    for number in range(100):
        with transaction.atomic():
            live.nudge(f"queue:{number}")

    assert len(asked) == 1


def test_what_is_held_back_is_bounded(monkeypatch, settings):
    settings.REDIS_URL = NOBODY_LISTENS
    monkeypatch.setattr(live, "MAX_TOPICS_HELD", 10)

    async def nudge_from_the_loop() -> int:
        live.nudge(*(f"queue:{number}" for number in range(1_000)))
        return len(live._sender._waiting)

    assert asyncio.run(nudge_from_the_loop()) <= 10
