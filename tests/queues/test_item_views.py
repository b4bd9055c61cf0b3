"""The page of one item: what it shows, what people may do there, and what it refuses."""

import json

import pytest
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse

from apps.events.models import Event
from apps.lib.schema import MASK
from apps.queues.files import attach
from apps.queues.lifecycle import (
    Result,
    begin_effect,
    edit_item,
    finish_items,
    hold_item,
    lease_items,
    record_progress,
)
from apps.queues.models import Attempt, ItemFile, WorkItem
from apps.queues.upkeep import promote_scheduled
from tests.factories_queues import ANNA, status_of
from tests.queues.pages import PAYLOAD, SCRIPT, deferred, leased, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome
IBAN = PAYLOAD["iban"]


@pytest.fixture
def queue(folder):
    return queue_in(folder)


def page_of(item, name="item_detail", *args):
    return reverse(f"items:{name}", args=[item.pk, *args])


# --- what it shows --------------------------------------------------------------------------------


def test_it_says_where_the_item_stands_and_why(supervisor_client, queue):
    item = tried(queue, Outcome.BUSINESS_EXCEPTION, message="The total is wrong")

    page = supervisor_client.get(page_of(item)).text

    assert "Waits for a person to decide." in page
    assert "The total is wrong" in page
    assert f"/inbox/?q={item.pk}" in page


def test_a_data_problem_looks_like_one_for_a_person(supervisor_client, queue):
    item = tried(queue, Outcome.BUSINESS_EXCEPTION, message="The total is wrong")

    page = supervisor_client.get(page_of(item)).text

    assert '<article class="attempt tone-person">' in page
    assert "attempt tone-failed" not in page


def test_it_says_when_the_next_try_is(supervisor_client, queue):
    item = tried(queue, Outcome.APPLICATION_EXCEPTION, message="The ERP is down")

    page = supervisor_client.get(page_of(item)).text

    assert "The next try is at" in page
    assert "tone-retry" in page


def test_it_shows_how_far_the_bot_is(supervisor_client, queue):
    item = waiting(queue)
    (held,) = lease_items(queue.pk, n=1, bot="Robbie")
    record_progress(item.pk, held.token, progress=0.25)

    page = supervisor_client.get(page_of(item)).text

    assert "Robbie works on it" in page
    assert 'value="25"' in page


@pytest.mark.parametrize("place", ["waiting", "deferred", "leased", "held", "done", "failed"])
def test_it_can_be_shown_wherever_the_item_stands(supervisor_client, folder, place):
    queue = queue_in(folder, on_business_exception="fail")
    item = {
        "waiting": lambda: waiting(queue),
        "deferred": lambda: deferred(queue),
        "leased": lambda: leased(queue),
        "held": lambda: hold_item(waiting(queue).pk, by=ANNA, reason="Wait for it"),
        "done": lambda: tried(queue, Outcome.SUCCESSFUL),
        "failed": lambda: tried(queue, Outcome.BUSINESS_EXCEPTION),
    }[place]()

    assert supervisor_client.get(page_of(item)).status_code == 200


def test_its_data_is_in_the_order_of_the_schema_and_lists_are_tables(supervisor_client, folder):
    lines = {"type": "array", "title": "Lines", "items": {"type": "object", "properties": {
        "text": {"type": "string", "title": "Description"},
        "net": {"type": "string", "title": "Net amount", "format": "decimal"},
    }}}  # fmt: skip
    schema = {"type": "object", "properties": {
        "b": {"type": "string", "title": "Second", "x-order": 2},
        "a": {"type": "string", "title": "First", "x-order": 1},
        "lines": lines,
    }}  # fmt: skip
    queue = queue_in(folder, payload_schema=schema)
    payload = {"lines": [{"text": "Chairs", "net": "60.00"}], "b": "two", "a": "one"}
    item = waiting(queue)
    edit_item(item.pk, version=1, by=ANNA, payload=payload)

    page = supervisor_client.get(page_of(item)).text

    assert page.index("First") < page.index("Second")
    assert "<td>Chairs</td>" in page
    assert '<td class="num">60.00</td>' in page
    assert "[{" not in page


def test_what_bots_and_payloads_say_stays_text(supervisor_client, queue):
    item = tried(queue, Outcome.BUSINESS_EXCEPTION, message=SCRIPT, reference=SCRIPT)
    edit_item(item.pk, version=item.version, by=ANNA, payload={"number": SCRIPT, SCRIPT: SCRIPT})
    attach(
        item, ContentFile(SCRIPT.encode(), name=f"{SCRIPT}.txt"), by=ANNA, content_type="text/plain"
    )

    page = supervisor_client.get(page_of(item)).text

    assert SCRIPT not in page
    assert "&lt;script&gt;" in page


def test_it_costs_the_same_however_often_it_was_tried(
    supervisor_client, folder, django_assert_max_num_queries
):
    queue = queue_in(folder, retry_delay_seconds=0, max_attempts=50)
    item = waiting(queue)
    for _number in range(8):
        (held,) = lease_items(queue.pk, n=1, bot="Robbie")
        finish_items([Result(item.pk, held.token, Outcome.APPLICATION_EXCEPTION)])
        promote_scheduled()

    with django_assert_max_num_queries(40):
        page = supervisor_client.get(page_of(item)).text
    assert page.count("<article") == 8


def test_acts_that_cannot_be_undone_are_listed(supervisor_client, queue):
    item = waiting(queue)
    (held,) = lease_items(queue.pk, n=1, bot="Robbie")
    begin_effect(item.pk, held.token, "post to the ERP")

    assert "post to the ERP" in supervisor_client.get(page_of(item)).text


# --- who may see it -------------------------------------------------------------------------------


def test_items_of_other_folders_do_not_exist(supervisor_client, queue):
    item = waiting(queue_in(None, "elsewhere"))
    attach(item, ContentFile(b"x", name="a.txt"), by=ANNA)
    file = ItemFile.objects.get()

    for address in (
        page_of(item),
        page_of(item, "item_edit"),
        page_of(item, "file_download", file.pk),
    ):
        assert supervisor_client.get(address).status_code == 404
    for name, *args in (("item_verb", "cancel"), ("item_reveal",), ("file_add",)):
        answer = supervisor_client.post(page_of(item, name, *args), {"reason": "x"})
        assert answer.status_code == 404
    assert status_of(item.pk) == "new"


def test_nobody_sees_anything_without_signing_in(queue):
    item = waiting(queue)

    assert "/sign-in/" in Client().get(page_of(item))["Location"]
    assert "/sign-in/" in Client().post(page_of(item, "item_verb", "cancel"))["Location"]


@pytest.mark.parametrize(("name", "args", "method"), [
    ("item_detail", [], "post"), ("item_verb", ["cancel"], "get"), ("item_reveal", [], "get"),
    ("file_add", [], "get"), ("item_edit", [], "delete"),
])  # fmt: skip
def test_other_methods_are_refused(supervisor_client, queue, name, args, method):
    address = page_of(waiting(queue), name, *args)

    assert getattr(supervisor_client, method)(address).status_code == 405


@pytest.mark.parametrize("role", ["auditor_client", "business_client"])
def test_who_may_not_operate_sees_no_buttons_and_is_refused(request, queue, role):
    client, item = request.getfixturevalue(role), waiting(queue)

    assert "verb-cancel" not in client.get(page_of(item)).text
    answer = client.post(page_of(item, "item_verb", "cancel"), {"reason": "No longer needed"})
    assert answer.status_code == 403
    assert client.get(page_of(item, "item_edit")).status_code == 403
    assert status_of(item.pk) == "new"


# --- verbs ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("verb", "said", "becomes"), [
    ("hold", {"reason": "Ask the vendor"}, "on_hold"),
    ("skip", {"reason": "Sent twice"}, "skipped"),
    ("cancel", {"reason": "No longer needed"}, "cancelled"),
    ("complete-by-hand", {"reference": "DOC-7"}, "successful"),
])  # fmt: skip
def test_a_verb_moves_the_item_and_is_written_down(supervisor_client, queue, verb, said, becomes):
    item = waiting(queue)

    answer = supervisor_client.post(page_of(item, "item_verb", verb), said)

    assert answer["Location"] == page_of(item)
    assert status_of(item.pk) == becomes
    history = supervisor_client.get(page_of(item)).text
    assert "Supervisor" in history
    assert next(iter(said.values())) in history


def test_trying_again_and_resuming_ask_for_no_reason(supervisor_client, queue):
    item = tried(queue, Outcome.APPLICATION_EXCEPTION)

    supervisor_client.post(page_of(item, "item_verb", "retry"))
    assert "Waits for a bot." in supervisor_client.get(page_of(item)).text

    hold_item(item.pk, by=ANNA, reason="Wait for it")
    supervisor_client.post(page_of(item, "item_verb", "resume"))
    assert status_of(item.pk) == "new"


def test_an_ended_item_is_reopened(supervisor_client, queue):
    item = tried(queue, Outcome.SUCCESSFUL)

    supervisor_client.post(
        page_of(item, "item_verb", "reopen"), {"reason": "Posted to the wrong year"}
    )

    assert status_of(item.pk) == "new"


def test_without_a_reason_nothing_happens(supervisor_client, queue):
    item = waiting(queue)

    answer = supervisor_client.post(
        page_of(item, "item_verb", "cancel"), {"reason": ""}, follow=True
    )

    assert "Reason: This field is required." in answer.text
    assert status_of(item.pk) == "new"


def test_an_unknown_verb_does_not_exist(supervisor_client, queue):
    assert (
        supervisor_client.post(page_of(waiting(queue), "item_verb", "explode")).status_code == 404
    )


def test_what_a_bot_has_in_hand_is_refused(supervisor_client, queue):
    item = leased(queue)

    answer = supervisor_client.post(page_of(item, "item_verb", "cancel"), {"reason": "x"})

    assert answer.status_code == 409
    assert status_of(item.pk) == "in_progress"


# --- changing its data ----------------------------------------------------------------------------


def edited(item, **changes):
    return {
        "version": item.version,
        "v/number": "4711",
        "v/total": "12.5",
        "priority": "50",
        **changes,
    }


def test_changed_data_is_kept_and_shown_before_and_after(supervisor_client, queue):
    item = waiting(queue)
    before = item.payload
    assert "4711" in supervisor_client.get(page_of(item, "item_edit")).text

    answer = supervisor_client.post(
        page_of(item, "item_edit"), edited(item, **{"v/number": "4712"})
    )

    assert answer["Location"] == page_of(item)
    item.refresh_from_db()
    assert item.payload == {**before, "number": "4712"}
    page = supervisor_client.get(page_of(item)).text
    assert "<del>4711</del>" in page
    assert "<ins>4712</ins>" in page


def test_data_against_the_schema_comes_back(supervisor_client, queue):
    item = waiting(queue)

    answer = supervisor_client.post(page_of(item, "item_edit"), edited(item, **{"v/total": "much"}))

    assert answer.status_code == 422
    assert "much" in answer.text
    assert WorkItem.objects.get(pk=item.pk).payload == item.payload


def test_an_older_version_is_refused_and_keeps_what_was_typed(supervisor_client, queue):
    item = waiting(queue)
    edit_item(item.pk, version=1, by=ANNA, payload={**PAYLOAD, "number": "5000"})

    answer = supervisor_client.post(
        page_of(item, "item_edit"), edited(item, **{"v/number": "6000"})
    )

    assert answer.status_code == 422
    assert "6000" in answer.text
    assert "What you typed is still here." in answer.text


# --- personal data --------------------------------------------------------------------------------


def test_personal_data_is_masked_until_somebody_with_the_right_reveals_it(admin_client, queue):
    item = waiting(queue)
    page = admin_client.get(page_of(item)).text
    assert IBAN not in page
    assert MASK in page

    revealed = admin_client.post(page_of(item, "item_reveal")).text

    assert IBAN in revealed
    assert "<html" not in revealed
    event = Event.objects.get(kind="work_item.revealed")
    assert event.data["fields"] == ["iban"]


def test_who_has_no_right_to_it_reveals_nothing(supervisor_client, auditor_client, queue):
    item = waiting(queue)

    answers = [client.post(page_of(item, "item_reveal")) for client in (auditor_client,)]

    assert [answer.status_code for answer in answers] == [403]
    assert not Event.objects.filter(kind="work_item.revealed").exists()


def test_payloads_without_a_schema_are_shown_too(supervisor_client, folder):
    queue = queue_in(folder, payload_schema={})
    item = waiting(queue)
    WorkItem.objects.filter(pk=item.pk).update(
        payload={"deep": {"list": [1, {"a": [json.dumps(2)]}]}}
    )

    assert supervisor_client.get(page_of(item)).status_code == 200
