"""First steps on the overview: what is missing in a folder, for who can do something about it."""

import re

import pytest
from django.test import Client

from apps.accounts.permissions import rights_of
from apps.accounts.roles import Role
from apps.calendars.models import Calendar
from apps.dashboard.first_steps import first_steps
from tests.bots.rows import make_bot
from tests.factories import make_folder, make_person
from tests.factories_queues import make_queue
from tests.factories_triggers import make_trigger
from tests.queues.pages import waiting

pytestmark = pytest.mark.django_db

MAIL = "django.core.mail.backends.locmem.EmailBackend"


@pytest.fixture(autouse=True)
def _no_mail(settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.dummy.EmailBackend"


def steps_on(page):
    """Return {key: (is done, address)} of the steps of an overview; {} without any."""
    if 'id="first-steps"' not in page:
        return {}
    lines = re.findall(r'<li id="step-(\w+)"([^>]*)>(.*?)</li>', page, re.S)
    return {
        key: ("is-done" in how, (re.findall(r'<a href="([^"]+)"', text) or [""])[0])
        for key, how, text in lines
    }


def make_all(folder):
    waiting(make_queue(folder=folder))
    make_bot(folder=folder)
    make_trigger(folder)
    make_person(role=Role.BUSINESS_USER, folder=folder)
    Calendar.objects.create(folder=folder, key="here", title="Here")


def test_an_empty_folder_is_told_what_to_do_by_links_that_answer(admin_client):
    steps = steps_on(admin_client.get("/").text)

    assert list(steps) == [
        "queue", "bot", "item", "trigger", "people", "calendar", "notices", "heartbeat",
    ]  # fmt: skip
    assert steps["queue"] == (False, "/settings/queues/new/")
    assert steps["item"] == (False, "")  # there is no queue that it could be added to
    for _is_done, address in steps.values():
        if address:
            assert admin_client.get(address).status_code == 200, address


def test_each_step_is_ticked_by_what_is_there(admin, client_of, folder, settings):
    client = client_of(admin)

    def done():
        return {key for key, (is_done, _url) in steps_on(client.get("/").text).items() if is_done}

    elsewhere = make_folder()
    make_all(elsewhere)
    assert done() == set()
    queue = make_queue(folder=folder)
    assert done() == {"queue"}
    assert steps_on(client.get("/").text)["item"] == (False, f"/queues/{queue.pk}/add/")
    waiting(queue)
    make_bot(folder=folder)
    assert done() == {"queue", "item", "bot"}
    make_trigger(folder)
    make_person(role=Role.BUSINESS_USER, folder=folder)
    Calendar.objects.create(folder=folder, key="here", title="Here")
    assert done() == {"queue", "item", "bot", "trigger", "people", "calendar"}
    settings.EMAIL_BACKEND = MAIL
    assert "notices" in done()


def test_they_fold_once_work_is_done_and_go_once_all_is_there(admin_client, folder, settings):
    assert '<details class="panel first-steps" id="first-steps" open>' in admin_client.get("/").text
    make_all(folder)

    page = admin_client.get("/").text
    assert '<details class="panel first-steps" id="first-steps">' in page
    assert "6 of 8 done" in page

    settings.EMAIL_BACKEND, settings.HEARTBEAT_URL = MAIL, "https://watch.example/x"
    page = admin_client.get("/").text
    assert steps_on(page) == {}
    assert "overview.steps" not in page


@pytest.mark.parametrize("role", [Role.SUPERVISOR, Role.BUSINESS_USER, Role.AUDITOR])
def test_who_sets_nothing_up_sees_no_steps(role, folder, client_of):
    person = make_person(role=role, folder=folder)

    assert steps_on(client_of(person).get("/").text) == {}
    fragment = client_of(person).get("/live/fragment/", {"f": f"overview.steps:{folder.pk}"})
    assert "first-steps" not in fragment.text


def test_designers_get_no_links_to_forms_of_admins(designer_client):
    steps = steps_on(designer_client.get("/").text)

    assert steps["people"] == (False, "")
    assert steps["notices"][1] == "/notices/settings/"
    assert steps["trigger"][1] == "/triggers/new/"


def test_each_person_hides_them_alone(admin_client, designer_client):
    assert 'form="hide-steps"' in admin_client.get("/").text

    answer = admin_client.post("/overview/steps/hide/", follow=True)

    assert "hidden for you" in answer.text
    assert steps_on(admin_client.get("/").text) == {}
    assert steps_on(designer_client.get("/").text) != {}
    assert admin_client.post("/overview/steps/hide/").status_code == 302
    assert admin_client.get("/overview/steps/hide/").status_code == 405
    assert Client().post("/overview/steps/hide/").status_code == 302


def test_they_cost_one_query(admin, folder, django_assert_num_queries):
    make_all(folder)
    rights = rights_of(admin)

    with django_assert_num_queries(1):
        found = first_steps(folder.pk, rights)

    assert (found.n_done, found.works, found.is_over) == (6, True, False)


@pytest.mark.parametrize("argument", ["", "x", "0", "999999999", "9" * 40])
def test_a_folder_that_there_is_not_has_no_steps(admin_client, argument):
    answer = admin_client.get("/live/fragment/", {"f": f"overview.steps:{argument}"})

    assert answer.status_code < 500
    assert "first-steps" not in answer.text
