"""The effects ledger: an act that can't be undone is never done twice by a retry."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone

from apps.events.models import Event
from apps.lib.errors import ConflictError, InvalidError
from apps.queues.lifecycle import (
    LeasedItem,
    LeaseLostError,
    Result,
    begin_effect,
    end_effect,
    finish_items,
    forget_effect,
    lease_items,
    reopen_item,
    retry_item,
    settle_effect,
    skip_item,
)
from apps.queues.models import Effect, Lease, Parked, WorkQueue
from apps.queues.upkeep import expire_items, reap_leases
from tests.factories_queues import ANNA, make_items, make_queue, status_of

pytestmark = pytest.mark.django_db


def take_one(queue: WorkQueue | None = None) -> LeasedItem:
    queue = queue or make_queue(retry_delay_seconds=0)
    make_items(queue, 1)
    return take(queue.pk)


def take(queue_id: int) -> LeasedItem:
    (leased,) = lease_items(queue_id, n=1, bot="Robbie")
    return leased


def lose() -> None:
    Lease.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    reap_leases()


def test_an_effect_is_new_once_and_finished_with_its_reference():
    leased = take_one()

    assert begin_effect(leased.id, leased.token, "post").state == "new"
    answer = end_effect(leased.id, leased.token, "post", "DOC-1")

    assert (answer.state, answer.reference) == ("finished", "DOC-1")
    assert begin_effect(leased.id, leased.token, "post").reference == "DOC-1"


@pytest.mark.parametrize(
    ("reference", "kept"),
    [(None, ""), (4711, "4711"), (UUID(int=7), "00000000-0000-0000-0000-000000000007")],
)
def test_whatever_the_outside_world_answers_does_as_a_reference(reference, kept):
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    answer = end_effect(leased.id, leased.token, "post", reference)

    assert (answer.state, answer.reference) == ("finished", kept)


def test_a_retry_is_told_what_has_happened_already():
    queue = make_queue(retry_delay_seconds=0)
    leased = take_one(queue)
    begin_effect(leased.id, leased.token, "post")
    end_effect(leased.id, leased.token, "post", "DOC-1")
    finish_items([Result(leased.id, leased.token, "application_exception")])

    again = take(queue.pk)

    answer = begin_effect(again.id, again.token, "post")
    assert (answer.state, answer.reference) == ("finished", "DOC-1")


def test_beginning_the_same_effect_again_is_unknown_even_for_its_holder():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    assert begin_effect(leased.id, leased.token, "post").state == "unknown"


def test_an_attempt_lost_within_an_effect_is_not_retried():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    lose()

    parked = Parked.objects.get(item_id=leased.id)
    assert (parked.status, parked.cause) == ("needs_decision", "effect_unknown")


@pytest.mark.parametrize("outcome", ["application_exception", "released"])
def test_neither_a_system_problem_nor_giving_back_within_an_effect_is_retried(outcome):
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    finished = finish_items([Result(leased.id, leased.token, outcome)])

    assert finished.finished == [leased.id]
    assert Parked.objects.get(item_id=leased.id).cause == "effect_unknown"


def test_a_data_problem_within_an_effect_keeps_its_cause():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    finish_items([Result(leased.id, leased.token, "business_exception")])

    assert Parked.objects.get(item_id=leased.id).cause == "business_exception"


def test_an_item_whose_act_is_in_doubt_does_not_expire():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")
    lose()
    Parked.objects.update(expires_at=timezone.now() - timedelta(seconds=1))

    assert expire_items() == 0

    settle_effect(leased.id, "post", happened=False, reference="", by=ANNA)
    assert expire_items() == 1


def test_reopening_an_item_whose_act_is_in_doubt_asks_whether_it_happened():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")
    lose()
    skip_item(leased.id, by=ANNA, reason="not ours")

    reopened = reopen_item(leased.id, by=ANNA, reason="it is")

    assert reopened.status == "needs_decision"
    parked = Parked.objects.get(item_id=leased.id)
    assert (parked.cause, parked.tries) == ("effect_unknown", 0)
    assert "post" in parked.message
    assert Event.objects.filter(kind="work_item.reopened", data__to="needs_decision").exists()


def test_a_success_within_an_effect_is_a_success():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    finish_items([Result(leased.id, leased.token, "successful")])

    assert status_of(leased.id) == "successful"


@pytest.mark.parametrize("happened", [True, False])
def test_a_person_settles_whether_it_happened_and_the_item_goes_on(happened):
    queue = make_queue()
    leased = take_one(queue)
    begin_effect(leased.id, leased.token, "post")
    lose()
    with pytest.raises(ConflictError, match="post"):
        retry_item(leased.id, by=ANNA)

    settle_effect(leased.id, "post", happened=happened, reference="DOC-7", by=ANNA)
    retry_item(leased.id, by=ANNA)

    again = take(queue.pk)
    answer = begin_effect(again.id, again.token, "post")
    assert answer.state == ("finished" if happened else "new")
    assert answer.reference == ("DOC-7" if happened else "")
    assert Event.objects.get(kind="work_item.effect_settled").data["happened"] is happened


def test_an_effect_that_is_not_in_question_cannot_be_settled():
    leased = take_one()

    with pytest.raises(ConflictError):
        settle_effect(leased.id, "post", happened=True, reference="x", by=ANNA)


def test_an_effect_cannot_be_settled_while_a_bot_works_on_the_item():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    with pytest.raises(ConflictError, match="Robbie"):
        settle_effect(leased.id, "post", happened=True, reference="x", by=ANNA)


def test_what_certainly_did_not_happen_can_be_forgotten_by_its_holder():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")

    forget_effect(leased.id, leased.token, "post")

    assert begin_effect(leased.id, leased.token, "post").state == "new"


def test_nobody_else_begins_ends_or_forgets_effects():
    leased = take_one()
    begin_effect(leased.id, leased.token, "post")
    stranger = uuid4()

    for act in (
        lambda: begin_effect(leased.id, stranger, "other"),
        lambda: end_effect(leased.id, stranger, "post", "x"),
        lambda: forget_effect(leased.id, stranger, "post"),
    ):
        with pytest.raises(LeaseLostError):
            act()

    assert Effect.objects.get().state == "begun"


def test_ending_what_was_never_begun_is_a_conflict():
    leased = take_one()

    with pytest.raises(ConflictError, match="never begun"):
        end_effect(leased.id, leased.token, "post", "x")


@pytest.mark.parametrize("key", ["", "k" * 201, "a\x00b"])
def test_a_key_must_be_usable(key):
    leased = take_one()

    with pytest.raises(InvalidError):
        begin_effect(leased.id, leased.token, key)
