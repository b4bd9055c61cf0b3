"""What runs by itself: each entry alone, whatever the others do."""

import threading

import pytest
from django.db import DatabaseError

from apps.lib import doorbell
from controlroom import scheduler
from controlroom.cron import FAILURES, FILES, MAIL, PROMPT, RETENTION, TIDYING, Entry
from controlroom.scheduler import Lane

calls = []


def works():
    calls.append("works")


def fails():
    calls.append("fails")
    raise ValueError("a bug")


def loses_the_database():
    calls.append("loses")
    raise DatabaseError("server closed the connection unexpectedly")


@pytest.fixture(autouse=True)
def no_calls():
    calls.clear()


def _entry(function, every_seconds=60.0, **options):
    return Entry(f"{__name__}.{function.__name__}", every_seconds, **options)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "entry", [*PROMPT, *TIDYING, *FAILURES, *RETENTION, *FILES, *MAIL], ids=lambda entry: entry.name
)
def test_every_entry_can_be_run_on_an_empty_database(entry):
    entry()


@pytest.mark.django_db
@pytest.mark.parametrize("culprit", [fails, loses_the_database])
def test_an_entry_that_fails_does_not_keep_the_next_from_running(culprit):
    lane = Lane([_entry(culprit), _entry(works)], threading.Event())

    lane.turn()

    assert calls[-1] == "works"


@pytest.mark.django_db
def test_an_entry_that_failed_is_tried_again_when_it_is_due():
    lane = Lane([_entry(fails, every_seconds=0)], threading.Event())

    lane.turn()
    lane.turn()

    assert calls == ["fails", "fails"]


@pytest.mark.django_db
def test_an_entry_waits_until_it_is_due_unless_the_bell_is_for_it():
    lane = Lane([_entry(works), _entry(fails, on_bell=True)], threading.Event())
    lane.turn()
    calls.clear()

    lane.turn()
    assert calls == []
    lane.turn(is_rung=True)

    assert calls == ["fails"]


@pytest.mark.django_db
def test_a_stop_ends_the_round_after_the_entry_under_way():
    stop = threading.Event()
    lane = Lane([_entry(works), _entry(works, on_bell=True)], stop)
    stop.set()

    lane.turn()

    assert calls == []


@pytest.mark.django_db(transaction=True)
def test_the_loop_beats_wakes_at_the_bell_and_ends(monkeypatch, redis):
    monkeypatch.setattr(scheduler, "PROMPT", [_entry(works, on_bell=True)])
    monkeypatch.setattr(scheduler, "TIDYING", [])
    stop = threading.Event()
    first, second = threading.Event(), threading.Event()
    monkeypatch.setattr(
        f"{__name__}.works", lambda: (second if first.is_set() else first).set(), raising=True
    )
    loop = threading.Thread(target=_run_and_close, args=[stop])
    loop.start()
    assert first.wait(10)

    doorbell.ring(scheduler.BELL)

    assert second.wait(10)
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("lane", ["TIDYING", "FAILURES", "RETENTION", "FILES", "MAIL"])
def test_what_hangs_beside_does_not_hold_up_those_that_are_waited_for(monkeypatch, redis, lane):
    hangs, let_go, stop = threading.Event(), threading.Event(), threading.Event()
    worked = threading.Semaphore(0)
    for name in ("TIDYING", "FAILURES", "RETENTION", "FILES", "MAIL"):
        monkeypatch.setattr(scheduler, name, [_entry(fails)] if name == lane else [])
    monkeypatch.setattr(scheduler, "PROMPT", [_entry(works, every_seconds=0.01)])
    monkeypatch.setattr(f"{__name__}.fails", lambda: (hangs.set(), let_go.wait(30)))
    monkeypatch.setattr(f"{__name__}.works", worked.release)
    loop = threading.Thread(target=_run_and_close, args=[stop])
    loop.start()
    assert hangs.wait(10)

    for _ in range(20):
        assert worked.acquire(timeout=10)

    assert not let_go.is_set()
    let_go.set()
    stop.set()
    loop.join(10)
    assert not loop.is_alive()


def _run_and_close(stop):
    from django.db import connections

    scheduler.run_scheduler(stop)
    connections.close_all()
