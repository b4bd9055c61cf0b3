"""Handing results in: what they lead to, what is refused, what sending them twice does."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.utils import timezone

from apps.events.models import Event, Outbox
from apps.lib.errors import InvalidError
from apps.queues.lifecycle import (
    LeasedItem,
    Refusal,
    Result,
    finish_and_lease,
    finish_items,
    lease_items,
)
from apps.queues.models import Attempt, Ended, Lease, Parked, Ready, Scheduled, WorkQueue
from apps.queues.upkeep import reap_leases
from tests.factories_queues import make_item, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


def take_one(queue: WorkQueue, **values: object) -> LeasedItem:
    make_items(queue, 1, **values)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    return leased


def result(leased: LeasedItem, outcome: str = "successful", **values: object) -> Result:
    return Result(leased.id, leased.token, outcome, **values)  # type: ignore[arg-type]


def fail(leased: LeasedItem, **values: object) -> None:
    values.setdefault("message", "The ERP did not answer.")
    finished = finish_items([result(leased, "application_exception", **values)])
    assert finished.finished == [leased.id]


def test_a_success_ends_the_item_and_keeps_its_output():
    leased = take_one(make_queue())

    finished = finish_items([result(leased, output={"posted": "4711"})])

    assert (finished.finished, finished.refused) == ([leased.id], [])
    assert status_of(leased.id) == "successful"
    attempt = Attempt.objects.get(item_id=leased.id)
    assert attempt.output == {"posted": "4711"}
    assert (attempt.number, attempt.outcome, attempt.bot) == (1, "successful", "Robbie")
    assert attempt.started_at <= attempt.ended_at


def test_finish_and_lease_does_both_in_one_call():
    queue = make_queue()
    ids = make_items(queue, 3)
    first = lease_items(queue.pk, n=2, bot="Robbie")

    finished, leased = finish_and_lease(
        [result(item) for item in first], queue_id=queue.pk, n=2, bot="Robbie"
    )

    assert finished.finished == ids[:2]
    assert [item.id for item in leased] == ids[2:]


def test_a_data_problem_is_never_tried_again_and_asks_a_person():
    leased = take_one(make_queue(max_attempts=5))

    finish_items([result(leased, "business_exception", code="SUM", message="The sum is wrong.")])

    parked = Parked.objects.get(item_id=leased.id)
    assert (parked.status, parked.cause) == ("needs_decision", "business_exception")
    assert (parked.code, parked.message) == ("SUM", "The sum is wrong.")
    news = Outbox.objects.get(kind="work_item.needs_decision").data
    assert news == {
        "queue_id": parked.queue_id,
        "items": [
            {
                "id": leased.id,
                "attempt": 1,
                "cause": "business_exception",
                "code": "SUM",
                "message": "The sum is wrong.",
            }
        ],
    }


def test_a_queue_may_fail_items_on_data_problems():
    leased = take_one(make_queue(on_business_exception="fail"))

    finish_items([result(leased, "business_exception", message="The sum is wrong.")])

    ended = Ended.objects.get(item_id=leased.id)
    assert (ended.status, ended.note) == ("failed", "The sum is wrong.")
    assert [news.kind for news in Outbox.objects.all()] == ["work_item.failed"]


def test_what_failed_is_told_once_for_all_that_one_statement_ended():
    queue = make_queue()
    make_items(queue, 3)
    leased = lease_items(queue.pk, n=3, bot="Robbie")

    finish_items([result(each, "application_exception") for each in leased[:2]])
    finish_items([result(leased[2], "successful")])

    (news,) = Outbox.objects.filter(kind="work_item.failed")
    assert sorted(news.data["tries"]) == [[leased[0].id, 1], [leased[1].id, 1]]
    ended = Attempt.objects.get(item_id=leased[0].id).ended_at
    assert datetime.fromisoformat(news.data["at"]) == ended


def test_a_system_problem_is_tried_again_after_the_delay():
    leased = take_one(make_queue(retry_delay_seconds=30, retry_backoff="fixed"))

    fail(leased)

    waiting = Scheduled.objects.get(item_id=leased.id)
    assert waiting.why == "retry"
    assert (waiting.attempt, waiting.tries) == (2, 1)
    delay = waiting.available_at - timezone.now()
    assert timedelta(seconds=28) < delay < timedelta(seconds=34)
    assert status_of(leased.id) == "new"


def test_a_retry_without_delay_is_ready_at_once_and_keeps_its_place_in_the_line():
    queue = make_queue(retry_delay_seconds=0)
    leased = take_one(queue)
    make_items(queue, 3)

    fail(leased)

    (again,) = lease_items(queue.pk, n=1, bot="Marvin")
    assert (again.id, again.attempt) == (leased.id, 2)


def test_exhausted_tries_ask_a_person():
    queue = make_queue(max_attempts=2, retry_delay_seconds=0)
    fail(take_one(queue))

    (again,) = lease_items(queue.pk, n=1, bot="Robbie")
    fail(again)

    assert Parked.objects.get(item_id=again.id).cause == "exhausted"
    assert [a.number for a in Attempt.objects.order_by("number")] == [1, 2]


def test_exhausted_tries_fail_the_item_when_the_queue_says_so():
    leased = take_one(make_queue(max_attempts=1, on_exhausted="fail"))

    fail(leased)

    assert status_of(leased.id) == "failed"


def test_the_bot_may_say_when_to_try_again():
    leased = take_one(make_queue())
    moment = timezone.now() + timedelta(hours=5)

    fail(leased, available_at=moment)

    assert Scheduled.objects.get(item_id=leased.id).available_at == moment


@pytest.mark.parametrize(
    ("then", "status"),
    [("skip", "skipped"), ("fail", "failed"), ("person", "needs_decision")],
    ids=["skip leaves it out", "fail fails it", "person asks somebody"],
)
def test_the_first_rule_that_matches_decides(then, status):
    rules = [
        {"when": {"code": "OTHER-*"}, "then": "retry"},
        {"when": {"class": "application", "code": "ERP-*"}, "then": then},
        {"when": {}, "then": "retry"},
    ]
    leased = take_one(make_queue(error_rules=rules))

    fail(leased, code="ERP-DOWN")

    assert status_of(leased.id) == status


def test_a_rule_may_pause_the_queue_and_the_item_waits_with_its_try_uncounted():
    rules = [{"when": {"code": "ERP-DOWN"}, "then": "pause_queue"}]
    queue = make_queue(error_rules=rules)
    leased = take_one(queue)

    fail(leased, code="ERP-DOWN", message="The ERP is down.")

    queue.refresh_from_db()
    assert queue.is_paused
    assert "The ERP is down." in queue.paused_reason
    assert Ready.objects.get(item_id=leased.id).tries == 0
    assert Event.objects.get(kind="queue.paused").subject_id == queue.pk


def test_a_broken_stored_rule_does_not_keep_results_from_being_finished():
    leased = take_one(make_queue(error_rules=[{"then": "explode"}, "nonsense"], max_attempts=1))

    fail(leased)

    assert status_of(leased.id) == "needs_decision"


def test_what_is_given_back_is_ready_again_and_counts_for_nothing():
    queue = make_queue()
    leased = take_one(queue)

    finish_items([result(leased, "released")])

    ready = Ready.objects.get(item_id=leased.id)
    assert (ready.tries, ready.losses, ready.attempt) == (0, 0, 2)
    assert Attempt.objects.get(item_id=leased.id).outcome == "released"


def test_what_is_given_back_may_be_deferred():
    leased = take_one(make_queue())
    moment = timezone.now() + timedelta(hours=1)

    finish_items([result(leased, "released", available_at=moment)])

    waiting = Scheduled.objects.get(item_id=leased.id)
    assert (waiting.available_at, waiting.why) == (moment, "deferred")


def test_an_unknown_lease_is_refused():
    leased = take_one(make_queue())

    finished = finish_items([Result(leased.id, uuid4(), "successful")])

    assert finished.refused == [Refusal(leased.id, "lease_lost")]
    assert status_of(leased.id) == "in_progress"


def test_an_unknown_item_is_refused_as_unknown():
    finished = finish_items([Result(987_654_321, uuid4(), "successful")])

    assert finished.refused == [Refusal(987_654_321, "unknown")]


def test_a_lease_that_ran_out_is_lost_even_before_the_sweep_comes():
    leased = take_one(make_queue())
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    finished = finish_items([result(leased)])

    assert finished.refused == [Refusal(leased.id, "lease_lost")]


def test_a_late_finish_is_refused_and_the_item_ends_once():
    queue = make_queue()
    late = take_one(queue)
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    reap_leases()
    (again,) = lease_items(queue.pk, n=1, bot="Marvin")

    finished = finish_items([result(late, output={"by": "late"})])

    assert finished.refused == [Refusal(late.id, "lease_lost")]
    assert finish_items([result(again)]).finished == [again.id]
    assert finish_items([result(late)]).refused == [Refusal(late.id, "lease_lost")]
    assert Ended.objects.count() == 1


@pytest.mark.parametrize("outcome", ["successful", "business_exception", "released"])
def test_the_same_result_sent_twice_is_finished_once_and_answered_as_finished(outcome):
    leased = take_one(make_queue())
    finish_items([result(leased, outcome)])

    again = finish_items([result(leased, outcome)])

    assert (again.finished, again.refused) == ([leased.id], [])
    assert Attempt.objects.count() == 1


def test_another_result_for_a_finished_lease_is_refused():
    leased = take_one(make_queue())
    finish_items([result(leased)])

    again = finish_items([result(leased, "business_exception")])

    assert again.refused == [Refusal(leased.id, "already_finished")]
    assert status_of(leased.id) == "successful"


def test_one_call_with_the_same_result_twice_and_one_that_contradicts():
    leased = take_one(make_queue())

    finished = finish_items([result(leased), result(leased), result(leased, "business_exception")])

    assert finished.finished == [leased.id]
    assert finished.refused == [Refusal(leased.id, "already_finished")]
    assert Attempt.objects.count() == 1


def test_results_of_all_kinds_in_one_call_each_take_effect():
    queue = make_queue(retry_delay_seconds=30)
    make_items(queue, 4)
    good, wrong, down, back = lease_items(queue.pk, n=4, bot="Robbie")

    finished = finish_items(
        [
            result(wrong, "business_exception"),
            result(good),
            Result(987_654_321, uuid4(), "successful"),
            result(back, "released"),
            result(down, "application_exception"),
        ]
    )

    assert finished.finished == [wrong.id, good.id, back.id, down.id]
    assert [refusal.reason for refusal in finished.refused] == ["unknown"]
    statuses = [status_of(item.id) for item in (good, wrong, down, back)]
    assert statuses == ["successful", "needs_decision", "new", "new"]


@pytest.mark.parametrize(
    "output",
    [{"name": "a\x00b"}, {"n": 2**70}, {"name": "\ud800"}],
    ids=["NUL", "more than 64 bits", "half a surrogate pair"],
)
def test_an_output_that_cannot_be_stored_is_refused_and_nothing_is_finished(output):
    leased = take_one(make_queue())

    with pytest.raises(InvalidError, match="output"):
        finish_items([result(leased, output=output)])

    assert status_of(leased.id) == "in_progress"


def test_an_output_that_only_looks_like_nul_is_kept():
    leased = take_one(make_queue())

    finish_items([result(leased, output={"pattern": "\\u0000"})])

    assert Attempt.objects.get().output == {"pattern": "\\u0000"}


def test_texts_of_any_kind_and_length_are_stored_cut():
    leased = take_one(make_queue())

    fail(leased, code="C" * 500, message="a\x00b\ud800" + "m" * 20_000, error_class="E" * 500)

    attempt = Attempt.objects.get()
    assert (len(attempt.code), len(attempt.error_class)) == (100, 200)
    assert len(attempt.message) < 9_000


def test_an_item_that_expires_while_it_is_worked_may_still_be_finished():
    item = make_item(make_queue(), expires_at=timezone.now() + timedelta(milliseconds=300))
    (leased,) = lease_items(item.queue_id, n=1, bot="Robbie")

    finished = finish_items([result(leased)])

    assert finished.finished == [item.pk]
