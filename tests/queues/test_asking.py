"""Automations that say how sure they are, and that ask: in a session of this process."""

import math
from collections.abc import Callable, Iterator
from datetime import date

import pytest

from apps.accounts.models import Folder
from apps.bots.board import Board
from apps.bots.horse import RunBeat
from apps.bots.lifecycle import claim_run, create_run
from apps.bots.models import Automation
from apps.bots.registration import register_bot
from apps.queues import session
from apps.queues.models import Ended, Gate, ItemAnswer, Parked, Prediction, QueueRun, WorkQueue
from apps.queues.results import as_stored
from apps.queues.session import Session
from tests.bots.workers import sample
from tests.queues.work import add_work, attempts_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def queue(folder: Folder) -> WorkQueue:
    gate = Gate.objects.create(
        folder=folder, key="orders", title="Orders", thresholds={"default": 0.8}, sample_share=0
    )
    return WorkQueue.objects.create(
        folder=folder,
        key="orders",
        title="Orders",
        automation=sample(folder, "test.work"),
        gate=gate,
    )


@pytest.fixture
def work(queue: WorkQueue, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], object]]:
    """`work()` lets a session drain the queue and returns its report."""
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    automation = Automation.objects.get(pk=queue.automation_id)
    bot = register_bot(automation.pool, name="tester")
    beats: list[RunBeat] = []

    def work() -> object:
        assert automation.current_version
        QueueRun.objects.create(run=create_run(automation.current_version), queue=queue)
        run = claim_run(bot.pool_id, bot.pk, 1)
        assert run
        beats.append(RunBeat(run, Board()))
        return Session(queue, run, beats[-1]).work()

    yield work
    for beat in beats:
        beat.end()


def test_what_is_predicted_is_handed_in_with_the_result(queue, work):
    sure, unsure, plain, nonsense = add_work(
        queue,
        {"do": "read", "sure": 0.95},
        {"do": "read", "sure": 0.4},
        {},
        {"do": "read", "sure": float(7)},
    )

    report = work()

    assert set(Ended.objects.values_list("item_id", flat=True)) == {sure, plain}
    assert set(Parked.objects.filter(cause="low_confidence").values_list("item_id", flat=True)) == {
        unsure
    }
    read = Prediction.objects.get(item_id=unsure)
    assert (read.field, read.value, read.confidence, read.went) == ("vendor", "ACME", 0.4, "person")
    assert (read.model, read.source) == ("stub", "Line 1")
    assert read.region == {"file": "a.pdf", "page": 1}
    assert not Prediction.objects.filter(item_id__in=(plain, nonsense)).exists()
    assert "must be a number from 0 to 1, not 7.0" in attempts_of(nonsense)[0].message
    assert (report.n_successful, report.n_failed) == (3, 1)


def test_a_question_ends_the_try_and_its_answer_reaches_the_next(queue, work):
    (item,) = add_work(queue, {"do": "ask"})

    report = work()

    (asked,) = attempts_of(item)
    assert (asked.outcome, asked.code, asked.message) == ("asked", "vendor", "Which vendor is it?")
    assert asked.output["question"]["values"] == {"vendor": "ACME"}
    assert Parked.objects.get(item_id=item).cause == "asked"
    assert (report.n_successful, report.n_failed) == (0, 0)

    ItemAnswer.objects.create(
        item_id=item, key="vendor", decision="take", values={"vendor": "Globex"}, answered_by="Ada"
    )
    from apps.lib.actors import SYSTEM
    from apps.queues.lifecycle import retry_item

    retry_item(item, by=SYSTEM)
    work()

    assert attempts_of(item)[-1].output == {"decision": "take", "by": "Ada", "vendor": "Globex"}
    assert Ended.objects.get(item_id=item).status == "successful"


def test_a_question_that_can_not_be_asked_is_a_failure_that_says_why(queue, work):
    queue.max_attempts = 1
    queue.save(update_fields=["max_attempts"])
    (item,) = add_work(queue, {"do": "ask_badly"})

    report = work()

    (attempt,) = attempts_of(item)
    assert (attempt.outcome, attempt.code) == ("application_exception", "unusable_question")
    assert "title: must be text of 1 to 300 characters" in attempt.message
    assert (report.n_successful, report.n_failed) == (0, 1)


def test_what_was_read_is_handed_in_as_the_database_keeps_it():
    read = {"fields": {"day": {"value": date(2026, 3, 1), "confidence": 0.5}}}
    odd = {"fields": {"total": {"value": math.nan, "confidence": 0.5}}}

    assert as_stored(read)["fields"]["day"]["value"] == "2026-03-01"
    assert as_stored(odd)["fields"]["total"]["value"] is None
