"""What becomes of the items that a session works, and what its log says of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from apps.bots.models import Automation, LogLine
from apps.queues import session
from apps.queues.models import Attempt, Ended, Parked, WorkQueue
from apps.queues.session import Session
from tests.queues.work import add_work, attempts_of

pytestmark = pytest.mark.django_db(transaction=True)


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
