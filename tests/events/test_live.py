"""Nudges: cheap, conflated, and unable to harm whoever sends them."""

import asyncio
import json
import os
import threading
import time
from typing import Any

import pytest
from django.db import transaction

from apps.events import live
from apps.lib import redis as redis_module
from apps.lib.redis import channel

NOBODY_LISTENS = "redis://127.0.0.1:1/0"


# Others may speak on the same channel: what a test before this one left behind, for example.
OURS = "ours"
# Nudges get lost when Redis takes its time, as they should; a test that counts them waits for it.
PATIENCE_SECONDS = 60


class Subscription:
    def __init__(self, client: Any) -> None:
        self._pubsub = client.pubsub(ignore_subscribe_messages=False)
        self._pubsub.subscribe(channel(live.CHANNEL))
        self._pubsub.get_message(timeout=PATIENCE_SECONDS)

    def next_topics(self, timeout: float = 5) -> list[str]:
        """Return those of the next message that are ours; [] when none came in time."""
        deadline = time.monotonic() + timeout
        while (left := deadline - time.monotonic()) > 0:
            message = self._pubsub.get_message(timeout=left)
            topics = json.loads(message["data"])["topics"] if message else []
            if ours := [topic for topic in topics if topic.startswith(OURS)]:
                return ours
        return []

    def topics_until(self, wanted: set[str]) -> set[str]:
        """Return all that was heard once `wanted` is among it, or when patience ends."""
        heard: set[str] = set()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not wanted <= heard and time.monotonic() < deadline:
            heard.update(self.next_topics())
        return heard

    def close(self) -> None:
        self._pubsub.close()


@pytest.fixture(autouse=True)
def _patient_redis(monkeypatch):
    monkeypatch.setattr(redis_module, "CONNECT_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(redis_module, "ANSWER_SECONDS", float(PATIENCE_SECONDS))


@pytest.fixture
def subscription(redis):
    found = Subscription(redis)
    yield found
    found.close()


def test_a_nudge_goes_out_at_once(subscription):
    live.nudge("ours:1", "ours")

    assert subscription.next_topics() == ["ours:1", "ours"]


@pytest.mark.django_db(transaction=True)
def test_inside_a_transaction_it_waits_for_the_commit(subscription):
    with transaction.atomic():
        live.nudge("ours:1")
        before = subscription.next_topics(timeout=0.05)

    assert before == []
    assert subscription.next_topics() == ["ours:1"]


def test_a_thousand_nudges_are_two_messages_the_first_and_the_last(subscription, monkeypatch):
    monkeypatch.setattr(live, "QUIET_SECONDS", 1.0)
    for _ in range(1_000):
        live.nudge("ours:1")
    live.nudge("ours:end")

    topics = [subscription.next_topics(), subscription.next_topics()]
    rest = subscription.next_topics()

    assert topics == [["ours:1"], ["ours:end"]]
    assert rest == ["ours:1"]


def test_many_threads_may_nudge_at_once(subscription):
    def nudge_often(number: int) -> None:
        for _ in range(50):
            live.nudge("ours:all", f"ours:thread:{number}")

    threads = [threading.Thread(target=nudge_often, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live.flush()

    wanted = {"ours:all", *(f"ours:thread:{number}" for number in range(8))}
    assert subscription.topics_until(wanted) == wanted


def test_an_event_loop_is_not_made_to_wait(subscription):
    async def scenario() -> bool:
        live.nudge("ours:1")
        return "ours:1" in live._sender._waiting

    was_left_to_the_thread = asyncio.run(scenario())

    assert was_left_to_the_thread
    assert subscription.next_topics() == ["ours:1"]


def test_a_forked_child_sends_with_a_connection_and_a_thread_of_its_own(subscription):
    live.nudge("ours:parent")
    live.nudge("ours:parent")  # leaves a thread behind
    assert subscription.next_topics() == ["ours:parent"]

    child = os.fork()
    if child == 0:
        is_fresh = live._sender._thread is None and not live._sender._waiting
        live.nudge("ours:child" if is_fresh else "ours:not fresh")
        os._exit(0)
    os.waitpid(child, 0)

    wanted = {"ours:parent", "ours:child"}
    assert subscription.topics_until(wanted) == wanted


@pytest.mark.django_db(transaction=True)
def test_without_redis_nothing_raises_and_redis_is_left_alone_for_a_while(settings, monkeypatch):
    settings.REDIS_URL = NOBODY_LISTENS
    asked = []
    monkeypatch.setattr(live, "connection", lambda: asked.append(1) or redis_module.connection())
    monkeypatch.setattr(live, "REST_SECONDS", PATIENCE_SECONDS)

    for number in range(100):
        with transaction.atomic():
            live.nudge(f"queue:{number}")

    # the thread that sends later may have asked before the first answer was there
    assert 1 <= len(asked) <= 2


def test_what_is_held_back_is_bounded(monkeypatch, settings):
    settings.REDIS_URL = NOBODY_LISTENS
    monkeypatch.setattr(live, "MAX_TOPICS_HELD", 10)

    async def nudge_from_the_loop() -> int:
        live.nudge(*(f"queue:{number}" for number in range(1_000)))
        return len(live._sender._waiting)

    assert asyncio.run(nudge_from_the_loop()) <= 10
