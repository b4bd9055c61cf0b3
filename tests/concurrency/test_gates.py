"""Gates and questions under fire: results sent at once, answers against cancels, killed bots."""

import itertools

import pytest

from apps.events.bus import deliver_outbox
from apps.inbox.lifecycle import open_second_looks
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError
from apps.queues.checks import item_faults
from apps.queues.lifecycle import (
    LeasedItem,
    Result,
    answer_item,
    cancel_item,
    finish_items,
    lease_items,
)
from apps.queues.lifecycle.gates import change_gate
from apps.queues.models import Attempt, Gate, ItemAnswer, Parked, Prediction, WorkQueue
from tests.concurrency.mortals import die_at
from tests.concurrency.racing import flat, race, race_same
from tests.factories_queues import ANNA, make_items, make_queue, status_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.concurrency]

FIELDS = 5
# more than one settling sends
LATEST_DEATH = 40


@pytest.fixture
def queue() -> WorkQueue:
    queue = make_queue()
    queue.gate = Gate.objects.create(
        folder=queue.folder, key="g", title="G", thresholds={"default": 0.8}, sample_share=0
    )
    queue.save(update_fields=["gate"])
    return queue


def read(leased: LeasedItem, sure: float) -> Result:
    fields = {f"f{n}": {"value": n, "confidence": sure} for n in range(FIELDS)}
    outcome = Attempt.Outcome.SUCCESSFUL
    return Result(leased.id, leased.token, outcome, {}, predictions={"fields": fields})


def asked(leased: LeasedItem) -> Result:
    question = {"key": "q", "title": "Which?"}
    return Result(
        leased.id,
        leased.token,
        Attempt.Outcome.ASKED,
        code="q",
        message="Which?",
        question=question,
    )


def test_the_same_results_sent_at_once_leave_one_set_of_predictions(queue):
    make_items(queue, 40)
    leased = lease_items(queue.pk, n=40, bot="Robbie")
    results = [read(each, sure=each.id % 2) for each in leased]

    told = race_same(4, lambda n: finish_items(results if n % 2 else results[::-1]))

    assert all(sorted(each.finished) == sorted(one.id for one in leased) for each in told)
    assert Prediction.objects.count() == 40 * FIELDS
    assert Attempt.objects.count() == 40
    assert item_faults().faults == []


def test_an_answer_and_a_cancel_at_once_have_one_winner(queue):
    ids = make_items(queue, 20)
    finish_items([asked(each) for each in lease_items(queue.pk, n=20, bot="Robbie")])

    def answer() -> set[int]:
        return {
            item for item in ids if _won(lambda i=item: answer_item(i, "q", decision="a", by=ANNA))
        }

    def cancel() -> set[int]:
        return {
            item
            for item in reversed(ids)
            if _won(lambda i=item: cancel_item(i, by=ANNA, reason="No."))
        }

    answered, cancelled = race(answer, cancel)

    # an answered item waits, and waiting items may be cancelled
    assert cancelled | answered == set(ids)
    assert set(ItemAnswer.objects.values_list("item_id", flat=True)) == answered
    assert {item for item in ids if status_of(item) == "cancelled"} == cancelled
    assert item_faults().faults == []


def _won(verb) -> bool:
    try:
        verb()
    except ConflictError:
        return False
    return True


def test_the_news_of_a_sample_heard_by_several_at_once_opens_one_second_look(queue):
    Gate.objects.update(sample_share=1)
    make_items(queue, 5)
    leased = lease_items(queue.pk, n=5, bot="Robbie")
    finish_items([read(each, sure=1) for each in leased])
    tries = [(each.id, each.attempt) for each in leased]

    opened = race_same(4, lambda _n: open_second_looks(tries))
    deliver_outbox()

    assert len(flat(opened)) == 5
    assert UserTask.objects.filter(kind="second_look").count() == 5


def test_a_gate_that_changes_while_results_come_in_is_as_it_was_or_as_it_is(queue):
    gate = queue.gate
    assert gate is not None
    make_items(queue, 60)
    leased = lease_items(queue.pk, n=60, bot="Robbie")

    def hand_in() -> None:
        for each in leased:
            finish_items([read(each, sure=0.5)])

    def change() -> None:
        for default in itertools.islice(itertools.cycle((0.2, 0.8)), 20):
            change_gate(gate, by=ANNA, thresholds={"default": default})

    race(hand_in, change)

    gate.refresh_from_db()
    assert gate.version == 21
    parked = set(Parked.objects.values_list("item_id", flat=True))
    for row in Prediction.objects.all():
        # each was judged by one version, odd ones want 0.8
        assert row.threshold == (0.8 if row.gate_version % 2 else 0.2)
        assert (row.item_id in parked) == (row.threshold == 0.8)
    assert item_faults().faults == []


def test_a_bot_that_is_killed_while_it_hands_in_leaves_all_or_nothing(queue):
    died = 0
    for n in range(1, LATEST_DEATH):
        make_items(queue, 2)
        first, second = lease_items(queue.pk, n=2, bot="Robbie")
        results = [read(first, sure=0.1), asked(second)]
        was_killed = die_at(n, lambda some=results: finish_items(some))

        n_kept = Prediction.objects.filter(item_id=first.id).count()
        is_parked = status_of(first.id) == "needs_decision"
        assert n_kept == (FIELDS if is_parked else 0)
        assert (status_of(second.id) == "needs_decision") == is_parked
        # whoever takes over sends the same once more
        finish_items(results)
        assert Prediction.objects.filter(item_id=first.id).count() == FIELDS
        assert status_of(second.id) == "needs_decision"
        died += was_killed
        if not was_killed:
            break
    assert died > 3
    assert item_faults().faults == []
