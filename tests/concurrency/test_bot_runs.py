"""Bots as processes: what survives kills, silence, and the loss of Redis."""

import signal
from pathlib import Path
from typing import Any

import pytest

from apps.accounts.models import Folder
from apps.bots.board import StopCause
from apps.bots.lifecycle import reap_lost_runs, request_kill, request_stop, set_standing
from apps.bots.models import Bot, BotSlot, LogLine, Run
from apps.lib.actors import Actor
from tests.bots.workers import (
    NOWHERE,
    bot_command,
    bot_process,
    children_of,
    eventually,
    has_ended,
    is_alive,
    kill,
    make_run,
    read_pid,
    sample,
    status_of,
)

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.concurrency,
    pytest.mark.usefixtures("redis"),
]

ANNA = Actor(1, "Anna")


def test_a_run_is_worked_logged_and_ended(folder: Folder, tmp_path: Path) -> None:
    # given a waiting run
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    (tmp_path / "go").touch()

    # when a bot comes
    with bot_process(folder):
        eventually(lambda: has_ended(run))

    # then
    assert run.status == Run.Status.SUCCESSFUL, run.exit_reason
    assert run.output == {"went": True}
    assert (run.n_successful, run.n_failed) == (3, 1)
    assert run.bot
    assert run.bot.name == "tester"
    assert [line.message for line in LogLine.objects.filter(run_id=run.pk)] == ["began"]


def test_without_redis_slots_find_runs_by_looking(folder: Folder, tmp_path: Path) -> None:
    automation = sample(folder, "test.patient")
    (tmp_path / "go").touch()

    with bot_process(folder, REDIS_URL=NOWHERE):
        run = make_run(automation, dir=str(tmp_path))
        eventually(lambda: has_ended(run))

    assert run.status == Run.Status.SUCCESSFUL


def test_a_flushed_redis_in_mid_run_does_no_harm(
    folder: Folder, tmp_path: Path, redis: Any
) -> None:
    automation = sample(folder, "test.patient")
    with bot_process(folder):
        run = make_run(automation, dir=str(tmp_path))
        read_pid(tmp_path / "began")
        redis.flushdb()
        (tmp_path / "go").touch()
        eventually(lambda: has_ended(run))
        following = make_run(automation, dir=str(tmp_path))
        eventually(lambda: has_ended(following))

    assert run.status == following.status == Run.Status.SUCCESSFUL


def test_a_run_that_listens_stops_on_request(folder: Folder, tmp_path: Path) -> None:
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_process(folder):
        read_pid(tmp_path / "began")

        request_stop(run.pk, by=ANNA)

        assert status_of(run) == Run.Status.STOPPING
        eventually(lambda: has_ended(run))
    assert run.status == Run.Status.STOPPED
    assert run.stop_requested_by == "Anna"


def test_a_run_that_does_not_listen_is_killed_with_its_children(
    folder: Folder, tmp_path: Path
) -> None:
    run = make_run(sample(folder, "test.stubborn"), dir=str(tmp_path))
    with bot_process(folder):
        horse = read_pid(tmp_path / "began")
        child = read_pid(tmp_path / "child")

        request_kill(run.pk, by=ANNA)
        eventually(lambda: has_ended(run))

        assert not is_alive(horse)
        eventually(lambda: not is_alive(child))
    assert run.status == Run.Status.STOPPED
    assert "Killed" in run.exit_reason


def test_a_run_may_not_take_longer_than_its_limit(folder: Folder, tmp_path: Path) -> None:
    automation = sample(folder, "test.stubborn", max_run_seconds=1, grace_seconds=0)
    run = make_run(automation, dir=str(tmp_path))

    with bot_process(folder):
        eventually(lambda: has_ended(run))

    assert run.status == Run.Status.STOPPED
    assert "longer" in run.exit_reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [("test.breaks", "ValueError: no such luck"), ("test.refuses", "The book is closed.")],
)
def test_an_automation_that_raises_faults_its_run(folder: Folder, name: str, reason: str) -> None:
    run = make_run(sample(folder, name))
    with bot_process(folder):
        eventually(lambda: has_ended(run))

    assert run.status == Run.Status.FAULTED
    assert run.exit_reason.startswith(reason)


def test_a_killed_horse_ends_its_run_at_once(folder: Folder, tmp_path: Path) -> None:
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_process(folder):
        kill(read_pid(tmp_path / "began"))
        eventually(lambda: has_ended(run))

    assert run.status == Run.Status.FAULTED
    assert "SIGKILL" in run.exit_reason


def test_a_killed_slot_is_started_again_and_its_run_is_lost(folder: Folder, tmp_path: Path) -> None:
    # given a slot with a horse
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_process(folder):
        horse = read_pid(tmp_path / "began")
        slot = BotSlot.objects.get().pid
        assert slot

        # when
        kill(slot)

        # then the horse dies with it, and another process takes the slot
        eventually(lambda: not is_alive(horse))
        eventually(lambda: has_ended(run))
        eventually(lambda: BotSlot.objects.get().pid not in {None, slot})
    assert run.status == Run.Status.LOST


def test_a_killed_bot_leaves_nothing_running(folder: Folder, tmp_path: Path) -> None:
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_process(folder, slots=2) as bot:
        horse = read_pid(tmp_path / "began")
        slots = children_of(bot.pid)
        assert len(slots) == 2

        bot.kill()

        eventually(lambda: not any(is_alive(pid) for pid in [horse, *slots]))
    assert status_of(run) == Run.Status.RUNNING
    assert reap_lost_runs(silent_seconds=0) == [run.pk]
    assert status_of(run) == Run.Status.LOST


def test_a_bot_asked_to_end_ends_in_order(
    process_env: dict[str, str], folder: Folder, tmp_path: Path
) -> None:
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_command(process_env, folder) as bot:
        read_pid(tmp_path / "began")

        bot.send_signal(signal.SIGTERM)

        assert bot.wait(timeout=60) == 0
    assert status_of(run) == Run.Status.STOPPED
    assert "shut down" in run.exit_reason
    assert Bot.objects.get().heartbeat_at is None


def test_a_draining_bot_takes_nothing_new(folder: Folder, tmp_path: Path) -> None:
    # given a bot at work
    automation = sample(folder, "test.patient")
    run = make_run(automation, dir=str(tmp_path))
    with bot_process(folder):
        read_pid(tmp_path / "began")
        bot = Bot.objects.get()

        # when
        set_standing(bot, Bot.Standing.DRAINING, by=ANNA)

        # then it finishes what it has in hand
        (tmp_path / "go").touch()
        eventually(lambda: has_ended(run))
        assert run.status == Run.Status.SUCCESSFUL

        # and what comes waits until it is enabled again
        waiting = make_run(automation, dir=str(tmp_path))
        beat = BotSlot.objects.get().heartbeat_at
        eventually(lambda: BotSlot.objects.get().heartbeat_at > beat)
        assert status_of(waiting) == Run.Status.PENDING
        set_standing(bot, Bot.Standing.ENABLED, by=ANNA)
        eventually(lambda: has_ended(waiting))
    assert waiting.status == Run.Status.SUCCESSFUL


def test_a_bot_disabled_while_it_claims_stops_what_it_claimed(
    folder: Folder, tmp_path: Path
) -> None:
    # given a run that was claimed so late that nobody asked it to stop
    run = make_run(sample(folder, "test.patient"), dir=str(tmp_path))
    with bot_process(folder):
        read_pid(tmp_path / "began")

        Bot.objects.update(standing=Bot.Standing.DISABLED)

        eventually(lambda: has_ended(run))
    assert run.status == Run.Status.STOPPED
    assert run.exit_reason == StopCause.BOT_STANDING.sentence()


def test_a_second_bot_of_the_same_name_is_refused(
    process_env: dict[str, str], folder: Folder
) -> None:
    with bot_process(folder):
        eventually(lambda: BotSlot.objects.exclude(pid=None).exists())
        with bot_command(process_env, folder) as second:
            assert second.wait(timeout=60) == 1


def test_a_forged_job_runs_nothing(folder: Folder, tmp_path: Path, redis: Any) -> None:
    # given jobs that somebody else wrote into our Redis: a foreign function, a callback, rubbish
    from rq import Callback, Queue
    from rq.serializers import JSONSerializer

    automation = sample(folder, "test.patient")
    proof = tmp_path / "forged"
    queue = Queue(f"pool-{automation.pool_id}", connection=redis, serializer=JSONSerializer)
    queue.enqueue("os.system", f"touch {proof}")
    queue.enqueue(
        "apps.bots.transport.execute_run",
        1,
        on_success=Callback("os.system"),
        on_failure=Callback("os.system"),
    )
    redis.hset("rq:job:rubbish", mapping={"data": b"\x80\x04rubbish", "origin": "x"})
    redis.rpush(queue.key, "rubbish", "missing")

    # when a bot listens there
    with bot_process(folder):
        eventually(lambda: redis.llen(queue.key) == 0)
        (tmp_path / "go").touch()
        run = make_run(automation, dir=str(tmp_path))
        eventually(lambda: has_ended(run))

    # then
    assert run.status == Run.Status.SUCCESSFUL
    assert not proof.exists()
