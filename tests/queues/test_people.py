"""What people do with items: each verb from each place, its event, and who is told no."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.events.models import Event
from apps.lib.errors import ConflictError, InvalidError, NotFoundError
from apps.queues import lifecycle
from apps.queues.lifecycle import (
    Result,
    complete_by_hand,
    edit_item,
    finish_items,
    hold_item,
    lease_items,
    pause_queue,
    reopen_item,
    resume_item,
    resume_queue,
    retry_item,
    skip_item,
)
from apps.queues.models import Ended, Parked, Ready, Scheduled, WorkItem
from tests.factories_queues import ANNA, make_item, make_queue, status_of

pytestmark = pytest.mark.django_db

SCHEMA = {
    "type": "object",
    "properties": {
        "total": {"type": "number"},
        "iban": {"type": "string", "x-personal": True},
    },
}
ENDING = ["skip_item", "cancel_item", "reject_item"]


def put(place: str, **values: object) -> WorkItem:
    """Return an item that stands in `place`, brought there the way items get there."""
    queue = values.pop("queue", None) or make_queue(payload_schema=SCHEMA, retry_delay_seconds=600)
    if place == "scheduled":
        values["available_at"] = timezone.now() + timedelta(hours=1)
    item = make_item(queue, payload={"total": 1, "iban": "DE1"}, **values)
    if place in ("in_progress", "needs_decision", "successful"):
        (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    if place == "needs_decision":
        problem = Result(leased.id, leased.token, "business_exception", message="No such vendor.")
        finish_items([problem])
    elif place == "successful":
        finish_items([Result(leased.id, leased.token, "successful")])
    elif place == "on_hold":
        hold_item(item.pk, by=ANNA, reason="asked the vendor")
    elif place in ("skipped", "cancelled", "failed"):
        verb = {"skipped": "skip", "cancelled": "cancel", "failed": "reject"}[place]
        getattr(lifecycle, f"{verb}_item")(item.pk, by=ANNA, reason="not ours")
    item.refresh_from_db()
    return item


def last_event(item: WorkItem) -> Event:
    return Event.objects.filter(subject_type="item", subject_id=item.pk).latest("id")


def test_edit_item_changes_what_the_next_lease_gets_and_records_before_and_after():
    item = put("ready")

    edited = edit_item(
        item.pk,
        version=1,
        by=ANNA,
        payload={"total": 2, "iban": "DE2", "note": "ok", "n": 0},
        priority=90,
        reason="typing error",
    )

    assert (edited.version, edited.priority, edited.status) == (2, 90, "new")
    event = last_event(item)
    assert (event.kind, event.actor_name) == ("work_item.edited", "Anna")
    assert event.data["reason"] == "typing error"
    changes = event.data["changes"]
    assert changes["payload.total"] == {"before": 1, "after": 2}
    assert changes["payload.note"] == {"after": "ok"}
    assert changes["priority"] == {"before": 50, "after": 90}
    (leased,) = lease_items(item.queue_id, n=1, bot="Robbie")
    assert leased.payload["total"] == 2


def test_the_history_says_that_a_personal_field_changed_but_not_to_what():
    item = put("ready")

    edit_item(item.pk, version=1, by=ANNA, payload={"total": 1, "iban": "DE2", "n": 0})

    event = last_event(item)
    assert list(event.data["changes"]) == ["payload.iban"]
    assert "DE1" not in str(event.data)
    assert "DE2" not in str(event.data)


def test_edit_item_moves_it_in_the_line():
    queue = make_queue()
    put("ready", queue=queue)
    second = put("ready", queue=queue)

    edit_item(second.pk, version=1, by=ANNA, priority=100)

    assert [leased.id for leased in lease_items(queue.pk, n=1, bot="Robbie")] == [second.pk]


def test_edit_item_refuses_a_version_that_is_not_the_latest_and_says_who_changed_it():
    item = put("ready")
    edit_item(item.pk, version=1, by=ANNA, priority=90)

    with pytest.raises(ConflictError, match="Anna changed"):
        edit_item(item.pk, version=1, by=ANNA, priority=10)

    assert WorkItem.objects.get(pk=item.pk).priority == 90
    assert status_of(item.pk) == "new"


def test_edit_item_refuses_data_that_does_not_fit_the_schema():
    item = put("needs_decision")

    with pytest.raises(InvalidError) as refused:
        edit_item(item.pk, version=1, by=ANNA, payload={"total": "two"}, priority=1000)

    assert {p.path for p in refused.value.fields} == {"payload.total", "priority"}
    assert status_of(item.pk) == "needs_decision"


def test_edit_item_leaves_what_needs_a_person_where_it_is():
    item = put("needs_decision")
    before = Parked.objects.get(item_id=item.pk)

    edit_item(item.pk, version=1, by=ANNA, payload={"total": 3})

    after = Parked.objects.get(item_id=item.pk)
    assert (after.message, after.cause, after.since) == (
        "No such vendor.",
        "business_exception",
        before.since,
    )


def test_edit_item_defers_and_readies_by_available_at():
    item = put("ready")
    later = timezone.now() + timedelta(hours=2)

    edit_item(item.pk, version=1, by=ANNA, available_at=later)
    assert Scheduled.objects.get(item_id=item.pk).available_at == later

    edit_item(item.pk, version=2, by=ANNA, available_at=None)
    assert Ready.objects.filter(item_id=item.pk).exists()


def test_editing_a_waiting_retry_does_not_bring_it_forward():
    queue = make_queue(retry_delay_seconds=600)
    item = make_item(queue)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    finish_items([Result(leased.id, leased.token, "application_exception")])
    before = Scheduled.objects.get(item_id=item.pk)

    edit_item(item.pk, version=1, by=ANNA, priority=77)

    after = Scheduled.objects.get(item_id=item.pk)
    assert (after.available_at, after.why, after.tries) == (before.available_at, "retry", 1)


def test_edit_item_with_nothing_new_keeps_the_version():
    item = put("ready")

    edited = edit_item(item.pk, version=1, by=ANNA, payload=item.payload, priority=50)

    assert edited.version == 1
    assert edited.status == "new"
    assert not Event.objects.filter(subject_id=item.pk).exists()


def test_edit_item_drops_the_expiry():
    item = put("ready", expires_at=timezone.now() + timedelta(hours=1))

    edit_item(item.pk, version=1, by=ANNA, expires_at=None)

    assert WorkItem.objects.get(pk=item.pk).expires_at is None
    assert Ready.objects.get(item_id=item.pk).expires_at is None


@pytest.mark.parametrize("place", ["ready", "scheduled"])
def test_hold_and_resume(place):
    item = put(place)

    hold_item(item.pk, by=ANNA, reason="asked the vendor")
    assert status_of(item.pk) == "on_hold"
    assert lease_items(item.queue_id, n=1, bot="Robbie") == []

    resumed = resume_item(item.pk, by=ANNA, reason="answered")
    assert resumed.status == "new"
    assert (resumed.available_at_now is None) == (place == "ready")
    assert last_event(item).kind == "work_item.resumed"


@pytest.mark.parametrize("place", ["ready", "scheduled", "needs_decision", "on_hold"])
@pytest.mark.parametrize("verb", ENDING)
def test_whatever_is_not_finished_can_be_ended_with_a_reason(verb, place):
    item = put(place)
    status = {"skip_item": "skipped", "cancel_item": "cancelled", "reject_item": "failed"}[verb]

    getattr(lifecycle, verb)(item.pk, by=ANNA, reason="not ours")

    ended = Ended.objects.get(item_id=item.pk)
    assert (ended.status, ended.by, ended.note) == (status, "Anna", "not ours")
    was = "new" if place in ("ready", "scheduled") else place
    data = last_event(item).data
    assert (data["from"], data["to"], data["reason"]) == (was, status, "not ours")


@pytest.mark.parametrize("verb", [*ENDING, "reopen_item"])
def test_ending_and_reopening_need_a_reason(verb):
    item = put("ready")

    with pytest.raises(InvalidError) as refused:
        getattr(lifecycle, verb)(item.pk, by=ANNA, reason="  ")

    assert [p.path for p in refused.value.fields] == ["reason"]


@pytest.mark.parametrize("verb", [*ENDING, "hold_item", "resume_item", "retry_item", "reopen_item"])
def test_nobody_takes_an_item_from_a_bot(verb):
    item = put("in_progress")

    with pytest.raises(ConflictError, match="Robbie is working"):
        getattr(lifecycle, verb)(item.pk, by=ANNA, reason="mine")

    assert status_of(item.pk) == "in_progress"


@pytest.mark.parametrize("verb", [*ENDING, "hold_item", "resume_item", "retry_item"])
def test_a_finished_item_has_to_be_reopened_first(verb):
    item = put("skipped")

    with pytest.raises(ConflictError, match=r"Left out.*Anna"):
        getattr(lifecycle, verb)(item.pk, by=ANNA, reason="mine")


@pytest.mark.parametrize("verb", [*ENDING, "hold_item", "retry_item", "reopen_item"])
def test_an_item_that_is_not_there_is_not_found(verb):
    with pytest.raises(NotFoundError, match="987654321"):
        getattr(lifecycle, verb)(987_654_321, by=ANNA, reason="mine")


@pytest.mark.parametrize("place", ["ready", "scheduled", "needs_decision", "on_hold", "failed"])
def test_complete_by_hand_ends_it_as_done_with_a_reference(place):
    item = put(place)

    complete_by_hand(item.pk, by=ANNA, reference="SAP 4711", reason="urgent")

    ended = Ended.objects.get(item_id=item.pk)
    assert (ended.status, ended.note) == ("successful", "SAP 4711 – urgent")
    event = last_event(item)
    assert (event.kind, event.data["reference"]) == ("work_item.completed_by_hand", "SAP 4711")


def test_complete_by_hand_wants_a_reference():
    item = put("needs_decision")

    with pytest.raises(InvalidError) as refused:
        complete_by_hand(item.pk, by=ANNA, reference=" ")

    assert [p.path for p in refused.value.fields] == ["reference"]


def test_retry_item_corrects_the_data_and_gives_fresh_tries():
    item = put("needs_decision")

    retry_item(item.pk, by=ANNA, payload={"total": 5, "n": 0}, reason="sum corrected", version=1)

    (leased,) = lease_items(item.queue_id, n=1, bot="Robbie")
    assert (leased.payload["total"], leased.attempt) == (5, 2)
    assert last_event(item).data["changes"]["payload.total"] == {"before": 1, "after": 5}
    assert Ready.objects.count() == 0


def test_retry_item_refuses_an_old_version():
    item = put("needs_decision")
    edit_item(item.pk, version=1, by=ANNA, priority=60)

    with pytest.raises(ConflictError):
        retry_item(item.pk, by=ANNA, payload={"total": 5}, version=1)

    assert status_of(item.pk) == "needs_decision"


def test_retry_item_makes_a_deferred_item_ready_now():
    item = put("scheduled")

    retried = retry_item(item.pk, by=ANNA)

    assert retried.available_at_now is None
    assert [leased.id for leased in lease_items(item.queue_id, n=1, bot="R")] == [item.pk]


@pytest.mark.parametrize("place", ["successful", "skipped", "cancelled", "failed"])
def test_reopen_item_lets_it_be_worked_again(place):
    item = put(place)

    reopen_item(item.pk, by=ANNA, reason="the vendor complained")

    assert status_of(item.pk) == "new"
    assert not Ended.objects.filter(item_id=item.pk).exists()
    assert last_event(item).kind == "work_item.reopened"


def test_reopening_an_item_whose_expiry_is_past_drops_the_expiry():
    item = put("skipped")
    WorkItem.objects.filter(pk=item.pk).update(expires_at=timezone.now() - timedelta(days=1))

    reopen_item(item.pk, by=ANNA, reason="still wanted")

    assert [leased.id for leased in lease_items(item.queue_id, n=1, bot="R")] == [item.pk]


def test_attempt_numbers_go_on_after_reopening():
    item = put("successful")
    reopen_item(item.pk, by=ANNA, reason="again")

    (leased,) = lease_items(item.queue_id, n=1, bot="Robbie")

    assert leased.attempt == 2


def test_pausing_needs_a_reason_and_happens_once():
    queue = make_queue()

    with pytest.raises(InvalidError):
        pause_queue(queue, reason=" ", by=ANNA)
    pause_queue(queue, reason="ERP upgrade", by=ANNA)
    with pytest.raises(ConflictError, match=r"Anna.*ERP upgrade"):
        pause_queue(queue, reason="again", by=ANNA)

    assert Event.objects.filter(kind="queue.paused").count() == 1


def test_resuming_a_queue_that_is_not_paused_is_a_conflict():
    queue = make_queue()

    with pytest.raises(ConflictError):
        resume_queue(queue, by=ANNA)


def test_skip_item_twice_is_told_who_was_first():
    item = put("ready")
    skip_item(item.pk, by=ANNA, reason="not ours")

    with pytest.raises(ConflictError, match="Anna"):
        skip_item(item.pk, by=ANNA, reason="not ours either")
