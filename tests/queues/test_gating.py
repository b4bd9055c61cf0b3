"""Results with what a model read: where the gate sends them, and what is kept."""

from uuid import uuid4

import pytest

from apps.accounts.models import Folder
from apps.events.models import Outbox
from apps.lib.errors import InvalidError
from apps.queues import engine
from apps.queues.lifecycle import (
    LeasedItem,
    OwnerPolicy,
    Result,
    accept_output,
    finish_items,
    lease_items,
)
from apps.queues.models import Attempt, Ended, Gate, Parked, Prediction, WorkQueue
from tests.factories_queues import ANNA, make_items, make_queue, status_of
from tests.queues.owned import add_owned

pytestmark = pytest.mark.django_db


@pytest.fixture
def gate(folder: Folder) -> Gate:
    return Gate.objects.create(
        folder=folder,
        key="invoices",
        title="Invoices",
        thresholds={"default": 0.5, "fields": {"total": 0.9, "vendor": 0.8}},
        sample_share=0,
        form={"properties": {"total": {"title": "Total"}}},
    )


@pytest.fixture
def queue(gate: Gate) -> WorkQueue:
    return make_queue(folder=gate.folder, gate=gate)


def take_one(queue: WorkQueue) -> LeasedItem:
    make_items(queue, 1)
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    return leased


def read(leased: LeasedItem, **confidences: float) -> Result:
    fields = {name: {"value": f"{name}!", "confidence": sure} for name, sure in confidences.items()}
    predictions = {"model": "reader", "model_version": "3", "fields": fields}
    return Result(
        leased.id, leased.token, Attempt.Outcome.SUCCESSFUL, {"note": 1}, predictions=predictions
    )


def test_what_the_model_is_sure_of_goes_on_and_each_value_is_kept(queue, gate):
    leased = take_one(queue)

    finished = finish_items([read(leased, total=0.9, vendor=0.99, other=0.5)])

    assert finished.finished == [leased.id]
    assert status_of(leased.id) == "successful"
    assert Attempt.objects.get(item_id=leased.id).output == {
        "note": 1,
        "total": "total!",
        "vendor": "vendor!",
        "other": "other!",
    }
    kept = {row.field: row for row in Prediction.objects.filter(item_id=leased.id)}
    assert {(row.went, row.gate_id, row.gate_version) for row in kept.values()} == {
        ("passed", gate.pk, 1)
    }
    assert (kept["total"].threshold, kept["other"].threshold) == (0.9, 0.5)
    assert (kept["total"].model, kept["total"].model_version) == ("reader", "3")


def test_doubtful_fields_of_one_name_say_in_which_row_they_are(queue, gate):
    row = {"properties": {"net": {"title": "Net"}}}
    gate.form = {"properties": {"lines": {"title": "Lines", "items": row}}}
    gate.save()
    leased = take_one(queue)

    finish_items([read(leased, **{"lines.0.net": 0.3, "lines.1.net": 0.4})])

    said = Parked.objects.get(item_id=leased.id).message
    assert "Lines 1 · Net (30 % sure" in said
    assert "Lines 2 · Net (40 % sure" in said


def test_one_doubtful_field_parks_the_item_for_a_person(queue):
    leased = take_one(queue)

    finish_items([read(leased, total=0.899, vendor=0.99)])

    parked = Parked.objects.get(item_id=leased.id)
    assert (parked.status, parked.cause, parked.tries) == ("needs_decision", "low_confidence", 0)
    assert parked.message == "Please check Total (89 % sure, 90 % wanted)."
    assert Attempt.objects.get(item_id=leased.id).outcome == "successful"
    assert set(Prediction.objects.values_list("went", flat=True)) == {"person"}


def test_a_field_that_the_gate_names_and_the_model_did_not_read_is_doubtful(queue, gate):
    leased = take_one(queue)

    finish_items([read(leased, total=1.0)])

    assert Parked.objects.get(item_id=leased.id).message == "Please check vendor (not read)."
    # unless the gate says that it need not be there
    Gate.objects.update(thresholds={**gate.thresholds, "required": ["total"]})
    another = take_one(queue)
    finish_items([read(another, total=1.0)])
    assert status_of(another.id) == "successful"


def test_a_result_sent_twice_leaves_one_set_of_predictions(queue):
    leased = take_one(queue)
    result = read(leased, total=0.1, vendor=0.1)

    first, second = finish_items([result]), finish_items([result])

    assert first.finished == second.finished == [leased.id]
    assert Prediction.objects.count() == 2


def test_a_late_result_leaves_no_predictions(queue):
    leased = take_one(queue)

    refused = finish_items(
        [
            Result(
                leased.id,
                uuid4(),
                Attempt.Outcome.SUCCESSFUL,
                predictions={"fields": {"total": {"value": 1, "confidence": 1}}},
            )
        ]
    )

    assert [each.reason for each in refused.refused] == ["lease_lost"]
    assert not Prediction.objects.exists()


def test_a_share_of_what_passes_is_sampled_and_told(queue, gate):
    Gate.objects.update(sample_share=1)
    leased = take_one(queue)

    finish_items([read(leased, total=1, vendor=1)])

    assert status_of(leased.id) == "successful"
    assert set(Prediction.objects.values_list("went", flat=True)) == {"sampled"}
    told = Outbox.objects.filter(kind="work_item.sampled")
    assert [row.data["items"] for row in told] == [[{"id": leased.id, "attempt": 1}]]


def test_a_gate_that_is_off_and_a_queue_without_one_let_everything_through(queue, gate):
    Gate.objects.update(is_on=False)
    off = take_one(queue)
    finish_items([read(off, total=0.1)])
    none = take_one(make_queue(folder=gate.folder, key="none"))
    finish_items([read(none, total=0.1)])

    assert status_of(off.id) == status_of(none.id) == "successful"
    assert set(Prediction.objects.values_list("went", "gate_id")) == {("no_gate", None)}


def test_the_gate_of_the_step_counts_instead_of_the_queues(queue, gate):
    Gate.objects.create(
        folder=gate.folder, key="lenient", title="Lenient", thresholds={"default": 0}
    )
    lenient, missing = take_owned(queue, "lenient"), take_owned(queue, "gone")

    finish_items([read(lenient, total=0.1), read(missing, total=0.1)])

    assert status_of(lenient.id) == status_of(missing.id) == "successful"
    assert "“gone”" in Ended.objects.get(item_id=missing.id).note


def take_owned(queue: WorkQueue, gate_key: str) -> LeasedItem:
    add_owned(queue, policy=OwnerPolicy(gate=gate_key))
    (leased,) = lease_items(queue.pk, n=1, bot="Robbie")
    return leased


@pytest.mark.parametrize("confidence", [float("nan"), float("inf"), -0.1, 1.1, True, "0.9", None])
def test_a_confidence_that_is_none_is_refused_before_anything_happens(queue, confidence):
    leased = take_one(queue)

    with pytest.raises(InvalidError) as refused:
        finish_items([read(leased, total=confidence)])

    assert refused.value.fields[0].path == "predictions.fields.total.confidence"
    assert status_of(leased.id) == "in_progress"


def test_a_question_parks_the_item_and_nothing_counts_against_it(queue):
    leased = take_one(queue)
    question = {"key": "which", "title": "Which vendor is it?"}
    result = Result(
        leased.id,
        leased.token,
        Attempt.Outcome.ASKED,
        code="which",
        message="Which vendor is it?",
        question=question,
    )

    assert finish_items([result]).finished == finish_items([result]).finished == [leased.id]

    parked = Parked.objects.get(item_id=leased.id)
    assert (parked.cause, parked.tries, parked.code) == ("asked", 0, "which")
    attempt = Attempt.objects.get(item_id=leased.id)
    assert (attempt.outcome, attempt.output) == ("asked", {"question": question})


def test_the_draw_is_always_the_same_and_even():
    draws = [engine.draw_of(1, item, 1) for item in range(2_000)]

    assert draws == [engine.draw_of(1, item, 1) for item in range(2_000)]
    assert 0.03 < sum(draw < 0.05 for draw in draws) / 2_000 < 0.07


def test_the_page_of_an_item_says_what_was_read_and_how_sure_it_was(queue, supervisor_client):
    leased = take_one(queue)
    finish_items([read(leased, total=0.8996, vendor=0.99)])

    page = supervisor_client.get(f"/items/{leased.id}/").content.decode()

    assert "What AI read: 2 fields" in page
    assert '<strong class="tone-person">89.9 %</strong>' in page
    assert "Invoices, version 1" in page
    assert "reader 3" in page


def test_the_page_shows_no_value_that_the_form_of_the_gate_calls_personal(queue, supervisor_client):
    Gate.objects.update(form={"properties": {"vendor": {"x-personal": True}}})
    leased = take_one(queue)
    finish_items([read(leased, total=0.95, vendor=0.99)])

    page = supervisor_client.get(f"/items/{leased.id}/").content.decode()

    assert '<td data-label="Value">total!</td>' in page
    assert '<td data-label="Value">•••</td>' in page


def test_the_page_of_an_item_says_what_people_said(queue, supervisor_client):
    leased = take_one(queue)
    finish_items([read(leased, total=0.1)])
    accept_output(leased.id, output={"total": "<b>7</b>"}, by=ANNA, comment="Seen on page two.")

    page = supervisor_client.get(f"/items/{leased.id}/").content.decode()

    assert "Checked what AI read" in page
    assert "Seen on page two." in page
    assert "<b>7</b>" not in page
    assert "Anna checked what AI read and let it go on" in page


def test_a_line_whose_number_is_none_is_called_by_its_path_and_stops_no_result(queue, gate):
    row = {"properties": {"net": {"title": "Net"}}}
    gate.form = {"properties": {"lines": {"title": "Lines", "items": row}}}
    gate.save()

    finished = finish_items([read(take_one(queue), **{"lines.\u00b2.net": 0.1})])

    assert not finished.refused
    assert "lines.\u00b2.net (10 % sure" in Parked.objects.get().message
