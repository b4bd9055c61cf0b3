"""Walls: a screen's secret address shows one wall and nothing else, until it is taken back."""

from datetime import time, timedelta

import pytest
from django.test import Client

from apps.dashboard.lifecycle import create_display_token, revoke_display_token, save_wall
from apps.dashboard.models import DisplayToken, Wall
from apps.dashboard.queries import Minute
from apps.dashboard.screens import chart_of, is_dim
from apps.events.models import Event, Heartbeat
from apps.lib.actors import SYSTEM
from apps.lib.clock import database_now
from apps.lib.errors import InvalidError
from apps.queues.models import Attempt
from tests.factories import make_folder, make_person
from tests.queues.pages import queue_in, tried, waiting

pytestmark = pytest.mark.django_db

PAGES = [{"title": "Now", "tiles": ["backlog", "failures"], "shows_chart": True}]
FORM = {
    "key": "hall", "title": "Hall", "rotate_seconds": "30", "time_zone": "Europe/Berlin",
    "page_0_title": "Now", "page_0_tiles": ["backlog", "people"], "page_0_chart": "on",
    "page_1_tiles": ["done"],
}  # fmt: skip


@pytest.fixture
def wall(folder):
    found = Wall(folder=folder, key="hall", time_zone="Europe/Berlin")
    save_wall(found, {"title": "Hall", "pages": PAGES}, by=SYSTEM)
    return found


def screen_of(wall, *, networks=""):
    """Return the address of a new screen, and its token."""
    token, text = create_display_token(wall, name="Entrance", networks=networks, by=SYSTEM)
    return f"/wall/{wall.key}/{text}/", token


def test_a_screen_needs_nobody_to_sign_in(wall, folder):
    waiting(queue_in(folder))
    address, token = screen_of(wall)

    answer = Client().get(address)

    assert answer.status_code == 200
    assert "Hall" in answer.text
    assert 'wall-value">1<' in answer.text
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"
    # a session would end some day
    assert not answer.cookies
    token.refresh_from_db()
    assert (token.last_address, token.last_used_at is not None) == ("127.0.0.1", True)


def test_the_piece_that_changes_says_of_when_it_is(wall):
    address, _token = screen_of(wall)

    answer = Client().get(f"{address}now/")

    age = database_now().timestamp() * 1000 - int(answer["X-As-Of"])
    assert 0 <= age < 60_000
    assert answer["X-Release"]
    assert "<html" not in answer.text
    assert "data-sheet" in answer.text


def test_what_was_taken_back_shows_nothing_at_once(wall):
    address, token = screen_of(wall)
    client = Client()
    assert client.get(address).status_code == 200

    revoke_display_token(token, by=SYSTEM)

    for part in ("", "now/"):
        refused = client.get(address + part)
        assert refused.status_code == 403
        # the page asks again by itself, should it be given a new one
        assert refused["X-Wall"] == "refused"
        assert "Hall" not in refused.text


def test_a_token_is_of_one_wall(wall, folder):
    other = Wall(folder=folder, key="roof")
    save_wall(other, {"title": "Roof", "pages": PAGES}, by=SYSTEM)
    address, _token = screen_of(wall)

    assert Client().get(address.replace("hall", "roof")).status_code == 403


@pytest.mark.parametrize("secret", ["x", "a" * 5_000, "💥", "%00", "..%2f"])
def test_a_guess_is_refused_without_a_word_about_the_wall(wall, secret):
    answers = [Client().get(f"/wall/{key}/{secret}/") for key in ("hall", "nothing-there")]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert answers[0].text == answers[1].text or answers[0].status_code == 404


def test_the_secret_opens_nothing_else(wall):
    address, _token = screen_of(wall)
    secret = address.split("/")[3]
    client = Client()
    client.get(address)

    assert client.get("/").status_code == 302
    bearer = {"authorization": f"Bearer {secret}"}
    assert client.get("/api/v1/queues", headers=bearer).status_code == 401
    assert client.post(address).status_code == 405


@pytest.mark.parametrize(
    ("networks", "address", "status"),
    [
        ("10.1.0.0/16", "10.1.2.3", 200),
        ("10.1.0.0/16", "10.2.0.1", 403),
        ("10.1.0.0/16 192.168.7.20", "192.168.7.20", 200),
        ("10.1.0.0/16", "::ffff:10.1.2.3", 200),
        ("2001:db8::/32", "2001:db8::1", 200),
        ("2001:db8::/32", "10.1.2.3", 403),
        ("10.0.0.0/8", "not an address", 403),
        ("", "10.2.0.1", 200),
    ],
)
def test_a_screen_may_be_bound_to_where_it_stands(wall, networks, address, status):
    url, _token = screen_of(wall, networks=networks)

    assert Client(REMOTE_ADDR=address).get(url).status_code == status


@pytest.mark.parametrize("networks", ["office", "10.1.0.0/40", "1.2.3", "10.1.0.0/16; drop table"])
def test_networks_that_are_none_are_refused(wall, networks):
    with pytest.raises(InvalidError) as refused:
        create_display_token(wall, name="x", networks=networks, by=SYSTEM)

    assert refused.value.fields[0].path == "networks"


def test_it_shows_its_folder_alone_and_never_what_items_hold(wall, folder):
    tried(queue_in(folder), Attempt.Outcome.BUSINESS_EXCEPTION, message="Karin Auer owes 12 €")
    elsewhere = queue_in(make_folder(), "elsewhere", title="Secret work")
    tried(elsewhere, Attempt.Outcome.BUSINESS_EXCEPTION)
    address, _token = screen_of(wall)

    page = Client().get(address).text

    assert "Data problem" in page
    for secret in ("Karin", "INV-1", "Secret work"):
        assert secret not in page


def test_a_silent_scheduler_is_said(wall):
    address, _token = screen_of(wall)
    Heartbeat.objects.create(name="scheduler:here", at=database_now() - timedelta(minutes=5))

    assert "the scheduler has not answered" in Client().get(address).text

    Heartbeat.objects.update(at=database_now())
    assert "the scheduler has not answered" not in Client().get(address).text


def test_people_of_the_folder_may_look_others_not(wall, supervisor_client, client_of):
    stranger = client_of(make_person("stranger", folder=make_folder()))

    assert "Hall" in supervisor_client.get("/wall/hall/").text
    assert "data-sheet" in supervisor_client.get("/wall/hall/?part=now").text
    assert stranger.get("/wall/hall/").status_code == 404
    assert Client().get("/wall/hall/").status_code == 302


# --- settings -------------------------------------------------------------------------------------


def test_an_admin_makes_a_wall_and_gives_a_screen_its_address(admin_client, folder):
    made = admin_client.post("/settings/walls/new/", FORM)
    wall = Wall.objects.get()
    created = admin_client.post(
        f"/settings/walls/{wall.pk}/tokens/", {"name": "Entrance", "networks": "10.1.2.3/16"}
    )

    assert made["Location"] == f"/settings/walls/{wall.pk}/"
    assert wall.pages == [
        {"title": "Now", "tiles": ["backlog", "people"], "shows_chart": True},
        {"title": "", "tiles": ["done"], "shows_chart": False},
    ]
    token = DisplayToken.objects.get()
    assert (token.networks, token.created_by) == ("10.1.0.0/16", "Admin")
    secret = created.text.split("/wall/hall/")[1].split("/")[0]
    # kept as a digest, shown once
    assert secret not in token.digest
    assert secret not in admin_client.get(f"/settings/walls/{wall.pk}/").text
    kinds = set(Event.objects.values_list("kind", flat=True))
    assert {"wall.created", "display_token.created"} <= kinds
    assert not any(secret in str(event.data) for event in Event.objects.all())


def test_a_wall_is_changed_looked_at_and_removed(admin_client, wall):
    address, token = screen_of(wall)
    changed = admin_client.post(f"/settings/walls/{wall.pk}/", {**FORM, "title": "Foyer"})
    assert changed.status_code == 302
    assert "Foyer" in admin_client.get("/settings/walls/").text

    admin_client.post(f"/settings/walls/{wall.pk}/tokens/{token.pk}/revoke/")
    assert Client().get(address).status_code == 403
    again = admin_client.post(f"/settings/walls/{wall.pk}/tokens/{token.pk}/revoke/", follow=True)
    assert "revoked before" in again.text

    admin_client.post(f"/settings/walls/{wall.pk}/remove/")
    assert not Wall.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"key": "no key!"}, "letters, digits"),
        ({"title": ""}, "required"),
        ({"rotate_seconds": "3"}, "15"),
        ({"rotate_seconds": "x"}, "whole number"),
        ({"time_zone": "Mars/Olympus"}, "not one of the available choices"),
        ({"page_0_tiles": ["nothing"]}, "not one of the available choices"),
        ({"page_0_tiles": [], "page_1_tiles": []}, "at least one tile"),
        ({"dim_from": "22:00"}, "from when until when"),
        ({"dim_from": "25:99", "dim_until": "06:00"}, "valid time"),
        ({"page_0_title": "x" * 61}, "at most 60"),
    ],
)
def test_what_fits_no_wall_is_refused_at_its_field(admin_client, wrong, said):
    answer = admin_client.post("/settings/walls/new/", {**FORM, **wrong})

    assert answer.status_code == 422
    assert said in answer.text
    assert not Wall.objects.exists()


def test_a_key_is_of_one_wall_in_the_whole_room(admin_client):
    elsewhere = Wall(folder=make_folder(), key="hall")
    save_wall(elsewhere, {"title": "Theirs", "pages": PAGES}, by=SYSTEM)

    answer = admin_client.post("/settings/walls/new/", FORM)

    assert answer.status_code == 422
    assert "Another wall has this key" in answer.text
    # and it is none of ours
    assert admin_client.get(f"/settings/walls/{elsewhere.pk}/").status_code == 404


@pytest.mark.parametrize(
    "pages",
    [
        [], {}, "all", [{}] * 5, [{"tiles": []}], [{"tiles": ["backlog"] * 9}], [{"tiles": [1]}],
        [{"tiles": "backlog"}], [None],
    ],
)  # fmt: skip
def test_pages_that_are_none_are_refused(folder, pages):
    wall = Wall(folder=folder, key="hall")
    with pytest.raises(InvalidError) as refused:
        save_wall(wall, {"title": "Hall", "pages": pages}, by=SYSTEM)

    assert refused.value.fields[0].path.startswith("pages")


@pytest.mark.parametrize("role", ["supervisor_client", "designer_client", "business_client"])
def test_only_admins_give_things_to_be_seen_by_all(request, wall, role):
    client = request.getfixturevalue(role)

    for path in ("", "new/", f"{wall.pk}/", f"{wall.pk}/tokens/"):
        assert client.get(f"/settings/walls/{path}").status_code == 403
    assert client.post(f"/settings/walls/{wall.pk}/remove/").status_code == 403


def test_auditors_read(auditor_client, wall):
    assert "Hall" in auditor_client.get("/settings/walls/").text
    assert auditor_client.get(f"/settings/walls/{wall.pk}/").status_code == 200
    assert auditor_client.post(f"/settings/walls/{wall.pk}/", FORM).status_code == 403


# --- drawing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("begin", "end", "clock", "dims"),
    [
        (time(22), time(6), time(23), True),
        (time(22), time(6), time(3), True),
        (time(22), time(6), time(12), False),
        (time(22), time(6), time(6), False),
        (time(1), time(5), time(3), True),
        (time(1), time(5), time(23), False),
        (None, None, time(3), False),
        (time(5), time(5), time(5), False),
    ],
)
def test_nights_go_past_midnight(begin, end, clock, dims):
    assert is_dim(Wall(dim_from=begin, dim_until=end), clock) is dims


def test_the_chart_leaves_out_the_problems_of_the_running_minute():
    at = database_now()
    minutes = [Minute(at, backlog, problems, 0) for backlog, problems in ((2, 1), (4, 3), (1, 9))]

    chart = chart_of(minutes)

    assert (chart.highest, chart.most_problems) == (4, 3)
    assert len(chart.backlog.split()) == 3
    assert len(chart.problems.split()) == 2


def test_a_role_is_needed_even_for_looking(wall, client_of):
    nobody = client_of(make_person("nobody", role=None))

    assert nobody.get("/wall/hall/").status_code == 403
