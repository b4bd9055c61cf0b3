"""The outbox: at least once, each row by itself, whatever dies in between."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction
from django.db.models.functions import Now

from apps.events import bus, delivery
from apps.events.delivery import deliver_outbox
from apps.events.models import Event, Heartbeat, Outbox
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from tests.events.news import KIND, handled_by, handled_together_by


def _is_bad(news):
    if news.data.get("is_bad"):
        Heartbeat.objects.create(name="written before the fault")
        raise ValueError("no such thing\nDETAIL: with a row's data")


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_four_deliverers_at_once_tell_each_news_exactly_once():
    told: Counter[int] = Counter()
    start = threading.Barrier(4)

    def deliver(_: int) -> int:
        start.wait()
        try:
            return deliver_outbox(1_000)
        finally:
            connections.close_all()

    with handled_by(lambda news: told.update([news.data["n"]])):
        for number in range(200):
            bus.announce(KIND, {"n": number})
        with ThreadPoolExecutor(4) as pool:
            delivered = list(pool.map(deliver, range(4)))

    assert sum(delivered) == 200
    assert told == Counter(range(200))
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_a_poisoned_row_is_put_off_with_its_error_and_holds_nobody_up(caplog):
    told = []
    with handled_by(_is_bad, lambda news: told.append(news.data["n"])):
        bus.announce(KIND, {"n": 1, "is_bad": True})
        bus.announce(KIND, {"n": 2})

        delivered = deliver_outbox()

    [poisoned] = Outbox.objects.all()
    assert (delivered, told) == (1, [2])
    assert poisoned.tries == 1
    assert poisoned.next_try_at > database_now()
    assert poisoned.last_error == "ValueError: no such thing"
    assert not Heartbeat.objects.exists(), "what the handler wrote is undone"
    assert "news_not_delivered" in caplog.text


@pytest.mark.django_db
def test_each_failure_waits_longer_up_to_five_minutes():
    waits = []
    with handled_by(_is_bad):
        bus.announce(KIND, {"is_bad": True})
        for _ in range(12):
            Outbox.objects.update(next_try_at=Now())
            deliver_outbox()
            row = Outbox.objects.get()
            waits.append(round((row.next_try_at - database_now()).total_seconds()))

    assert row.tries == 12
    assert waits[:4] == [1, 2, 4, 8]
    assert waits[-1] == 300


@pytest.mark.django_db(transaction=True)
def test_a_process_that_dies_between_handler_and_deletion_leaves_the_row_to_the_next():
    told = []

    def die_the_first_time(news):
        told.append(news.id)
        Heartbeat.objects.update_or_create(name=f"handled {news.id}")
        if len(told) == 1:
            raise SystemExit

    with handled_by(die_the_first_time):
        bus.announce(KIND, {})
        with pytest.raises(SystemExit):
            deliver_outbox()
        n_handled_at_death = Heartbeat.objects.count()
        delivered = deliver_outbox()

    assert n_handled_at_death == 0
    assert delivered == 1
    assert told[0] == told[1]
    assert not Outbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_whose_handler_loses_the_connection_is_put_off_too():
    def lose_the_connection(news):
        if news.data["is_bad"]:
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")

    with handled_by(lose_the_connection):
        bus.announce(KIND, {"is_bad": True})
        bus.announce(KIND, {"is_bad": False})
        delivered = deliver_outbox()

    [row] = Outbox.objects.all()
    assert delivered == 1
    assert (row.data, row.tries) == ({"is_bad": True}, 1)
    assert row.next_try_at > database_now()


@pytest.mark.django_db(transaction=True)
def test_handlers_of_one_news_are_one_transaction_with_what_they_publish():
    def publish_more(news):
        bus.publish("item.held", subject=("item", 1), folder_id=1, by=SYSTEM)

    with handled_by(publish_more, _is_bad):
        bus.announce(KIND, {"is_bad": True})
        deliver_outbox()

    assert not Event.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_row_that_another_process_holds_is_passed_over():
    held, done = threading.Event(), threading.Event()

    def hold_the_first() -> None:
        try:
            with transaction.atomic():
                delivery._next_rows(delivery._due(), 1)
                held.set()
                done.wait(20)
        finally:
            connections.close_all()

    with handled_by(lambda news: None):
        bus.announce(KIND, {"n": 1})
        bus.announce(KIND, {"n": 2})
        other = threading.Thread(target=hold_the_first)
        other.start()
        held.wait(20)
        delivered = deliver_outbox()
        done.set()
        other.join()

    assert delivered == 1
    assert Outbox.objects.get().data == {"n": 1}


@pytest.mark.django_db
def test_news_that_nobody_wants_any_more_are_cleared_away():
    Outbox.objects.create(kind="app.removed", data={})

    assert deliver_outbox() == 1
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_who_takes_many_is_told_all_that_is_due_at_once():
    told = []
    with handled_together_by(lambda some: told.append([news.data["n"] for news in some])):
        for number in range(5):
            bus.announce(KIND, {"n": number})

        delivered = deliver_outbox()

    assert (delivered, told) == (5, [[0, 1, 2, 3, 4]])
    assert not Outbox.objects.exists()


@pytest.mark.django_db
def test_no_more_are_told_together_than_is_good_for_a_transaction(monkeypatch):
    monkeypatch.setattr(delivery, "MOST_AT_ONCE", 3)
    told = []
    with handled_together_by(lambda some: told.append(len(some))):
        for number in range(8):
            bus.announce(KIND, {"n": number})

        delivered = deliver_outbox(7)

    assert (delivered, told) == (7, [3, 3, 1])
    assert Outbox.objects.count() == 1


@pytest.mark.django_db
def test_one_bad_news_among_many_is_put_off_and_the_others_are_told_again_alone():
    told = []

    def handle(some):
        Heartbeat.objects.create(name=f"{[news.data['n'] for news in some]}")
        if any(news.data["n"] == 2 for news in some):
            raise ValueError("not this one")
        told.extend(news.data["n"] for news in some)

    with handled_together_by(handle):
        for number in range(4):
            bus.announce(KIND, {"n": number})

        delivered = deliver_outbox()

    [poisoned] = Outbox.objects.all()
    assert (delivered, told) == (3, [0, 1, 3])
    assert (poisoned.data, poisoned.tries) == ({"n": 2}, 1)
    names = set(Heartbeat.objects.values_list("name", flat=True))
    assert names == {"[0]", "[1]", "[3]"}, "what was written before a fault is undone"


@pytest.mark.django_db(transaction=True)
def test_many_news_whose_handler_loses_the_connection_are_told_alone():
    told = []

    def lose_the_connection(some):
        if any(news.data["n"] == 1 for news in some):
            with connection.cursor() as cursor:
                cursor.execute("select pg_terminate_backend(pg_backend_pid())")
        told.extend(news.data["n"] for news in some)

    with handled_together_by(lose_the_connection):
        for number in range(3):
            bus.announce(KIND, {"n": number})
        delivered = deliver_outbox()

    [row] = Outbox.objects.all()
    assert (delivered, told) == (2, [0, 2])
    assert (row.data, row.tries) == ({"n": 1}, 1)


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_four_deliverers_of_many_tell_each_news_exactly_once():
    told: Counter[int] = Counter()
    start = threading.Barrier(4)

    def deliver(_: int) -> int:
        start.wait()
        try:
            return deliver_outbox(1_000)
        finally:
            connections.close_all()

    with handled_together_by(lambda some: told.update(news.data["n"] for news in some)):
        for number in range(500):
            bus.announce(KIND, {"n": number})
        with ThreadPoolExecutor(4) as pool:
            delivered = list(pool.map(deliver, range(4)))

    assert sum(delivered) == 500
    assert told == Counter(range(500))


@pytest.mark.django_db
def test_other_kinds_are_not_told_with_the_many():
    together, alone = [], []
    with (
        handled_together_by(lambda some: together.append([news.data["n"] for news in some])),
        handled_by(lambda news: alone.append(news.data["n"])),
    ):
        bus.announce(KIND, {"n": 1})
        Outbox.objects.create(kind="app.removed", data={})
        bus.announce(KIND, {"n": 2})

        delivered = deliver_outbox()

    assert delivered == 3
    assert together == [[1, 2]]
    assert alone == [1, 2], "who wants them one by one gets them so"
