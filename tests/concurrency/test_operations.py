"""A bulk action under kill -9, with workers side by side, and while bots go on working."""

import os
import random
from collections import Counter

import pytest
from django.db import connection, connections

from apps.accounts.models import Folder
from apps.bots.forking import fork
from apps.events.models import Event
from apps.operations import lifecycle
from apps.operations.lifecycle import working
from apps.operations.models import Operation, OperationEntry
from apps.queues.checks import item_faults
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Ended, Lease, Ready, WorkQueue
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import race
from tests.factories import make_folder
from tests.factories_queues import ANNA, make_items, make_queue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

N = 40
KILLS = 8
# Messages that a worker sends to the database for one operation of N targets, at least
LATEST_DEATH = 70


@pytest.fixture(autouse=True)
def _small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small chunks, short turns, and leases that are over at once: others take over at any time."""
    monkeypatch.setattr(working, "CHUNK", 7)
    monkeypatch.setattr(working, "TURN_SECONDS", 0.01)
    monkeypatch.setattr(working, "HELD_SECONDS", 0)
    monkeypatch.setattr(working, "PREPARING_SECONDS", 0)


def failed_items(folder: Folder, n: int = N) -> tuple[WorkQueue, list[int]]:
    queue = make_queue(folder=folder, max_attempts=1, on_exhausted="fail")
    make_items(queue, n)
    leased = lease_items(queue.pk, n=n, bot="bot-0")
    finish_items([Result(each.id, each.token, "application_exception") for each in leased])
    return queue, sorted(each.id for each in leased)


def retry_of(queue: WorkQueue) -> Operation:
    wanted = {"queue": queue.pk, "status": "failed"}
    return lifecycle.start("items.retry", queue.folder, wanted, {}, ANNA)


def work_to_the_end(operation: Operation) -> Operation:
    while not operation.is_over:
        lifecycle.work()
        operation.refresh_from_db()
    return operation


def assert_once(operation: Operation, ids: list[int]) -> None:
    """Each target was done, once, and nothing else was."""
    assert (operation.status, operation.total, operation.done) == ("done", len(ids), len(ids))
    entries = OperationEntry.objects.filter(operation_id=operation.pk)
    assert Counter(entries.values_list("status", flat=True)) == {"done": len(ids)}
    events = Event.objects.filter(
        kind="work_item.reopened", data__operation=operation.pk, subject_type="item"
    )
    assert sorted(events.values_list("subject_id", flat=True)) == ids
    assert item_faults().faults == []


def test_killed_at_any_moment_it_does_each_target_once() -> None:
    seed = random.SystemRandom().randrange(10**6)
    chance, died = random.Random(seed), 0
    try:
        while died < KILLS:
            queue, ids = failed_items(make_folder())
            operation = retry_of(queue)
            died += die_at(chance.randint(1, LATEST_DEATH), lifecycle.work)
            assert_once(work_to_the_end(operation), ids)
            assert Ready.objects.filter(queue_id=queue.pk).count() == N
    except AssertionError as error:
        error.add_note(f"The kills came by seed {seed}.")
        raise


def test_workers_side_by_side_do_each_target_once() -> None:
    queue, ids = failed_items(make_folder(), 80)
    wanted = {"queue": queue.pk, "status": "failed"}
    operation = lifecycle.start("items.retry", queue.folder, wanted, {}, ANNA, typed_number=80)

    race(*[lifecycle.work] * 4)

    operation.refresh_from_db()
    assert_once(work_to_the_end(operation), ids)


def test_bots_go_on_leasing_meanwhile_and_no_item_is_worked_twice() -> None:
    queue, ids = failed_items(make_folder())
    make_items(queue, N)
    operation = retry_of(queue)
    pids = [in_the_background(lambda: drain(queue.pk)) for _bot in range(2)]

    work_to_the_end(operation)

    for pid in pids:
        assert os.waitpid(pid, 0)[1] == 0
    drain(queue.pk)
    assert_once(operation, ids)
    assert Ended.objects.filter(queue_id=queue.pk, status="successful").count() == 2 * N
    assert not Lease.objects.filter(queue_id=queue.pk).exists()


def test_after_a_cancel_returned_nothing_more_is_done() -> None:
    queue, _ids = failed_items(make_folder())
    operation = retry_of(queue)
    pid = in_the_background(lifecycle.work)
    while Operation.objects.filter(pk=operation.pk, done=0).exists():
        pass
    over = Operation.objects.get(pk=operation.pk).is_over
    if not over:
        lifecycle.cancel(operation, by=ANNA)
    at_once = Ready.objects.filter(queue_id=queue.pk).count()

    os.waitpid(pid, 0)

    operation.refresh_from_db()
    assert Ready.objects.filter(queue_id=queue.pk).count() == at_once == operation.done
    entries = OperationEntry.objects.filter(operation_id=operation.pk)
    assert entries.filter(status="waiting").count() == operation.left
    assert item_faults().faults == []


def drain(queue_id: int) -> None:
    """Lease and finish until nothing is there."""
    while leased := lease_items(queue_id, n=3, bot="bot-1"):
        finish_items([Result(each.id, each.token, "successful") for each in leased])


def in_the_background(work: object) -> int:
    connections.close_all()
    pid = fork()
    if pid == 0:
        status = 1
        try:
            connection.close()
            work()  # type: ignore[operator]
            status = 0
        finally:
            os._exit(status)
    return pid
