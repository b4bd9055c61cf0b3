"""Publishing: what is written in the caller's transaction, and what follows its commit."""

from collections.abc import Iterator

import pytest
import structlog

from apps.events import bus, news
from apps.events.models import Event, Outbox
from apps.lib.actors import Actor

ANA = Actor(7, "Ana", "person")


@pytest.fixture
def heard() -> Iterator[list[news.News]]:
    """What a subscriber of "test.happened" is told."""
    told: list[news.News] = []
    bus.subscribe("test.happened")(told.append)
    yield told
    del news._handlers["test.happened"]


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
    event = bus.publish(
        "test.happened", subject=("item", 12), folder_id=3, by=ANA, data={"reason": "odd"}
    )

    delivered = bus.deliver_outbox()

    assert delivered == 1
    [told] = heard
    assert (told.subject, told.folder_id, told.by) == (("item", 12), 3, ANA)
    assert (told.event_id, told.data) == (event.id, {"reason": "odd"})
    assert not Outbox.objects.exists()
