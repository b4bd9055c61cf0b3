"""Runs are started where items wait: enough of them, not too many, and once."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots.models import Automation, Run
from apps.queues.allocation import Demand, allocate_runs, runs_wanted
from apps.queues.models import QueueRun, Ready, WorkQueue
from tests.bots.workers import sample

pytestmark = pytest.mark.django_db


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.work")


@pytest.fixture
def queue(folder: Folder, automation: Automation) -> WorkQueue:
    return WorkQueue.objects.create(
        folder=folder, key="orders", title="Orders", automation=automation, max_runs=3
    )


def fill(queue: WorkQueue, n: int, *, first_id: int = 1) -> None:
    Ready.objects.bulk_create(
        Ready(queue_id=queue.pk, item_id=first_id + number, rank_at=Now()) for number in range(n)
    )


def test_one_item_starts_one_run(queue: WorkQueue) -> None:
    fill(queue, 1)

    created = allocate_runs()

    run = Run.objects.get(pk__in=created)
    assert run.status == Run.Status.PENDING
    assert run.queue_run.queue == queue
    assert "Orders" in run.started_because
    assert allocate_runs() == []


def test_a_backlog_starts_as_many_runs_as_the_queue_allows(queue: WorkQueue) -> None:
    fill(queue, 100)

    assert len(allocate_runs()) == 3
    assert allocate_runs() == []


def test_an_ended_run_makes_room(queue: WorkQueue) -> None:
    fill(queue, 100)
    first = allocate_runs()[0]

    Run.objects.filter(pk=first).update(status=Run.Status.SUCCESSFUL, ended_at=Now())

    assert len(allocate_runs()) == 1


def test_a_stopping_run_takes_no_more_items_but_still_counts(queue: WorkQueue) -> None:
    # given a queue with one run, which is stopping
    fill(queue, 1)
    allocate_runs()
    Run.objects.update(status=Run.Status.STOPPING, token="0" * 32)

    assert len(allocate_runs()) == 1

    Run.objects.update(status=Run.Status.STOPPING, token="0" * 32)
    WorkQueue.objects.update(max_runs=2)
    assert allocate_runs() == []


@pytest.mark.parametrize(
    "change",
    [
        {"paused_at": Now()},
        {"automation": None},
        {"max_runs": 0},
    ],
)
def test_some_queues_get_no_runs(queue: WorkQueue, change: dict) -> None:
    fill(queue, 5)
    WorkQueue.objects.filter(pk=queue.pk).update(**change)

    assert allocate_runs() == []


def test_expired_items_start_nothing(queue: WorkQueue) -> None:
    fill(queue, 5)
    Ready.objects.update(expires_at=Now() - timedelta(seconds=1))

    assert allocate_runs() == []


def test_an_empty_queue_starts_nothing(queue: WorkQueue) -> None:
    assert allocate_runs() == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_schedulers_that_allocate_at_once_start_runs_once(queue: WorkQueue) -> None:
    # given work for three runs, and eight schedulers
    fill(queue, 100)
    together = Barrier(8)

    def schedule(_number: int) -> list[int]:
        try:
            together.wait()
            return [run for _ in range(3) for run in allocate_runs()]
        finally:
            connection.close()

    # when
    with ThreadPoolExecutor(8) as pool:
        created = [run for runs in pool.map(schedule, range(8)) for run in runs]

    # then
    assert len(created) == len(set(created)) == 3
    assert QueueRun.objects.filter(queue=queue).count() == 3


def demand(**changes: object) -> Demand:
    usual: dict = {
        "queue_id": 1,
        "version_id": 1,
        "title": "",
        "n_ready": 1,
        "n_leased": 0,
        "max_in_progress": None,
        "max_runs": 10,
        "n_active": 0,
        "n_working": 0,
        "usual_seconds": None,
    }
    return Demand(**{**usual, **changes})


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        # quick items are worth one run, slow ones a run each
        ({"n_ready": 100, "usual_seconds": 0.01}, 1),
        ({"n_ready": 10_000, "usual_seconds": 0.001}, 5),
        ({"n_ready": 4, "usual_seconds": 60.0}, 4),
        # what works already counts
        ({"n_ready": 4, "usual_seconds": 60.0, "n_active": 3, "n_working": 3}, 1),
        ({"n_ready": 100, "usual_seconds": 60.0, "n_active": 8, "n_working": 2}, 2),
        # no more than may be in progress
        ({"n_ready": 100, "usual_seconds": 60.0, "max_in_progress": 2}, 2),
        ({"n_ready": 100, "max_in_progress": 2, "n_leased": 2}, 0),
    ],
)
def test_runs_are_in_proportion_to_the_work(asked: dict, wanted: int) -> None:
    assert runs_wanted(demand(**asked)) == wanted
