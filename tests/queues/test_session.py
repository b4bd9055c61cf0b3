"""A session in this process: what becomes of items, and what is given back."""

import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from apps.accounts.models import Folder
from apps.bots import turns
from apps.bots.board import Board, StopCause
from apps.bots.horse import RunBeat
from apps.bots.lifecycle import claim_run, create_run, fail_run
from apps.bots.models import Automation, Bot, LogLine, Run
from apps.bots.registration import register_bot
from apps.lib import doorbell
from apps.queues import guard, session
from apps.queues.lifecycle import Renewed, renew_leases
from apps.queues.models import Attempt, Ended, Lease, Parked, QueueRun, Ready, WorkQueue
from apps.queues.session import Session, bell_of
from apps.queues.upkeep import reap_leases
from tests.bots.workers import eventually, sample
from tests.queues.work import add_work, attempts_of

pytestmark = pytest.mark.django_db(transaction=True)


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


def test_each_item_ends_as_its_automation_says(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    # given an item for each way to end
    done, wrong, down, bug, leave, bad, last = add_work(
        queue,
        {},
        {"do": "wrong_data"},
        {"do": "no_system"},
        {"do": "bug"},
        {"do": "leave"},
        {"do": "bad_output"},
        {},
    )

    # when
    report = new_session().work()

    # then
    outcome = {item: attempts_of(item)[0] for item in (done, wrong, down, bug, leave, bad, last)}
    assert outcome[done].outcome == outcome[last].outcome == Attempt.Outcome.SUCCESSFUL
    assert outcome[done].output == {"seen": 1}
    assert outcome[wrong].outcome == Attempt.Outcome.BUSINESS_EXCEPTION
    assert (outcome[wrong].code, outcome[wrong].message) == ("total", "The total is wrong.")
    assert outcome[wrong].output == {"field": "total"}
    for item in (down, bug, leave, bad):
        assert outcome[item].outcome == Attempt.Outcome.APPLICATION_EXCEPTION
    assert outcome[down].code == "erp_down"
    assert outcome[bug].error_class == "builtins.KeyError"
    assert 'KeyError("amount")' in outcome[bug].detail
    assert "NUL" in outcome[bad].message
    assert (report.n_successful, report.n_failed) == (2, 5)


@pytest.mark.parametrize(
    ("deed", "outcome", "code", "message"),
    [
        ("business_number", Attempt.Outcome.BUSINESS_EXCEPTION, "404", "wrong"),
        ("unreadable", Attempt.Outcome.APPLICATION_EXCEPTION, "", "<UnreadableError>"),
        ("panic", Attempt.Outcome.APPLICATION_EXCEPTION, "", "index out of bounds"),
        ("cancelled", Attempt.Outcome.APPLICATION_EXCEPTION, "", "CancelledError"),
        ("half_a_pair", Attempt.Outcome.APPLICATION_EXCEPTION, "half", "half ? a pair"),
    ],
)
def test_a_try_counts_whatever_it_raises(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    deed: str,
    outcome: str,
    code: str,
    message: str,
) -> None:
    item, following = add_work(queue, {"do": deed}, {})

    report = new_session().work()

    attempt = attempts_of(item)[0]
    assert (attempt.outcome, attempt.code, attempt.message) == (outcome, code, message)
    assert attempts_of(following)[0].outcome == Attempt.Outcome.SUCCESSFUL
    assert (report.n_successful, report.n_failed) == (1, 1)


def test_a_rule_pauses_the_queue_whatever_the_error_says(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    queue.error_rules = [{"when": {"code": "half"}, "then": "pause_queue"}]
    queue.save(update_fields=["error_rules"])
    (item,) = add_work(queue, {"do": "half_a_pair"})

    new_session().work()

    queue.refresh_from_db()
    assert queue.paused_at
    assert "half ? a pair" in queue.paused_reason
    assert attempts_of(item)[0].code == "half"


def test_one_result_that_can_not_be_stored_leaves_the_others_alone(
    queue: WorkQueue, new_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a session that hands in all at its end, one result among them that nobody checked
    monkeypatch.setattr(session, "check_storable", lambda _output: None)
    working = new_session()
    done, bad, last = add_work(queue, {}, {"do": "bad_output"}, {})
    working._exchange(lease=True)
    working._work_waiting()

    # when
    working._give_back()

    # then
    outcomes = [attempts_of(item)[0].outcome for item in (done, bad, last)]
    assert outcomes == [
        Attempt.Outcome.SUCCESSFUL,
        Attempt.Outcome.APPLICATION_EXCEPTION,
        Attempt.Outcome.SUCCESSFUL,
    ]
    assert attempts_of(bad)[0].code == "unstorable_result"


def test_a_session_that_breaks_leaves_on_the_board_what_it_had_in_hand(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    board: Board,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given a fault of our own in the middle of an item
    def break_down(*_what: object) -> None:
        raise RuntimeError("our own fault")

    first, second = add_work(queue, {"do": "bug"}, {})
    monkeypatch.setattr(session, "failed", break_down)
    working = new_session()

    # when
    with pytest.raises(RuntimeError):
        working.work()
    fail_run(working.run.pk, working.beat.token, reason="broke", unit_in_hand=board.unit_in_hand)

    # then it counts against the item in hand, and against no other
    assert board.unit_in_hand == first
    assert [attempt.outcome for attempt in attempts_of(first)] == [Attempt.Outcome.LOST]
    assert Attempt.Outcome.LOST not in [attempt.outcome for attempt in attempts_of(second)]
    assert set(Ready.objects.values_list("item_id", flat=True)) == {first, second}


def test_an_item_leased_anew_while_its_old_lease_is_renewed_is_worked(
    queue: WorkQueue, new_session: Callable[[], Session], monkeypatch: pytest.MonkeyPatch
) -> None:
    # given a session with an item that it gives back and gets again while a renewal is under way
    (item,) = add_work(queue, {})
    working = new_session()
    working._exchange(lease=True)
    working.guard.renew_seconds = 0

    def give_back_and_lease(due: Sequence[tuple[int, UUID]]) -> Renewed:
        working._give_back()
        working._exchange(lease=True)
        return renew_leases(due)

    monkeypatch.setattr(guard, "renew_leases", give_back_and_lease)

    # when
    working.guard._renew()
    working._work_waiting()
    working._give_back()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [
        Attempt.Outcome.RELEASED,
        Attempt.Outcome.SUCCESSFUL,
    ]


def test_an_item_lost_before_it_was_begun_goes_back_unworked(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    (item,) = add_work(queue, {})
    working = new_session()
    working._exchange(lease=True)
    working.guard.note_lost(item)

    working._work_waiting()
    working._give_back()

    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.RELEASED]
    assert not working.guard.held
    assert not working.guard.lost


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


def test_odd_words_break_nothing(queue: WorkQueue, new_session: Callable[[], Session]) -> None:
    (item,) = add_work(queue, {"do": "odd_words"})

    working = new_session()
    working.work()
    working.beat.end()

    line = LogLine.objects.get(item_id=item)
    assert (line.message, line.level) == ("'amount'", "info")
    assert attempts_of(item)[0].outcome == Attempt.Outcome.SUCCESSFUL


def test_failures_stand_in_the_log_with_item_and_attempt(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    (item,) = add_work(queue, {"do": "no_system"}, references=["A-1"])

    working = new_session()
    working.work()
    working.beat.end()

    line = LogLine.objects.get(item_id=item)
    assert (line.run_id, line.attempt, line.level) == (working.run.pk, 1, "warning")
    assert line.message == "A-1: System problem: The ERP is down."


def test_automations_log_and_tell_their_progress(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    (item,) = add_work(queue, {"do": "tell"}, references=["A-1"])

    working = new_session()
    working.work()
    working.beat.end()

    assert LogLine.objects.get(item_id=item).message == "working A-1"
    assert Ended.objects.get().item_id == item


def test_many_quick_items_are_leased_in_ever_larger_groups(
    queue: WorkQueue, new_session: Callable[[], Session]
) -> None:
    add_work(queue, *[{}] * 300)

    working = new_session()
    report = working.work()

    assert report.n_successful == 300
    assert working.n_ahead > 50
    assert not Lease.objects.exists()


def test_what_takes_long_is_leased_one_by_one(
    queue: WorkQueue, automation: Automation, new_session: Callable[[], Session]
) -> None:
    Automation.objects.filter(pk=automation.pk).update(usual_seconds=30)

    assert new_session().n_ahead == 1


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


def test_an_item_that_takes_too_long_is_interrupted_and_the_next_is_worked(
    queue: WorkQueue, automation: Automation, new_session: Callable[[], Session]
) -> None:
    Automation.objects.filter(pk=automation.pk).update(max_item_seconds=1)
    slow, following = add_work(queue, {"do": "loop"}, {})

    new_session().work()

    attempt = attempts_of(slow)[0]
    assert attempt.outcome == Attempt.Outcome.APPLICATION_EXCEPTION
    assert attempt.code == "time_limit"
    assert attempts_of(following)[0].outcome == Attempt.Outcome.SUCCESSFUL


def test_what_waits_behind_a_long_item_is_handed_in_or_goes_back(
    queue: WorkQueue,
    new_session: Callable[[], Session],
    tmp_path: Path,
    in_background: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # given an item that takes long, one done before it, and two leased behind it
    monkeypatch.setattr(guard, "PATIENCE_SECONDS", 0.1)
    done, long, *rest = add_work(queue, {}, {"do": "wait", "dir": str(tmp_path)}, {}, {})
    seen = []

    def go_on_when_given_back() -> None:
        eventually((tmp_path / f"began-{long}-1").exists)
        eventually(lambda: Ready.objects.count() == 2)
        eventually(lambda: Ended.objects.filter(item_id=done).exists())
        seen.extend(Ready.objects.values_list("item_id", flat=True))
        (tmp_path / f"go-{long}").touch()

    in_background(go_on_when_given_back)

    # when
    report = new_session().work()

    # then the two were free meanwhile, and are worked in the end
    assert set(seen) == set(rest)
    assert report.n_successful == 4


def test_leases_are_renewed_while_an_item_takes_its_time(
    queue: WorkQueue, new_session: Callable[[], Session], tmp_path: Path, in_background: Any
) -> None:
    # given leases of one second
    WorkQueue.objects.filter(pk=queue.pk).update(lease_seconds=1)
    queue.refresh_from_db()
    (item,) = add_work(queue, {"do": "wait", "dir": str(tmp_path)})

    def go_on_after_renewals() -> None:
        eventually((tmp_path / f"began-{item}-1").exists)
        first = Lease.objects.get().expires_at
        eventually(lambda: (Lease.objects.get().expires_at - first).total_seconds() > 1.1)
        reap_leases()
        (tmp_path / f"go-{item}").touch()

    in_background(go_on_after_renewals)

    # when
    new_session().work()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.SUCCESSFUL]


def test_an_item_whose_lease_was_lost_is_dropped_and_its_result_refused(
    queue: WorkQueue, new_session: Callable[[], Session], tmp_path: Path, in_background: Any
) -> None:
    # given a lease that runs out while the item is in hand (as after a long silence)
    WorkQueue.objects.filter(pk=queue.pk).update(lease_seconds=1)
    queue.refresh_from_db()
    (item,) = add_work(queue, {"do": "wait_or_stop", "dir": str(tmp_path)})

    def take_away() -> None:
        eventually((tmp_path / f"began-{item}-1").exists)
        Lease.objects.update(expires_at="2020-01-01T00:00Z")
        reap_leases()
        WorkQueue.objects.update(paused_at="2020-01-01T00:00Z")

    in_background(take_away)

    # when: the automation learns by `should_stop` that it works in vain
    working = new_session()
    working.work()
    working.beat.end()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [Attempt.Outcome.LOST]
    assert LogLine.objects.filter(item_id=item, message__contains="refused").exists()
    assert Ready.objects.get().item_id == item


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


def test_an_effect_happens_once_over_all_tries(
    queue: WorkQueue, new_session: Callable[[], Session], tmp_path: Path
) -> None:
    # given an act that is refused at the first try, which proves that nothing happened
    WorkQueue.objects.filter(pk=queue.pk).update(retry_delay_seconds=0)
    (item,) = add_work(queue, {"do": "post", "dir": str(tmp_path), "refused": 1})

    # when
    new_session().work()

    # then
    assert [attempt.outcome for attempt in attempts_of(item)] == [
        Attempt.Outcome.APPLICATION_EXCEPTION,
        Attempt.Outcome.SUCCESSFUL,
    ]
    assert (tmp_path / "posted").read_text().split() == [str(item)]
    assert attempts_of(item)[1].output == {"booking": f"booking-{item}"}
    assert not Parked.objects.exists()
