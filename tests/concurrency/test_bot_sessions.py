"""Queues drained by real bots that are killed, stopped, starved and cut off."""

import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.db.models import Count

from apps.accounts.models import Folder
from apps.bots import turns
from apps.bots.models import Automation, LogLine, Run
from apps.queues import guard
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Attempt, Ended, Lease, Parked, QueueRun, Ready, WorkQueue
from tests.bots.workers import (
    NOWHERE,
    bot_process,
    eventually,
    has_ended,
    is_alive,
    kill,
    postgres_of_its_own,
    read_pid,
    sample,
)
from tests.factories import make_folder
from tests.queues.work import add_work, attempts_of, scheduler
from tests.servers import TestServers

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.concurrency,
    pytest.mark.usefixtures("redis"),
]

Outcome = Attempt.Outcome


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.work")


@pytest.fixture
def queue(folder: Folder, automation: Automation) -> WorkQueue:
    return WorkQueue.objects.create(
        folder=folder, key="orders", title="Orders", automation=automation
    )


def outcomes_of(item_id: int) -> list[str]:
    return [attempt.outcome for attempt in attempts_of(item_id)]


def n_ended() -> int:
    return Ended.objects.filter(status=Ended.Status.SUCCESSFUL).count()


def test_a_queue_is_drained_by_two_slots_each_item_once(folder: Folder, queue: WorkQueue) -> None:
    WorkQueue.objects.update(max_runs=2)
    items = add_work(queue, *[{"do": "slow", "seconds": 0.005}] * 500)

    with bot_process(folder, slots=2), scheduler():
        eventually(lambda: n_ended() == len(items))

    twice = Attempt.objects.values("item_id").annotate(n=Count("number")).filter(n__gt=1)
    assert not twice.exists()
    assert Attempt.objects.count() == len(items)
    assert QueueRun.objects.count() == 2


def test_without_redis_a_queue_is_drained_by_polling(folder: Folder, queue: WorkQueue) -> None:
    items = add_work(queue, *[{}] * 20)

    with bot_process(folder, REDIS_URL=NOWHERE), scheduler():
        eventually(lambda: n_ended() == len(items))


def test_the_item_of_a_killed_horse_is_worked_again_at_once(
    folder: Folder, queue: WorkQueue, tmp_path: Path
) -> None:
    # given an item in hand and others leased behind it
    first, *rest = add_work(queue, {"do": "die_once"}, {}, {}, {})

    # when its process dies, with a lease of a minute
    with bot_process(folder), scheduler():
        eventually(lambda: n_ended() == 4)

    # then
    assert outcomes_of(first) == [Outcome.LOST, Outcome.SUCCESSFUL]
    for item in rest:
        assert outcomes_of(item)[-1] == Outcome.SUCCESSFUL
        assert Outcome.LOST not in outcomes_of(item)
    assert Run.objects.order_by("pk")[0].status == Run.Status.FAULTED


def test_the_items_of_a_killed_slot_come_back(
    folder: Folder, queue: WorkQueue, tmp_path: Path
) -> None:
    (item,) = add_work(queue, {"do": "wait", "dir": str(tmp_path)})

    with bot_process(folder), scheduler():
        horse = read_pid(tmp_path / f"began-{item}-1")
        run = Run.objects.get()
        kill(run.bot.slots.get().pid)
        eventually(lambda: not is_alive(horse))
        (tmp_path / f"go-{item}").touch()
        eventually(lambda: n_ended() == 1)

    assert outcomes_of(item) == [Outcome.LOST, Outcome.SUCCESSFUL]
    assert has_ended(run)
    assert run.status == Run.Status.LOST


def test_a_poison_item_goes_to_a_person_and_its_neighbours_do_not(
    folder: Folder, queue: WorkQueue
) -> None:
    # given one item that kills whoever works it, among others
    *before, poison = add_work(queue, *[{}] * 10, {"do": "die"})
    after = add_work(queue, *[{}] * 10)

    # when
    with bot_process(folder, slots=2), scheduler():
        eventually(lambda: Parked.objects.exists() and n_ended() == 20, seconds=30)

    # then
    parked = Parked.objects.get()
    assert (parked.item_id, parked.cause) == (poison, Parked.Cause.LOST)
    for item in [*before, *after]:
        assert Outcome.LOST not in outcomes_of(item)


def test_a_horse_stopped_past_its_lease_is_refused(
    folder: Folder, queue: WorkQueue, tmp_path: Path
) -> None:
    # given a session that is frozen in mid-item until its lease has run out
    WorkQueue.objects.update(lease_seconds=1)
    (item,) = add_work(queue, {"do": "wait", "dir": str(tmp_path)})
    with bot_process(folder):
        with scheduler():
            horse = read_pid(tmp_path / f"began-{item}-1")
            WorkQueue.objects.update(automation=None)
            os.kill(horse, signal.SIGSTOP)
            eventually(lambda: Ready.objects.exists())

        # when another bot has the item, and the first one goes on
        (leased,) = lease_items(queue.pk, n=1, bot="other", lease_seconds=60)
        (tmp_path / f"go-{item}").touch()
        os.kill(horse, signal.SIGCONT)
        run = Run.objects.get()
        eventually(lambda: "refused" in " ".join(log_of(run)))

        # then only the holder's result counts
        assert Lease.objects.get().token == leased.token
        finish_items([Result(leased.id, leased.token, Outcome.SUCCESSFUL, {"by": "other"})])

    assert outcomes_of(item) == [Outcome.LOST, Outcome.SUCCESSFUL]
    assert attempts_of(item)[1].output == {"by": "other"}
    assert Ended.objects.count() == 1


def log_of(run: Run) -> list[str]:
    return list(LogLine.objects.filter(run_id=run.pk).values_list("message", flat=True))


def test_a_bot_asked_to_end_finishes_the_item_and_gives_the_rest_back(
    folder: Folder, queue: WorkQueue, tmp_path: Path
) -> None:
    first, *rest = add_work(queue, {"do": "wait_or_stop", "dir": str(tmp_path)}, {}, {})
    with bot_process(folder) as bot:
        with scheduler():
            read_pid(tmp_path / f"began-{first}-1")

        bot.send_signal(signal.SIGTERM)

        assert bot.wait(timeout=8) == 0
    assert outcomes_of(first) == [Outcome.SUCCESSFUL]
    assert set(Ready.objects.values_list("item_id", flat=True)) == set(rest)
    assert Run.objects.get().status == Run.Status.STOPPED


def test_an_item_that_can_not_end_in_time_goes_back_without_blame(
    folder: Folder, queue: WorkQueue, tmp_path: Path
) -> None:
    (item,) = add_work(queue, {"do": "wait", "dir": str(tmp_path)})
    with bot_process(folder, BOT_DRAIN_SECONDS=1) as bot:
        with scheduler():
            read_pid(tmp_path / f"began-{item}-1")

        bot.send_signal(signal.SIGTERM)

        assert bot.wait(timeout=8) == 0
    assert outcomes_of(item) == [Outcome.RELEASED]
    assert Ready.objects.get().item_id == item


def test_an_item_that_does_not_let_itself_be_interrupted_ends_its_process(
    folder: Folder, automation: Automation, queue: WorkQueue
) -> None:
    Automation.objects.update(max_item_seconds=1, grace_seconds=0)
    WorkQueue.objects.update(max_attempts=1)
    endless, following = add_work(queue, {"do": "loop_for_ever"}, {})

    with bot_process(folder), scheduler():
        eventually(lambda: Parked.objects.exists() and n_ended() == 1)

    (attempt,) = attempts_of(endless)
    assert (attempt.outcome, attempt.code) == (Outcome.APPLICATION_EXCEPTION, "time_limit")
    assert outcomes_of(following)[-1] == Outcome.SUCCESSFUL
    run = Run.objects.order_by("pk")[0]
    assert run.status == Run.Status.FAULTED
    assert "could not be interrupted" in run.exit_reason


def test_a_hung_item_ends_its_process_whatever_it_said_to_the_log(
    folder: Folder, automation: Automation, queue: WorkQueue
) -> None:
    Automation.objects.update(max_item_seconds=1, grace_seconds=0)
    WorkQueue.objects.update(max_attempts=1)
    (item,) = add_work(queue, {"do": "odd_words_for_ever"})

    with bot_process(folder), scheduler():
        eventually(lambda: Parked.objects.exists())

    assert [attempt.code for attempt in attempts_of(item)] == ["time_limit"]


def test_an_item_that_hangs_until_its_run_is_killed_does_not_come_back_for_ever(
    folder: Folder, automation: Automation, queue: WorkQueue
) -> None:
    # given an item that may take longer than its run
    Automation.objects.update(max_run_seconds=1, grace_seconds=0)
    (item,) = add_work(queue, {"do": "loop_for_ever"})

    with bot_process(folder), scheduler():
        eventually(lambda: Parked.objects.exists())

    assert set(outcomes_of(item)) == {Outcome.LOST}
    assert Parked.objects.get().cause == Parked.Cause.LOST


def test_a_queue_is_served_beside_one_that_floods_the_only_slot(
    folder: Folder, automation: Automation, queue: WorkQueue, monkeypatch: pytest.MonkeyPatch
) -> None:
    # given half a minute of work that holds the slot, with more of its runs waiting
    monkeypatch.setattr(turns, "TURN_SECONDS", 0.5)
    monkeypatch.setattr(guard, "LOOK_SECONDS", 0.1)
    WorkQueue.objects.update(max_runs=3)
    flood = add_work(queue, *[{"do": "slow", "seconds": 0.01}] * 3000)
    with bot_process(folder), scheduler():
        eventually(n_ended)

        # when another queue gets an item
        other = WorkQueue.objects.create(
            folder=folder, key="others", title="Others", automation=automation
        )
        (item,) = add_work(other, {})
        eventually(lambda: Ended.objects.filter(item_id=item).exists())

        # then it is done long before, and the flood goes on
        done = n_ended()
        assert done < len(flood)
        eventually(lambda: n_ended() > done)
    assert outcomes_of(item) == [Outcome.SUCCESSFUL]
    assert not Attempt.objects.exclude(outcome__in=[Outcome.SUCCESSFUL, Outcome.RELEASED]).exists()


@pytest.mark.parametrize(("dies", "is_asked"), [("dies", True), ("dies_after", False)])
def test_an_act_cut_off_is_never_done_twice(
    folder: Folder,
    queue: WorkQueue,
    tmp_path: Path,
    dies: str,
    is_asked: bool,
) -> None:
    # given a bot that dies between the act and its noting, or after it was noted
    (item,) = add_work(queue, {"do": "post", "dir": str(tmp_path), dies: 1})

    with bot_process(folder), scheduler():
        eventually(lambda: Parked.objects.exists() or n_ended() == 1)

    # then in the first case a person is asked; in the second the next try goes on behind it
    assert (tmp_path / "posted").read_text().split() == [str(item)]
    if is_asked:
        assert Parked.objects.get().cause == Parked.Cause.EFFECT_UNKNOWN
        assert outcomes_of(item) == [Outcome.LOST]
    else:
        assert outcomes_of(item) == [Outcome.LOST, Outcome.SUCCESSFUL]
        assert attempts_of(item)[1].output == {"booking": f"booking-{item}"}


def test_postgresql_may_restart_in_mid_run(servers: TestServers, tmp_path: Path) -> None:
    with postgres_of_its_own(servers.folder("restarts") / tmp_path.name) as postgres:
        # given bots at work in a room whose database will go away
        folder = make_folder()
        queue = WorkQueue.objects.create(
            folder=folder, key="orders", title="Orders", automation=sample(folder, "test.work")
        )
        work = {"do": "slow", "seconds": 0.01, "dir": str(tmp_path), "log": 1}
        items = add_work(queue, *[work] * 200)
        with bot_process(folder), scheduler():
            # when it does so, twice
            for share in (20, 80):
                eventually(lambda share=share: n_worked(tmp_path) >= share)
                connection.close()
                postgres.stop()
                postgres.start()
            eventually(lambda: survives(n_ended) == len(items), seconds=30)

        # then each item ended once, and nothing was lost
        assert Ended.objects.count() == len(items)
        assert not Lease.objects.exists()
        outcomes = set(Attempt.objects.values_list("outcome", flat=True))
        assert outcomes <= {Outcome.SUCCESSFUL, Outcome.RELEASED}


def n_worked(folder: Path) -> int:
    done = folder / "done"
    return len(done.read_text().split()) if done.exists() else 0


def survives(ask: Any) -> Any:
    """Ask the database; None while it is away."""
    try:
        return ask()
    except (DatabaseError, InterfaceError):
        connection.close()
        return None
