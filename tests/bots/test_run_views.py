"""The list of runs and one run: its log, its end, and who may stop it."""

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse

from apps.bots.models import LogLine, Run
from tests.bots.rows import make_automation, make_bot, make_run, make_waiting_run
from tests.factories import make_folder

pytestmark = pytest.mark.django_db

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def bot(folder):
    return make_bot(folder)


@pytest.fixture
def automation(folder):
    return make_automation(folder)


@pytest.fixture
def run(automation, bot):
    return make_run(automation, bot)


def page_of(run, name="run_detail"):
    return reverse(f"runs:{name}", args=[run.pk])


def test_the_list_shows_runs_newest_first_and_by_state(supervisor_client, automation, bot):
    done = make_run(automation, bot, ends="successful")
    failed = make_run(automation, bot, ends="faulted")

    page = supervisor_client.get("/runs/").text
    assert page.index(f"Run {failed.pk}") < page.index(f"Run {done.pk}")
    assert "The ERP closed the door." in page

    only = supervisor_client.get("/runs/?status=faulted").text
    assert f"Run {failed.pk}" in only
    assert f"Run {done.pk}<" not in only


@pytest.mark.parametrize("query", ["?status=odd", "?before=x", "?bot=x", "?before=9" * 9, "?%FF=1"])
def test_senseless_filters_are_left_out(supervisor_client, run, query):
    assert supervisor_client.get(f"/runs/{query}").status_code == 200


def test_a_long_list_has_pages_at_bounded_cost(
    supervisor_client, automation, django_assert_max_num_queries
):
    runs = [make_waiting_run(automation) for _number in range(55)]

    with django_assert_max_num_queries(25):
        first = supervisor_client.get("/runs/").text
    assert first.count("data-row") == 50
    second = supervisor_client.get(f"/runs/?before={runs[5].pk}").text
    assert second.count("data-row") == 5
    assert "To the start" in second


def test_an_empty_list_says_when_runs_start(supervisor_client):
    assert "A run starts by itself" in supervisor_client.get("/runs/").text


def test_a_run_shows_its_facts_and_its_log(supervisor_client, run, folder):
    LogLine.objects.create(
        folder_id=run.folder_id, run_id=run.pk, level="warning", message="Slow today", at=Now()
    )

    page = supervisor_client.get(page_of(run)).text

    assert "robbie, slot 1" in page
    assert "Slow today" in page
    assert "Stop after this item" in page


def test_an_ended_run_says_how_and_offers_nothing(supervisor_client, automation, bot):
    run = make_run(automation, bot, ends="faulted")

    page = supervisor_client.get(page_of(run)).text

    assert "The ERP closed the door." in page
    assert "tone-act" in page
    assert "stop-run" not in page


def test_what_it_logs_stays_text(supervisor_client, run):
    LogLine.objects.create(
        folder_id=run.folder_id, run_id=run.pk, level="info", message=SCRIPT, at=Now()
    )

    assert SCRIPT not in supervisor_client.get(page_of(run)).text


def test_a_run_is_asked_to_stop_and_killed(supervisor_client, run):
    supervisor_client.post(page_of(run, "run_stop"))
    run.refresh_from_db()
    assert (run.stop_requested_by, run.kill_requested_at) == ("Supervisor", None)
    assert "asked it to stop" in supervisor_client.get(page_of(run)).text

    supervisor_client.post(page_of(run, "run_stop"), {"kill": "1"})
    run.refresh_from_db()
    assert run.kill_requested_at


def test_an_ended_run_cannot_be_stopped(supervisor_client, automation, bot):
    run = make_run(automation, bot, ends="successful")

    answer = supervisor_client.post(page_of(run, "run_stop"))

    assert answer.status_code == 409
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCESSFUL


@pytest.mark.parametrize("role", ["auditor_client", "business_client"])
def test_who_may_not_operate_is_refused(request, run, role):
    client = request.getfixturevalue(role)

    assert "stop-run" not in client.get(page_of(run)).text
    assert client.post(page_of(run, "run_stop")).status_code == 403


def test_runs_of_other_folders_do_not_exist(supervisor_client):
    folder = make_folder()
    run = make_run(make_automation(folder), make_bot(folder, "stranger"))

    assert f"Run {run.pk}" not in supervisor_client.get("/runs/").text
    assert supervisor_client.get(page_of(run)).status_code == 404
    assert supervisor_client.post(page_of(run, "run_stop")).status_code == 404


def test_methods_and_signing_in(supervisor_client, run):
    assert supervisor_client.get(page_of(run, "run_stop")).status_code == 405
    assert supervisor_client.post(page_of(run)).status_code == 405
    assert supervisor_client.post("/runs/").status_code == 405
    for address in ("/runs/", page_of(run)):
        assert "/sign-in/" in Client().get(address)["Location"]
