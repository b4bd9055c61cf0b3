"""The list of queues and the page of one: what it shows to whom, and what it refuses."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.events.models import Event
from apps.queues.lifecycle import pause_queue
from apps.queues.models import Attempt, WorkItem
from tests.factories_queues import ANNA, make_items
from tests.queues.pages import PAYLOAD, SCRIPT, leased, queue_in, tried, waiting

pytestmark = pytest.mark.django_db

Outcome = Attempt.Outcome


@pytest.fixture
def queue(folder):
    return queue_in(folder)


def page_of(queue, query=""):
    return reverse("queues:queue_detail", args=[queue.pk]) + query


def test_the_list_shows_each_queue_with_its_counts(supervisor_client, queue):
    tried(queue, Outcome.BUSINESS_EXCEPTION)
    waiting(queue)

    page = supervisor_client.get("/queues/").text

    assert "Invoices" in page
    assert 'data-label="Needs a person">1<' in page
    assert 'data-label="Waiting">1<' in page


def test_an_empty_list_says_how_to_fill_it(supervisor_client):
    page = supervisor_client.get("/queues/").text

    assert "No queues yet" in page


def test_the_list_costs_the_same_for_many_queues(
    supervisor_client, folder, django_assert_max_num_queries
):
    for number in range(12):
        waiting(queue_in(folder, f"queue-{number}"))

    with django_assert_max_num_queries(25):
        supervisor_client.get("/queues/")


def test_queues_of_other_folders_do_not_exist(supervisor_client, queue):
    elsewhere = queue_in(None, "secret", title="Secret work")

    assert "Secret work" not in supervisor_client.get("/queues/").text
    assert supervisor_client.get(page_of(elsewhere)).status_code == 404
    for verb in ("pause", "resume", "add"):
        address = reverse(
            f"queues:{'item' if verb == 'add' else 'queue'}_{verb}", args=[elsewhere.pk]
        )
        assert supervisor_client.post(address, {"reason": "x"}).status_code == 404


def test_nobody_sees_anything_without_signing_in(queue):
    for address in ("/queues/", page_of(queue)):
        answer = Client().get(address)

        assert answer.status_code == 302
        assert "/sign-in/" in answer["Location"]


@pytest.mark.parametrize(("name", "method"), [
    ("queue_pause", "get"), ("queue_resume", "get"), ("queue_detail", "post"), ("item_add", "put"),
])  # fmt: skip
def test_other_methods_are_refused(supervisor_client, queue, name, method):
    address = reverse(f"queues:{name}", args=[queue.pk])

    assert getattr(supervisor_client, method)(address).status_code == 405


def test_the_strip_says_what_needs_somebody_and_links_there(supervisor_client, queue):
    tried(queue, Outcome.BUSINESS_EXCEPTION)

    page = supervisor_client.get(page_of(queue)).text

    assert "is-loud tone-person" in page
    assert "?status=needs_decision" in page


def test_failed_today_counts_what_its_list_shows(supervisor_client, folder):
    # given a queue that fails items at once, and one that failed long ago
    queue = queue_in(folder, on_business_exception="fail")
    tried(queue, Outcome.BUSINESS_EXCEPTION, message="No such vendor")

    page = supervisor_client.get(page_of(queue)).text
    listed = supervisor_client.get(page_of(queue, "?status=failed&ended=today")).text

    assert "tone-failed" in page
    assert "INV-1" in listed
    assert "Only those that ended today" in listed


def test_a_list_shows_the_last_problem_and_the_next_try(supervisor_client, queue):
    tried(queue, Outcome.APPLICATION_EXCEPTION, message="The ERP is down")

    page = supervisor_client.get(page_of(queue)).text

    assert "The ERP is down" in page
    assert "Retry at" in page


def test_what_bots_say_stays_text(supervisor_client, folder):
    queue = queue_in(folder, title=SCRIPT, description=SCRIPT)
    tried(queue, Outcome.APPLICATION_EXCEPTION, message=SCRIPT, reference=SCRIPT)

    page = supervisor_client.get(page_of(queue, f"?q={SCRIPT}")).text

    assert SCRIPT not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_filter_without_matches_offers_to_clear_it(supervisor_client, queue):
    waiting(queue)

    page = supervisor_client.get(page_of(queue, "?q=nothing-like-it")).text

    assert "No items match" in page
    assert "Clear filters" in page


@pytest.mark.parametrize("query", [
    "?status=nonsense", "?before=x", "?before=99999999999999999999", "?q=%00", "?ended=today",
    "?status=failed&ended=tomorrow", "?q=" + "x" * 5000, "?%FF=%FE",
])  # fmt: skip
def test_senseless_filters_are_left_out(supervisor_client, queue, query):
    assert supervisor_client.get(page_of(queue, query)).status_code == 200


def test_a_long_list_has_pages_and_bounded_cost(
    supervisor_client, queue, django_assert_max_num_queries
):
    make_items(queue, 120, payload=PAYLOAD)

    with django_assert_max_num_queries(45):
        first = supervisor_client.get(page_of(queue))
    second = supervisor_client.get(
        page_of(
            queue,
            first.text.split('rel="next" href="')[1]
            .split('"')[0]
            .split("/")[-1]
            .replace("&amp;", "&"),
        )
    )

    assert first.text.count("data-row>") == 50
    assert "To the start" in second.text


def test_who_may_operate_gets_the_buttons(
    supervisor_client, auditor_client, business_client, queue
):
    address = reverse("queues:item_add", args=[queue.pk])

    assert address in supervisor_client.get(page_of(queue)).text
    for client in (auditor_client, business_client):
        assert address not in client.get(page_of(queue)).text


def test_pausing_needs_a_reason_that_everybody_sees(supervisor_client, auditor_client, queue):
    address = reverse("queues:queue_pause", args=[queue.pk])

    without = supervisor_client.post(address, {"reason": ""}, follow=True)
    queue.refresh_from_db()
    assert not queue.is_paused
    assert "with a reason" in without.text

    supervisor_client.post(address, {"reason": "Month end"})
    queue.refresh_from_db()
    assert queue.is_paused
    page = auditor_client.get(page_of(queue)).text
    assert "Month end" in page
    assert "Paused by Supervisor" in page


def test_a_paused_queue_is_resumed(supervisor_client, queue):
    pause_queue(queue, reason="Month end", by=ANNA)

    supervisor_client.post(reverse("queues:queue_resume", args=[queue.pk]))

    queue.refresh_from_db()
    assert not queue.is_paused


@pytest.mark.parametrize("name", ["queue_pause", "queue_resume", "item_add"])
@pytest.mark.parametrize("role", ["auditor_client", "business_client"])
def test_who_may_not_operate_is_told_so(request, queue, name, role):
    client = request.getfixturevalue(role)

    answer = client.post(reverse(f"queues:{name}", args=[queue.pk]), {"reason": "x"})

    assert answer.status_code == 403


# --- adding by hand -------------------------------------------------------------------------------


def entry(**changes):
    return {
        "v/number": "4711",
        "v/total": "12.50",
        "priority": "60",
        "reference": "INV-9",
        **changes,
    }


def test_an_item_is_added_by_a_form_made_from_the_schema(supervisor_client, queue):
    address = reverse("queues:item_add", args=[queue.pk])
    assert "Invoice number" in supervisor_client.get(address).text

    answer = supervisor_client.post(address, entry())

    item = WorkItem.objects.get()
    assert answer["Location"] == reverse("items:item_detail", args=[item.pk])
    assert (item.reference, item.priority, item.origin) == ("INV-9", 60, "page")
    assert item.payload == {"number": "4711", "total": 12.5}
    assert item.added_by == "Supervisor"


def test_wrong_data_comes_back_with_what_was_typed(supervisor_client, queue):
    address = reverse("queues:item_add", args=[queue.pk])

    answer = supervisor_client.post(address, entry(**{"v/number": "", "v/total": "a lot"}))

    assert answer.status_code == 422
    assert "a lot" in answer.text
    assert "data-error-summary" in answer.text
    assert not WorkItem.objects.exists()


def test_a_known_reference_is_refused_where_references_are_unique(supervisor_client, folder):
    queue = queue_in(folder, unique_reference="reject")
    address = reverse("queues:item_add", args=[queue.pk])
    supervisor_client.post(address, entry())

    answer = supervisor_client.post(address, entry())

    assert answer.status_code == 422
    assert "INV-9" in answer.text
    assert WorkItem.objects.count() == 1


def test_rows_come_and_go_without_a_script(supervisor_client, folder):
    schema = {"type": "object", "properties": {"lines": {
        "type": "array", "items": {"type": "object", "properties": {"net": {"type": "string"}}},
    }}}  # fmt: skip
    queue = queue_in(folder, payload_schema=schema)
    address = reverse("queues:item_add", args=[queue.pk])

    answer = supervisor_client.post(
        address, {"_add": "v/lines", "v/lines/:rows": "", "priority": "50"}
    )

    assert answer.status_code == 200
    assert answer.text.count('class="form-row" data-row-key="n') == 1
    assert not WorkItem.objects.exists()


def test_adding_is_written_down(supervisor_client, queue):
    supervisor_client.post(reverse("queues:queue_pause", args=[queue.pk]), {"reason": "Month end"})

    event = Event.objects.get(kind="queue.paused")
    assert (event.actor_name, event.data["reason"]) == ("Supervisor", "Month end")


def test_what_is_with_a_bot_is_listed_as_running(supervisor_client, queue):
    leased(queue)

    page = supervisor_client.get(page_of(queue, "?status=in_progress")).text

    assert "INV-1" in page
    assert "tone-running" in page
