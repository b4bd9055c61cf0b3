"""Publishing: what is written in the caller's transaction, and what follows its commit."""

import json
from collections.abc import Iterator

import pytest
import structlog
from django.db import transaction
from django_rq import get_queue

from apps.events import bus, doorman, tasks
from apps.events.models import Event, Outbox
from apps.events.news import News
from apps.lib.actors import SYSTEM, Actor
from apps.lib.redis import channel
from tests.events.news import KIND, handled_by

ANA = Actor(7, "Ana", "person")
NOBODY_LISTENS = "redis://127.0.0.1:1/0"


@pytest.fixture
def heard() -> Iterator[list[News]]:
    """What a subscriber is told."""
    told: list[News] = []
    with handled_by(told.append):
        yield told


@pytest.fixture(autouse=True)
def _doorman_is_rested(monkeypatch):
    monkeypatch.setattr(doorman, "_resting_until", 0.0)


@pytest.mark.django_db
def test_publish_writes_one_event_with_who_did_what_to_which_thing():
    with structlog.contextvars.bound_contextvars(request_id="request-1234"):
        event = bus.publish(
            "item.held", subject=("item", 12), folder_id=3, by=ANA, data={"reason": "odd"}
        )

    stored = Event.objects.get()
    assert (stored.id, stored.occurred_at) == (event.id, event.occurred_at)
    assert (stored.kind, stored.subject_type, stored.subject_id) == ("item.held", "item", 12)
    assert (stored.actor_id, stored.actor_name, stored.actor_kind) == (7, "Ana", "person")
    assert (stored.folder_id, stored.data) == (3, {"reason": "odd"})
    assert stored.request_id == "request-1234"
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_published_news_reach_subscribers_with_subject_folder_and_actor(heard):
    event = bus.publish(KIND, subject=("item", 12), folder_id=3, by=ANA, data={"reason": "odd"})

    delivered = bus.deliver_outbox()

    assert delivered == 1
    [told] = heard
    assert (told.subject, told.folder_id, told.by) == (("item", 12), 3, ANA)
    assert (told.event_id, told.data) == (event.id, {"reason": "odd"})
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_announced_news_reach_subscribers_without_any_history(heard):
    bus.announce(KIND, {"queue_id": 1, "items": [{"id": 2}]})

    bus.deliver_outbox()

    assert [told.data for told in heard] == [{"queue_id": 1, "items": [{"id": 2}]}]
    assert heard[0].subject is None
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_announcing_to_nobody_writes_nothing():
    bus.announce("nobody.cares", {"items": []})

    assert not Outbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_leaves_neither_event_nor_news_nor_nudge(heard, redis):
    with redis.pubsub() as subscription:
        subscription.subscribe(channel("live"))
        subscription.get_message(timeout=5)

        with transaction.atomic():
            bus.publish(KIND, subject=("item", 12), folder_id=3, by=SYSTEM)
            transaction.set_rollback(True)
        with transaction.atomic():
            bus.publish("held", subject=("item", 13), folder_id=3, by=SYSTEM, topics=["queues"])

        # nudges of a test before this one may still be under way
        said: set[str] = set()
        while "item:13" not in said and (message := subscription.get_message(timeout=5)):
            said.update(json.loads(message["data"])["topics"])

    assert {"item:13", "queues"} <= said
    assert "item:12" not in said
    assert [event.subject_id for event in Event.objects.all()] == [13]
    assert not Outbox.objects.exists()
    assert not heard


@pytest.mark.django_db(transaction=True)
def test_one_delivery_is_queued_for_the_worker_however_much_is_published(heard, redis):
    with transaction.atomic():
        for number in range(5):
            bus.publish(KIND, subject=("item", number), folder_id=3, by=SYSTEM)
    n_queued = get_queue("background").count

    delivered = tasks.deliver()
    bus.publish(KIND, subject=("item", 9), folder_id=3, by=SYSTEM)

    assert (n_queued, delivered) == (1, 5)
    assert get_queue("background").count == 2
    assert Outbox.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_without_redis_the_change_commits_and_the_sweep_delivers(heard, settings):
    settings.REDIS_URL = NOBODY_LISTENS

    with transaction.atomic():
        bus.publish(KIND, subject=("item", 12), folder_id=3, by=SYSTEM)

    assert Event.objects.count() == 1
    assert tasks.deliver() == 1
    assert len(heard) == 1


@pytest.mark.django_db
def test_many_happenings_are_recorded_at_once_and_told_to_nobody(django_assert_num_queries):
    happenings = [
        bus.Happening(subject=("item", n), folder_id=7, data={"reason": "x"}) for n in range(30)
    ]
    with handled_by(lambda news: None), django_assert_num_queries(1):
        bus.record_many(KIND, happenings, by=SYSTEM)

    event = Event.objects.get(subject_id=29)
    assert (event.kind, event.subject_type, event.folder_id) == (KIND, "item", 7)
    assert (event.actor_name, event.data) == (SYSTEM.name, {"reason": "x"})
    assert not Outbox.objects.exists()
