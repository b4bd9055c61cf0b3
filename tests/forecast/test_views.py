"""The page of a forecast and its API: what they say, to whom, and what they refuse."""

from datetime import timedelta

import pytest
from django.urls import reverse

from apps.forecast.lifecycle import renew
from apps.forecast.wording import cleared_in_words, miss_in_words
from apps.lib.clock import database_now
from apps.queues.lifecycle import pause_queue
from tests.factories_queues import ANNA, make_items, make_queue

from .seen import came_in, staffed, worked

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def queue(folder):
    found = make_queue("invoices", folder=folder, sla_seconds=1800)
    staffed(found, slots=2)
    worked(found, 60, seconds=30.0)
    came_in(found, 1)
    make_items(found, 240)
    return found


def page_of(queue, query=""):
    return reverse("forecast:queue", args=[queue.pk]) + query


def test_the_page_says_when_how_likely_and_what_it_takes(supervisor_client, queue):
    page = supervisor_client.get(page_of(queue)).text

    assert "Empty at about" in page
    assert "Something will be late within 1 day." in page
    assert "bots would do." in page
    assert "of 2" not in page
    assert "<polygon" in page
    assert "As a table" in page


def test_the_sliders_change_the_part_alone_and_say_what_they_stand_at(supervisor_client, queue):
    answer = supervisor_client.get(page_of(queue, "?bots=20&more=0&arrivals=100"), headers=HTMX)

    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert "If it were so:" in answer.text
    assert "As it is:" not in answer.text  # nobody has kept a forecast yet
    assert 'hx-target="#shown-bots" hx-swap="innerHTML">20<' in answer.text

    renew()
    again = supervisor_client.get(page_of(queue, "?bots=20"), headers=HTMX).text
    assert "As it is:" in again


def test_sliders_that_stand_where_things_are_ask_for_nothing(supervisor_client, queue):
    page = supervisor_client.get(page_of(queue, "?bots=2&more=0&arrivals=100&without=")).text

    assert "If it were so:" not in page


def test_a_bot_can_be_taken_away(supervisor_client, folder):
    queue = make_queue("claims", folder=folder)
    staffed(queue, slots=1, bots=2)
    worked(queue, 40)

    page = supervisor_client.get(page_of(queue, "?without=claims-1")).text

    assert "<option selected>claims-1</option>" in page
    assert "If it were so:" in page


def test_a_queue_nobody_worked_says_so(supervisor_client, folder):
    queue = make_queue("new", folder=folder)
    make_items(queue, 3)

    page = supervisor_client.get(page_of(queue)).text

    assert "nothing to foretell from" in page
    assert "<polygon" not in page


def test_little_knowledge_and_a_pause_are_said_first(supervisor_client, folder):
    queue = make_queue("new", folder=folder)
    worked(queue, 3)
    make_items(queue, 3)
    pause_queue(queue, reason="Month end", by=ANNA)

    page = supervisor_client.get(page_of(queue)).text

    assert "Little is known yet: 3 tries, and 0 hours of arrivals" in page
    assert "The queue is paused" in page


@pytest.mark.parametrize("query", [
    "?bots=-1", "?bots=x", "?bots=100000", "?more=-5", "?more=1e9", "?arrivals=-1",
    "?arrivals=99999", "?without=" + "x" * 200, "?bots=%00",
])  # fmt: skip
def test_senseless_wishes_are_refused_by_name_and_the_rest_is_shown(
    supervisor_client, queue, query
):
    answer = supervisor_client.get(page_of(queue, query))

    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "Empty at about" in answer.text


def test_other_folders_and_strangers_see_nothing(supervisor_client, client, queue):
    elsewhere = make_queue("secret")

    assert supervisor_client.get(page_of(elsewhere)).status_code == 404
    assert client.get(page_of(queue)).status_code == 302
    assert supervisor_client.post(page_of(queue)).status_code == 405


def test_lists_and_the_queue_s_page_say_what_was_foretold_last(supervisor_client, queue):
    detail = reverse("queues:queue_detail", args=[queue.pk])
    assert "empty at about" not in supervisor_client.get("/queues/").text

    renew()

    for address in ("/queues/", detail):
        page = supervisor_client.get(address).text
        assert "empty at about" in page
        assert "100 % chance to be late" in page
        assert page_of(queue) in page


def test_the_list_costs_one_query_more_for_all_forecasts(
    supervisor_client, folder, django_assert_max_num_queries
):
    for number in range(12):
        make_items(make_queue(f"q-{number}", folder=folder), 2)
    renew(budget_seconds=60)

    with django_assert_max_num_queries(26):
        supervisor_client.get("/queues/")


def test_the_page_reads_a_bounded_number_of_times(
    supervisor_client, queue, django_assert_max_num_queries
):
    with django_assert_max_num_queries(45):
        supervisor_client.get(page_of(queue))


def test_programs_get_moments_chances_and_the_curve(api, folder):
    queue = make_queue("parcels", folder=folder, sla_seconds=1800)
    staffed(queue, slots=2)
    worked(queue, 60, seconds=30.0)
    came_in(queue, 1)
    make_items(queue, 240)

    found = api.get("/queues/parcels/forecast").json()
    helped = api.get("/queues/parcels/forecast?bots=20&more_items=10&arrivals=0.5").json()

    assert (found["basis"], found["slots"], found["miss_chance"]) == ("good", 2, 1.0)
    assert found["empty"]["low"] <= found["empty"]["middle"] <= found["empty"]["high"]
    assert found["slots_needed"] > 2
    assert found["counts"]["ready"] == 240
    assert found["curve"][0]["middle"] == 240
    assert found["sentence"].startswith("Empty at about")
    assert (helped["slots"], helped["slots_now"]) == (20, 2)
    assert helped["miss_chance"] < 0.05
    assert helped["curve"][0]["middle"] == 250


@pytest.mark.parametrize(("query", "field"), [
    ("bots=-1", "bots"), ("bots=many", "bots"), ("bots=501", "bots"),
    ("more_items=-1", "more_items"), ("more_items=1000001", "more_items"),
    ("arrivals=-0.1", "arrivals"), ("arrivals=21", "arrivals"), ("arrivals=nan", "arrivals"),
    ("without=" + "x" * 101, "without"),
])  # fmt: skip
def test_programs_are_told_which_value_is_wrong(api, folder, query, field):
    make_queue("parcels", folder=folder)

    answer = api.get(f"/queues/parcels/forecast?{query}")

    assert answer.status_code == 422
    assert field in answer.text


def test_a_queue_that_is_not_there_is_not_found(api):
    assert api.get("/queues/nowhere/forecast").status_code == 404
    assert api.get("/queues/%00/forecast").status_code == 404


def test_sentences_name_the_day_where_it_is_another_one():
    now = database_now().replace(hour=10, minute=0, second=0, microsecond=0)
    later = now + timedelta(hours=2)

    def said(*hours):
        moments = tuple(None if each is None else now + timedelta(hours=each) for each in hours)
        return cleared_in_words(moments, now, 86_400)

    assert said(1, 2, 3) == "Empty at about 12:00, between 11:00 and 13:00."
    assert said(2, 2, 2) == "Empty at about 12:00."
    assert "tomorrow at 09:00" in said(1, 2, 23)
    assert later.strftime("%H") == "12"
    assert "in one of ten cases not within 1 day" in said(1, 2, None)
    assert "more likely not within 1 day" in said(1, None, None)
    assert said(None, None, None) == "It will not be empty within 1 day."
    assert miss_in_words(None, 86_400) == "Nothing here has a time by which it is due."
    assert miss_in_words(0.124, 86_400).startswith("12 % chance")
