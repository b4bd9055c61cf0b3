"""Fixtures of sessions: a queue with an automation, and runs of it that a bot claimed."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from apps.accounts.models import Folder
from apps.bots.board import Board
from apps.bots.horse import RunBeat
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Automation, Bot
from apps.bots.registration import register_bot
from apps.queues import session
from apps.queues.models import QueueRun, WorkQueue
from apps.queues.session import Session
from tests.bots.workers import sample


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of these tests end as soon as the queue is empty."""
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.work")


@pytest.fixture
def queue(folder: Folder, automation: Automation) -> WorkQueue:
    return WorkQueue.objects.create(
        folder=folder, key="orders", title="Orders", automation=automation
    )


@pytest.fixture
def bot(automation: Automation) -> Bot:
    return register_bot(automation.pool, name="tester")


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def new_session(queue: WorkQueue, bot: Bot, board: Board) -> Iterator[Callable[[], Session]]:
    """A session of a claimed run, ready to work."""
    beats: list[RunBeat] = []

    def make() -> Session:
        automation = Automation.objects.get(pk=queue.automation_id)
        version = automation.current_version
        assert version
        QueueRun.objects.create(run=create_run(version), queue=queue)
        run = claim_run(bot.pool_id, bot.pk, 1)
        assert run
        beats.append(RunBeat(run, board))
        return Session(queue, run, beats[-1])

    yield make
    for beat in beats:
        beat.end()


@pytest.fixture
def in_background() -> Any:
    """`in_background(function)` runs it in a thread of its own; joined at the end."""
    threads = []

    def start(function: Callable[[], object]) -> None:
        def run() -> None:
            try:
                function()
            finally:
                connection.close()

        threads.append(threading.Thread(target=run))
        threads[-1].start()

    yield start
    for thread in threads:
        thread.join()
