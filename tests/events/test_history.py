"""History: what happened to one thing, in sentences, page by page."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from apps.events import bus, upkeep, wording
from apps.events.history import history_of, history_of_folders
from apps.events.models import Event, Heartbeat, Outbox
from apps.events.wording import sentence_of, word
from apps.lib.actors import Actor
from apps.lib.errors import InvalidError

pytestmark = pytest.mark.django_db

ANA = Actor(7, "Ana")


def _publish(n: int, *, subject: tuple[str, int] = ("item", 1), folder_id: int = 1) -> Event:
    return bus.publish("item.held", subject=subject, folder_id=folder_id, by=ANA, data={"n": n})


def test_history_of_one_thing_is_newest_first_and_goes_on_where_it_stopped():
    for n in range(5):
        _publish(n)
    _publish(99, subject=("item", 2))
    _publish(98, subject=("queue", 1))

    first = history_of(("item", 1), limit=3)
    _publish(5)  # what happens meanwhile moves nothing
    second = history_of(("item", 1), limit=3, cursor=first.next_cursor)

    assert [event.data["n"] for event in first.items] == [4, 3, 2]
    assert [event.data["n"] for event in second.items] == [1, 0]
    assert second.next_cursor is None


def test_history_of_folders_keeps_to_them():
    _publish(1, folder_id=1)
    _publish(2, folder_id=2)

    page = history_of_folders(frozenset({2, 3}))

    assert [event.data["n"] for event in page.items] == [2]


def test_a_cursor_of_another_list_is_refused():
    with pytest.raises(InvalidError):
        history_of(("item", 1), cursor="bm8gY3Vyc29y")


@pytest.fixture
def _words(monkeypatch):
    monkeypatch.setattr(wording, "_wordings", {})


@pytest.mark.usefixtures("_words")
def test_an_event_reads_as_its_app_says():
    word("item.held", _("%(actor)s held it %(n)s times: %(reason)s"))
    event = _publish(3)

    assert sentence_of(event) == "Ana held it 3 times: –"


@pytest.mark.usefixtures("_words")
def test_a_wording_may_be_a_function():
    word("item.held", lambda event: f"{event.actor_name}!")

    assert sentence_of(_publish(1)) == "Ana!"


@pytest.mark.usefixtures("_words")
def test_an_event_without_or_with_a_broken_wording_is_still_a_sentence():
    def broken(event: Event) -> str:
        raise KeyError("n")

    with translation.override("en"):
        plain = sentence_of(_publish(1))
        word("item.held", broken)
        fallback = sentence_of(_publish(1))
        word("item.held", "%(n)d of %(reason)d")
        misfit = sentence_of(_publish(1))

    assert plain == fallback == misfit == "Ana: item held"


def test_make_partitions_makes_the_coming_months_once():
    with connection.cursor() as cursor:
        cursor.execute(
            "select inhrelid::regclass::text from pg_inherits"
            " where inhparent = 'events_event'::regclass order by 1"
        )
        months = [name for (name,) in cursor.fetchall() if name != "events_event_rest"]
        cursor.execute(f"drop table {months[-1]}")

    assert upkeep.make_partitions() == [months[-1]]
    assert upkeep.make_partitions() == []


def test_prune_drops_long_dead_processes():
    Heartbeat.objects.create(name="worker:gone")
    Heartbeat.objects.update(at=F("at") - timedelta(days=8))
    Heartbeat.objects.create(name="worker:here")

    assert upkeep.prune() == 1

    assert [beat.name for beat in Heartbeat.objects.all()] == ["worker:here"]


def test_sweep_outbox_delivers_what_is_due():
    Outbox.objects.create(kind="nobody.cares", data={})

    assert upkeep.sweep_outbox() == 1
