"""The life of a run: who may move it, and what follows."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models.functions import Now

from apps.accounts.models import Folder
from apps.bots import registry
from apps.bots.exceptions import RunEndedError
from apps.bots.lifecycle import (
    claim_run,
    create_run,
    fail_run,
    finish_run,
    lose_runs_of_slot,
    reap_lost_runs,
    record_beat,
    record_progress,
    request_kill,
    request_stop,
    set_standing,
    stop_run,
)
from apps.bots.models import Automation, Bot, Run
from apps.bots.registration import register_bot
from apps.bots.registry import ExitReport
from apps.bots.releases import default_pool
from apps.bots.turns import TURN_SECONDS, is_turn_over
from apps.events.models import Event
from apps.lib.actors import Actor
from tests.bots.workers import sample, status_of

pytestmark = pytest.mark.django_db

ANNA = Actor(7, "Anna")


@pytest.fixture
def automation(folder: Folder) -> Automation:
    return sample(folder, "test.patient")


@pytest.fixture
def bot(folder: Folder) -> Bot:
    return register_bot(default_pool(folder), name="tester", n_slots=2)


@pytest.fixture
def taken_back() -> Iterator[list[tuple[int, int | None, bool]]]:
    """What the hook for lost runs was called with."""
    calls = []

    def hook(run_id: int, *, unit_in_hand: int | None, is_to_blame: bool) -> None:
        calls.append((run_id, unit_in_hand, is_to_blame))

    earlier = list(registry._shelf.run_lost)
    registry._shelf.run_lost[:] = [hook]
    yield calls
    registry._shelf.run_lost[:] = earlier


def waiting_run(automation: Automation) -> Run:
    version = automation.current_version
    assert version
    return create_run(version)


def claimed_run(automation: Automation, bot: Bot) -> Run:
    waiting_run(automation)
    run = claim_run(bot.pool_id, bot.pk, 1)
    assert run
    return run


def test_the_oldest_waiting_run_is_claimed_first(automation: Automation, bot: Bot) -> None:
    runs = [waiting_run(automation) for _ in range(2)]

    claimed = [claim_run(bot.pool_id, bot.pk, number) for number in (1, 2, 1)]

    assert [run and run.pk for run in claimed] == [runs[0].pk, runs[1].pk, None]
    assert claimed[0]
    assert claimed[0].token
    assert claimed[0].status == Run.Status.RUNNING


def test_sources_take_turns_at_slots(automation: Automation, bot: Bot) -> None:
    # given a source with many waiting runs, and two with one run each that came later
    for source in ("flood", "flood", "flood", "late", "last"):
        make(automation, source)

    # when slots claim, one after the other
    claimed = [claim_run(bot.pool_id, bot.pk, 1) for _ in range(5)]

    # then who has the fewest slots comes first
    assert [run and run.source for run in claimed] == ["flood", "late", "last", "flood", "flood"]


def test_the_source_that_was_longest_without_a_slot_comes_first(
    automation: Automation, bot: Bot
) -> None:
    # given one slot, and two sources that always want it
    served = []
    for _ in range(3):
        make(automation, "flood")
    make(automation, "other")
    make(automation, "other")

    # when
    for _ in range(4):
        run = claim_run(bot.pool_id, bot.pk, 1)
        assert run
        assert run.token
        served.append(run.source)
        finish_run(run.pk, run.token, ExitReport())
        Run.objects.filter(pk=run.pk).update(ended_at=Now() + timedelta(seconds=len(served)))

    # then
    assert served == ["flood", "other", "flood", "other"]


def make(automation: Automation, source: str) -> Run:
    version = automation.current_version
    assert version
    return create_run(version, source=source)


def ago(run: Run | None, field: str, seconds: float) -> None:
    assert run
    Run.objects.filter(pk=run.pk).update(**{field: Now() - timedelta(seconds=seconds)})


def test_a_turn_is_over_when_another_source_has_waited(automation: Automation, bot: Bot) -> None:
    # given a run that works, and one of another source that waits
    make(automation, "flood")
    mine = claim_run(bot.pool_id, bot.pk, 1)
    assert mine
    other = make(automation, "other")

    # then it is over when both its turn and the patience of the other are
    assert not is_turn_over(mine.pk)
    ago(mine, "started_at", TURN_SECONDS + 1)
    assert not is_turn_over(mine.pk)
    ago(other, "created_at", TURN_SECONDS + 1)
    assert is_turn_over(mine.pk)
    ago(mine, "started_at", 0)
    assert not is_turn_over(mine.pk)


def test_a_turn_is_not_over_for_more_of_the_same(automation: Automation, bot: Bot) -> None:
    make(automation, "flood")
    mine = claim_run(bot.pool_id, bot.pk, 1)
    ago(mine, "started_at", 60)
    ago(make(automation, "flood"), "created_at", 60)

    assert mine
    assert not is_turn_over(mine.pk)


@pytest.mark.parametrize(
    ("flooding", "others", "is_over"), [(1, 0, True), (1, 1, False), (2, 1, False), (3, 1, True)]
)
def test_slots_change_hands_only_towards_an_even_share(
    automation: Automation, bot: Bot, flooding: int, others: int, is_over: bool
) -> None:
    # given so many slots each, and a waiting run of the other source
    for source in ["flood"] * flooding + ["other"] * others:
        make(automation, source)
    held = [claim_run(bot.pool_id, bot.pk, 1) for _ in range(flooding + others)]
    first = next(run for run in held if run and run.source == "flood")
    for run in held:
        ago(run, "started_at", 30)
    ago(first, "started_at", 60)
    ago(make(automation, "other"), "created_at", TURN_SECONDS + 1)

    assert is_turn_over(first.pk) == is_over


def test_the_oldest_run_of_a_source_makes_room_first(automation: Automation, bot: Bot) -> None:
    # given two slots of one source, and another that waits
    for _ in range(2):
        make(automation, "flood")
    older, newer = (claim_run(bot.pool_id, bot.pk, number) for number in (1, 2))
    ago(older, "started_at", 60)
    ago(newer, "started_at", 30)
    waiting = make(automation, "other")

    # then the newer goes as well when the older takes its time
    assert older
    assert newer
    ago(waiting, "created_at", TURN_SECONDS + 1)
    assert (is_turn_over(older.pk), is_turn_over(newer.pk)) == (True, False)
    ago(waiting, "created_at", 2 * TURN_SECONDS + 1)
    assert (is_turn_over(older.pk), is_turn_over(newer.pk)) == (True, True)


@pytest.mark.django_db(transaction=True)
@pytest.mark.concurrency
def test_slots_that_claim_at_once_get_different_runs(automation: Automation, bot: Bot) -> None:
    # given as many runs as claims
    runs = {waiting_run(automation).pk for _ in range(20)}

    def claim(number: int) -> int | None:
        try:
            run = claim_run(bot.pool_id, bot.pk, number)
            return run and run.pk
        finally:
            connection.close()

    # when
    with ThreadPoolExecutor(8) as pool:
        claimed = list(pool.map(claim, range(20)))

    # then
    assert sorted(pk for pk in claimed if pk) == sorted(runs)


@pytest.mark.parametrize("standing", [Bot.Standing.DRAINING, Bot.Standing.DISABLED])
def test_a_bot_that_may_not_work_claims_nothing(
    automation: Automation, bot: Bot, standing: Bot.Standing
) -> None:
    waiting_run(automation)
    set_standing(bot, standing, by=ANNA)

    assert claim_run(bot.pool_id, bot.pk, 1) is None
    assert record_beat(bot.pk, 1).standing == standing


def test_only_the_holder_of_the_token_ends_a_run(automation: Automation, bot: Bot) -> None:
    run = claimed_run(automation, bot)
    assert run.token

    assert not finish_run(run.pk, uuid4(), ExitReport(output={"by": "a stranger"}))
    assert not fail_run(run.pk, uuid4(), reason="no")
    assert not record_progress(run.pk, uuid4(), n_successful=1, n_failed=0)
    assert finish_run(run.pk, run.token, ExitReport(output={"n": 1}, n_successful=5))
    assert not finish_run(run.pk, run.token, ExitReport(output={"n": 2}))

    assert status_of(run) == Run.Status.SUCCESSFUL
    assert run.output == {"n": 1}
    assert run.ended_at


def test_the_usual_time_is_a_slow_average(automation: Automation, bot: Bot) -> None:
    for seconds in (10.0, 20.0):
        run = claimed_run(automation, bot)
        assert run.token
        finish_run(run.pk, run.token, ExitReport(seconds_each=seconds))

    automation.refresh_from_db()
    assert automation.usual_seconds == pytest.approx(12.0)


def test_stopping_a_waiting_run_ends_it_at_once(automation: Automation) -> None:
    run = request_stop(waiting_run(automation).pk, by=ANNA, reason="not needed")

    assert run.status == Run.Status.STOPPED
    event = Event.objects.get(kind="run.stop_requested")
    assert (event.actor_name, event.data["reason"]) == ("Anna", "not needed")


def test_stopping_a_running_run_asks_its_slot(automation: Automation, bot: Bot) -> None:
    run = claimed_run(automation, bot)

    request_stop(run.pk, by=ANNA)

    orders = record_beat(bot.pk, 1, run_id=run.pk, token=run.token)
    assert (orders.is_ours, orders.must_stop, orders.must_kill) == (True, True, False)
    request_kill(run.pk, by=ANNA)
    assert record_beat(bot.pk, 1, run_id=run.pk, token=run.token).must_kill
    assert status_of(run) == Run.Status.STOPPING


def test_an_ended_run_can_not_be_stopped(automation: Automation, bot: Bot) -> None:
    run = claimed_run(automation, bot)
    assert run.token
    finish_run(run.pk, run.token, ExitReport())

    with pytest.raises(RunEndedError, match="ended already: Done"):
        request_stop(run.pk, by=ANNA)


def test_a_silent_run_is_lost_once_and_gives_back_what_it_held(
    automation: Automation, bot: Bot, taken_back: list[tuple[int, int | None, bool]]
) -> None:
    # given one run that is silent and one that is not
    silent, well = claimed_run(automation, bot), claimed_run(automation, bot)
    Run.objects.filter(pk=silent.pk).update(heartbeat_at=Now() - timedelta(seconds=31))
    Run.objects.filter(pk=well.pk).update(heartbeat_at=Now())

    # when
    assert [reap_lost_runs(1), reap_lost_runs(1)] == [[silent.pk], []]

    # then
    assert (status_of(silent), status_of(well)) == (Run.Status.LOST, Run.Status.RUNNING)
    assert taken_back == [(silent.pk, None, True)]
    assert not record_beat(bot.pk, 1, run_id=silent.pk, token=silent.token).is_ours


def test_silence_while_the_database_was_away_does_not_count(
    automation: Automation, bot: Bot
) -> None:
    run = claimed_run(automation, bot)
    Run.objects.filter(pk=run.pk).update(heartbeat_at=Now() - timedelta(days=365))

    assert reap_lost_runs(silent_seconds=30 * 86_400) == []


def test_a_new_process_of_a_slot_ends_what_the_earlier_one_left(
    automation: Automation, bot: Bot
) -> None:
    run = claimed_run(automation, bot)

    assert lose_runs_of_slot(bot.pk, 2) == []
    assert lose_runs_of_slot(bot.pk, 1) == [run.pk]


def test_who_is_shut_down_does_not_blame_its_item_but_who_breaks_or_hangs_does(
    automation: Automation, bot: Bot, taken_back: list[tuple[int, int | None, bool]]
) -> None:
    shut, hung, broken = (claimed_run(automation, bot) for _ in range(3))
    assert shut.token
    assert hung.token
    assert broken.token

    stop_run(shut.pk, shut.token, reason="shut down", unit_in_hand=5)
    stop_run(hung.pk, hung.token, reason="too long", unit_in_hand=6, is_to_blame=True)
    fail_run(broken.pk, broken.token, reason="signal 11", unit_in_hand=7)

    assert taken_back == [(shut.pk, 5, False), (hung.pk, 6, True), (broken.pk, 7, True)]


def test_a_run_that_can_not_be_given_up_does_not_keep_the_others(
    automation: Automation, bot: Bot, taken_back: list[tuple[int, int | None, bool]]
) -> None:
    # given two silent runs, of which the first can't give back what it holds
    stuck, other = claimed_run(automation, bot), claimed_run(automation, bot)
    Run.objects.update(heartbeat_at=Now() - timedelta(seconds=31))

    def refuse(run_id: int, **_how: object) -> None:
        if run_id == stuck.pk:
            raise ValueError("no")

    registry._shelf.run_lost.append(refuse)

    # then the other is lost, and the first stays as it is
    assert reap_lost_runs(1) == [other.pk]
    assert (status_of(stuck), status_of(other)) == (Run.Status.RUNNING, Run.Status.LOST)


def test_a_run_ends_whatever_its_error_says(automation: Automation, bot: Bot) -> None:
    run = claimed_run(automation, bot)
    assert run.token

    assert fail_run(run.pk, run.token, reason="nul \x00 and half \ud800 a pair")

    assert status_of(run) == Run.Status.FAULTED


def test_a_run_without_progress_for_three_times_its_usual_time_is_hung(
    automation: Automation, bot: Bot
) -> None:
    # given two runs without progress for 100 s
    run = claimed_run(automation, bot)
    Run.objects.filter(pk=run.pk).update(progress_at=Now() - timedelta(seconds=100))

    def is_hung(usual_seconds: float | None) -> bool:
        Automation.objects.filter(pk=automation.pk).update(usual_seconds=usual_seconds)
        return Run.objects.with_hung().get(pk=run.pk).is_hung

    # then what is usual decides; what was never measured may take its whole limit
    assert [is_hung(30), is_hung(40), is_hung(0.01), is_hung(None)] == [True, False, True, False]


def test_a_bot_answers_while_its_heart_beats(bot: Bot) -> None:
    assert Bot.objects.with_presence().get(pk=bot.pk).answers
    Bot.objects.filter(pk=bot.pk).update(heartbeat_at=Now() - timedelta(seconds=16))
    assert not Bot.objects.with_presence().get(pk=bot.pk).answers


def test_a_change_of_standing_is_recorded_and_stops_runs(automation: Automation, bot: Bot) -> None:
    run = claimed_run(automation, bot)

    set_standing(bot, Bot.Standing.DISABLED, by=ANNA, reason="breaks things")

    assert status_of(run) == Run.Status.STOPPING
    event = Event.objects.get(kind="bot.standing_changed")
    assert event.data == {
        "name": "tester",
        "before": "enabled",
        "after": "disabled",
        "reason": "breaks things",
    }
