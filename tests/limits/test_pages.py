"""Pages of applications, limits, freezes and the emergency stop: what they show, who may act."""

from datetime import timedelta

import pytest

from apps.accounts.models import Membership
from apps.accounts.roles import Role
from apps.lib.clock import database_now
from apps.limits.models import Application, FolderStop, Freeze, Limit
from tests.factories import make_folder, make_person
from tests.factories_limits import (
    held,
    make_application,
    make_freeze,
    make_limit,
    make_stop,
    opened,
)
from tests.factories_queues import make_items, make_queue

pytestmark = pytest.mark.django_db

APPLICATION = {
    "key": "erp", "title": "ERP", "breaker_on": "on", "failure_share": "40", "min_calls": "5",
    "window_seconds": "10 min", "open_seconds": "90 s", "probes": "2", "version": "1",
}  # fmt: skip


def text_of(answer):
    return answer.content.decode()


def test_an_application_is_made_and_changed_in_plain_fields(designer_client, folder):
    answer = designer_client.post("/applications/new/", APPLICATION, follow=True)

    erp = Application.objects.get(folder=folder)
    assert (erp.failure_share, erp.window_seconds, erp.open_seconds) == (0.4, 600, 90)
    assert "when 40% of at least 5 tries in 10 min fail" in text_of(answer)
    page = f"/applications/{erp.pk}/edit/"
    assert 'value="10 min"' in text_of(designer_client.get(page))
    designer_client.post(page, {**APPLICATION, "title": "SAP", "breaker_on": ""})
    erp.refresh_from_db()
    assert (erp.title, erp.breaker_on, erp.key) == ("SAP", False, "erp")
    stale = designer_client.post(page, {**APPLICATION, "title": "Old"})
    assert stale.status_code == 422
    assert "Somebody changed it meanwhile" in text_of(stale)
    designer_client.post(f"/applications/{erp.pk}/remove/")
    assert not Application.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"failure_share": "0"}, "greater than or equal to 1"),
        ({"failure_share": "101"}, "less than or equal to 100"),
        ({"window_seconds": "a while"}, "is not a length of time"),
        ({"window_seconds": "5 s"}, "must be from 10 s to 1 day"),
        ({"open_seconds": "2 h"}, "must be from 1 s to 1 h"),
        ({"runbook_url": "javascript:alert(1)"}, "Enter a valid URL"),
        ({"runbook_url": "ftp://files.example.com/x"}, "must begin with https"),
        ({"key": "no key"}, "Use letters"),
        ({"title": ""}, "required"),
    ],
)
def test_what_makes_no_sense_is_said_where_it_was_typed(designer_client, folder, wrong, said):
    answer = designer_client.post("/applications/new/", {**APPLICATION, **wrong})

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Application.objects.exists()


def test_the_list_shows_how_each_stands_and_what_waits(supervisor_client, folder):
    make_application(folder, title="Archive")
    opened(make_application(folder, title="Portal"))
    held(make_application(folder, title="Bank"), seconds=3_600)
    frozen = make_application(folder, title="Ledger")
    make_freeze(folder, frozen, title="Closing")
    erp = opened(make_application(folder, title="ERP"), probe_in=-1)
    queue = make_queue(folder=folder)
    queue.applications.add(erp)
    make_items(queue, 3)
    make_limit(application=erp, title="Licences", size=2)
    make_application(make_folder(), title="Elsewhere")

    page = text_of(supervisor_client.get("/applications/"))

    for word in ("Work starts", "Work rests", "Held back", "Frozen: Closing", "Being tried"):
        assert word in page
    assert "Licences: 0 / 2" in page
    assert "nothing tried" in page
    assert "Elsewhere" not in page


def test_the_page_of_one_shows_health_use_seats_and_what_people_can_do(supervisor_client, folder):
    erp = opened(make_application(folder, "erp", runbook_url="https://wiki/erp"))
    queue = make_queue(folder=folder, title="Invoices to post")
    queue.applications.add(erp)
    make_items(queue, 3)
    make_limit(application=erp, title="Licences", size=2)
    make_freeze(folder, erp, title="Closing", begins_in=3_600, ends_in=7_200)
    held(erp)

    page = text_of(supervisor_client.get(f"/applications/{erp.pk}/"))

    assert "Invoices to post" in page
    assert "0 of 2 taken" in page
    assert 'href="https://wiki/erp"' in page
    assert "Freeze “Closing”" in page
    assert "Until somebody releases it." in page
    for verb in ("hold", "release", "reset"):
        assert f"/applications/{erp.pk}/{verb}/" in page
    assert "Remove this application" not in page


def test_people_hold_release_and_reset(supervisor_client, folder):
    erp = opened(make_application(folder))
    page = f"/applications/{erp.pk}/"
    until = (database_now() + timedelta(hours=2)).strftime("%Y-%m-%dT%H:%M")

    supervisor_client.post(f"{page}hold/", {"until": until, "reason": "Upgrade"})
    erp.refresh_from_db()
    assert erp.held_until.strftime("%Y-%m-%dT%H:%M") == until
    supervisor_client.post(f"{page}hold/", {"until": "", "reason": ""})
    erp.refresh_from_db()
    assert (erp.held_until, erp.held_by) == (None, "Supervisor")
    supervisor_client.post(f"{page}release/")
    supervisor_client.post(f"{page}reset/")
    erp.refresh_from_db()
    assert (erp.held_at, erp.state) == (None, "closed")
    assert supervisor_client.post(f"{page}release/").status_code == 409
    assert supervisor_client.post(f"{page}reset/").status_code == 409


@pytest.mark.parametrize("until", ["yesterday", "2020-01-01T00:00", "2030-01-01T00:00+01:00"])
def test_a_hold_says_what_is_wrong_with_its_end(supervisor_client, folder, until):
    erp = make_application(folder)

    answer = supervisor_client.post(f"/applications/{erp.pk}/hold/", {"until": until})

    assert answer.status_code == 422
    assert "<dialog" in text_of(answer)
    assert 'class="errorlist"' in text_of(answer)
    erp.refresh_from_db()
    assert erp.held_at is None


def test_limits_are_made_changed_and_shown_with_what_they_bind(designer_client, folder):
    erp = make_application(folder, title="ERP")
    said = {"key": "seats", "title": "Licences", "application": erp.pk, "size": "3"}

    blank = text_of(designer_client.get(f"/settings/limits/new/?application={erp.pk}"))
    made = designer_client.post("/settings/limits/new/", {**said, "kind": "seats"}, follow=True)
    limit = Limit.objects.get()
    rate = {**said, "kind": "rate", "per_seconds": "1 min", "burst": "", "version": "1"}
    designer_client.post(f"/settings/limits/{limit.pk}/", rate)

    assert f'<option value="{erp.pk}" selected>' in blank
    assert "0 of 3 taken" in text_of(made)
    limit.refresh_from_db()
    assert (limit.kind, limit.per_seconds, limit.burst) == ("rate", 60, 1)
    make_queue(folder=folder, title="Claims").limits.add(limit)
    page = text_of(designer_client.get("/settings/limits/"))
    assert "at most 3 starts in 1 min" in page
    assert "Claims" in page
    designer_client.post(f"/settings/limits/{limit.pk}/remove/")
    assert not Limit.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"size": "0"}, "greater than or equal to 1"),
        ({"kind": "rate"}, "is missing"),
        ({"kind": "rate", "per_seconds": "1 min", "burst": "4"}, "must not be more than the size"),
        ({"kind": "locks"}, "not one of the available choices"),
        ({"application": "99999"}, "not one of the available choices"),
    ],
)
def test_a_limit_that_makes_no_sense_is_said_where_it_was_typed(
    designer_client, folder, wrong, said
):
    good = {"key": "seats", "title": "Seats", "size": "3", "kind": "seats"}

    answer = designer_client.post("/settings/limits/new/", {**good, **wrong})

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Limit.objects.exists()


def freeze_said(**more):
    said = {"title": "Closing", "starts_at": "2030-03-30T22:00", "ends_at": "2030-03-31T06:00"}
    return {**said, "zone": "Europe/Berlin", "repeats": "daily", **more}


def test_a_freeze_is_planned_on_the_clock_of_its_zone(designer_client, folder):
    erp = make_application(folder, title="ERP")

    designer_client.post("/settings/freezes/new/", freeze_said(applications=[erp.pk]))

    freeze = Freeze.objects.get()
    assert freeze.starts_at.isoformat() == "2030-03-30T21:00:00+00:00"
    assert freeze.ends_at.isoformat() == "2030-03-31T04:00:00+00:00"
    page = f"/settings/freezes/{freeze.pk}/"
    shown = text_of(designer_client.get(page))
    assert 'value="2030-03-30T22:00"' in shown
    assert 'value="2030-03-31T06:00"' in shown
    designer_client.post(page, freeze_said(version="1", title="Month end"))
    freeze.refresh_from_db()
    assert (freeze.title, freeze.applications.count()) == ("Month end", 0)
    listed = text_of(designer_client.get("/settings/freezes/"))
    assert "Month end" in listed
    assert "all work of the folder" in listed
    designer_client.post(f"{page}remove/")
    assert not Freeze.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"ends_at": "2030-03-30T21:00"}, "must be later than its beginning"),
        ({"ends_at": "2030-04-01T22:00"}, "must be within a day"),
        ({"starts_at": "soon"}, "Give a date and a time"),
        ({"zone": "Mars"}, "not one of the available choices"),
        ({"repeats": "none", "starts_at": "2020-01-01T00:00", "ends_at": "2020-01-01T01:00"},
         "must be a time that will come"),
    ],
)  # fmt: skip
def test_a_freeze_that_makes_no_sense_is_said_where_it_was_typed(
    designer_client, folder, wrong, said
):
    answer = designer_client.post("/settings/freezes/new/", freeze_said(**wrong))

    assert answer.status_code == 422
    assert said in text_of(answer)
    assert not Freeze.objects.exists()


def test_a_stop_stands_on_every_page_until_it_is_lifted_by_its_title(supervisor_client, folder):
    typed = {"reason": "Wrong payments", "typed": folder.title}

    refused = supervisor_client.post("/applications/stop/set/", {**typed, "typed": "yes"})
    assert refused.status_code == 422
    assert "not the title of the folder" in text_of(refused)
    assert not FolderStop.objects.exists()
    without = supervisor_client.post("/applications/stop/set/", {"typed": folder.title})
    assert without.status_code == 422
    supervisor_client.post("/applications/stop/set/", {**typed, "stops_runs": "on"})
    assert FolderStop.objects.get().stops_runs
    for page in ("/", "/inbox/", "/queues/", "/bots/", "/applications/stop/"):
        assert "Wrong payments" in text_of(supervisor_client.get(page)), page
    refused = supervisor_client.post("/applications/stop/lift/", {"typed": "yes"})
    assert (refused.status_code, FolderStop.objects.count()) == (422, 1)
    supervisor_client.post("/applications/stop/lift/", {"typed": f" {folder.title} "})
    assert not FolderStop.objects.exists()
    assert "Wrong payments" not in text_of(supervisor_client.get("/queues/"))


def test_a_stop_of_a_folder_of_others_is_not_shown(supervisor_client):
    make_stop(make_folder(), "Secret reason")

    assert "Secret reason" not in text_of(supervisor_client.get("/queues/"))


def test_the_banner_leads_to_the_stop_of_its_own_folder_whichever_one_is_worked_in(
    client_of, folder
):
    person, other = make_person(role=Role.SUPERVISOR, folder=folder), make_folder()
    Membership.objects.create(user=person, folder=other, role=Role.SUPERVISOR)
    make_stop(other, "Wrong payments")
    client = client_of(person)

    page = f"/applications/stop/?folder={other.pk}"
    assert f'href="{page}"' in client.get("/queues/").text
    assert f"Nothing starts in {other.title}" in text_of(client.get(page))
    assert f"Stop all work in {folder.title}" in text_of(client.get("/applications/stop/"))

    lift = f"/applications/stop/lift/?folder={other.pk}"
    assert client.post(lift, {"typed": folder.title}).status_code == 422
    assert client.post(lift, {"typed": other.title}).headers["Location"] == page
    assert not FolderStop.objects.exists()


@pytest.mark.parametrize("asked", ["{hidden}", "0", "x", "9" * 30, "-1"])
def test_a_stop_page_of_a_folder_of_others_is_not_there(supervisor_client, asked):
    hidden = make_folder()
    make_stop(hidden, "Secret reason")
    asked = asked.format(hidden=hidden.pk)

    for verb in ("", "set/", "lift/"):
        address = f"/applications/stop/{verb}?folder={asked}"
        answer = supervisor_client.post(address) if verb else supervisor_client.get(address)
        assert answer.status_code == 404, verb
        assert "Secret reason" not in answer.text
    assert FolderStop.objects.exists()


PAGES = ("/applications/", "/applications/stop/", "/settings/limits/", "/settings/freezes/")


@pytest.mark.parametrize("role", Role.values)
def test_all_may_look_and_each_change_needs_its_right(client_of, folder, role):
    client = client_of(make_person(role=role, folder=folder))
    erp, limit, freeze = make_application(folder), make_limit(folder), make_freeze(folder)
    designs = role in (Role.DESIGNER, Role.ADMIN)
    operates = designs or role == Role.SUPERVISOR
    reads = designs or role == Role.AUDITOR

    for page in (*PAGES, f"/applications/{erp.pk}/"):
        assert client.get(page).status_code == 200, page
    edits = (
        f"/applications/{erp.pk}/edit/",
        f"/settings/limits/{limit.pk}/",
        f"/settings/freezes/{freeze.pk}/",
    )
    for page in edits:
        assert client.get(page).status_code == (200 if reads else 403), page
        assert client.post(page).status_code == (422 if designs else 403), page
    for page in ("/applications/new/", "/settings/limits/new/", "/settings/freezes/new/"):
        assert client.get(page).status_code == (200 if designs else 403), page
    assert client.post("/applications/stop/set/").status_code == (422 if operates else 403)
    assert client.post("/applications/stop/lift/").status_code == (422 if operates else 403)
    if not operates:
        for verb in ("hold", "release", "reset", "remove"):
            assert client.post(f"/applications/{erp.pk}/{verb}/").status_code == 403
    if not designs:
        assert client.post(f"/settings/limits/{limit.pk}/remove/").status_code == 403
        assert client.post(f"/settings/freezes/{freeze.pk}/remove/").status_code == 403


def test_pages_of_other_folders_are_not_there(admin_client):
    elsewhere = make_folder()
    erp, limit = make_application(elsewhere), make_limit(elsewhere)
    freeze = make_freeze(elsewhere)

    for page in (
        f"/applications/{erp.pk}/",
        f"/applications/{erp.pk}/edit/",
        f"/settings/limits/{limit.pk}/",
        f"/settings/freezes/{freeze.pk}/",
    ):
        assert admin_client.get(page).status_code == 404
