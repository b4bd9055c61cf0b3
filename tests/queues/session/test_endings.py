"""When a session ends: asked to, out of time, or because others need its slot."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.bots import turns
from apps.bots.board import Board, StopCause
from apps.bots.lifecycle import create_run
from apps.bots.models import Automation, Run
from apps.lib import doorbell
from apps.queues import guard, session
from apps.queues.models import Ended, Lease, Ready, WorkQueue
from apps.queues.session import Session, bell_of
from tests.bots.workers import eventually, sample
from tests.queues.work import add_work, attempts_of

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_busy_session_makes_room_for_a_queue_that_waits(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given much to do, and a run of another source
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.0)
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.0)
    add_work(queue, *[{"do": "slow", "seconds": 0.05}] * 400)
    working = new_session()
    create_run(working.run.version, source="another")

    # when
    report = working.work()

    # then
    assert "room" in report.reason
    assert not report.was_stopped
    assert 0 < report.n_successful < 400
    assert not Lease.objects.exists()


def test_a_run_asked_to_stop_ends_its_item_and_gives_the_rest_back(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    board: Board,
    tmp_path: Path,
    in_background: Any,
) -> None:
    # given a session with one item in hand and more leased
    first, *rest = add_work(queue, {"do": "wait_or_stop", "dir": str(tmp_path)}, {}, {}, {})

    def stop() -> None:
        eventually((tmp_path / f"began-{first}-1").exists)
        board.ask_to_stop(StopCause.REQUESTED)

    in_background(stop)

    # when
    report = new_session().work()

    # then
    assert report.was_stopped
    assert attempts_of(first)[0].output == {"stopped": True}
    assert set(Ready.objects.values_list("item_id", flat=True)) == set(rest)


def test_a_session_ends_in_order_before_its_run_would_be_killed(
    queue: WorkQueue, automation: Automation, new_session: Callable[[], Session]
) -> None:
    # given more work than fits into the run's limit
    Automation.objects.filter(pk=automation.pk).update(max_run_seconds=1)
    add_work(queue, *[{"do": "slow", "seconds": 0.1}] * 20)

    # when
    report = new_session().work()

    # then
    assert not report.was_stopped
    assert 0 < report.n_successful < 20
    assert not Lease.objects.exists()


def test_an_idle_session_works_what_comes_meanwhile(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
    board: Board,
    in_background: Any,
) -> None:
    # given a session that has worked one item and waits
    monkeypatch.setattr(session, "LINGER_SECONDS", 30.0)
    add_work(queue, {})
    worked = []

    def add_another() -> None:
        eventually(lambda: Ended.objects.count() == 1)
        worked.extend(add_work(queue, {}))
        doorbell.ring(bell_of(queue.pk))
        eventually(lambda: Ended.objects.count() == 2)
        board.ask_to_stop(StopCause.REQUESTED)

    in_background(add_another)

    # when
    report = new_session().work()

    # then
    assert report.n_successful == 2
    assert attempts_of(worked[0])


def test_an_idle_session_frees_its_slot_for_a_waiting_run(
    queue: WorkQueue, new_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "LINGER_SECONDS", 3600.0)
    working = new_session()
    waiting = create_run(working.run.version)

    report = working.work()

    assert not report.was_stopped
    waiting.refresh_from_db()
    assert waiting.status == Run.Status.PENDING


def test_a_session_leaves_a_queue_that_got_another_automation(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    monkeypatch: pytest.MonkeyPatch,
    folder: Folder,
) -> None:
    # given an idle session that would wait for long
    monkeypatch.setattr(session, "LINGER_SECONDS", 3600.0)
    working = new_session()
    other = sample(folder, "test.patient")

    # when
    WorkQueue.objects.filter(pk=queue.pk).update(automation=other)
    report = working.work()

    # then
    assert not report.was_stopped
