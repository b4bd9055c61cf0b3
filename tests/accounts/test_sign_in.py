"""Signing in and out: lockout, safe ways on, sessions that end when they should."""

import pytest
from django.contrib.auth.models import AnonymousUser
from django.test import Client

from apps.accounts.landing import landing_of
from apps.accounts.models import Folder, User
from apps.accounts.roles import Role
from apps.events.fragments import audience_of
from tests.factories import PASSWORD, make_folder, make_person

pytestmark = pytest.mark.django_db
SIGN_IN = "/sign-in/"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str):
    return client.post(SIGN_IN, {"username": username, "password": password, **more})


def is_signed_in(client: Client) -> bool:
    return client.get("/profile/").status_code == 200


def test_the_right_password_signs_in(client: Client, supervisor: User):
    answer = sign_in(client, "supervisor")

    assert answer.status_code == 302
    assert is_signed_in(client)


def test_a_wrong_password_does_not_and_says_so(client: Client, supervisor: User):
    answer = sign_in(client, "supervisor", "wrong")

    assert answer.status_code == 422
    assert "The user name or the password is wrong" in answer.content.decode()
    assert not is_signed_in(client)


def test_pages_lead_to_the_sign_in_and_back(client: Client, supervisor: User):
    answer = client.get("/profile/")

    assert answer.status_code == 302
    assert answer["Location"] == "/sign-in/?next=/profile/"
    assert sign_in(client, "supervisor", next="/profile/")["Location"] == "/profile/"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "nowhere",
        "a:b",
    ],
)
def test_signing_in_never_leads_elsewhere(client: Client, supervisor: User, elsewhere: str):
    assert sign_in(client, "supervisor", next=elsewhere)["Location"] == "/"


@pytest.mark.parametrize("elsewhere", ["", "/", "//evil.example/"])
def test_who_only_decides_begins_in_the_inbox(client: Client, business_user: User, elsewhere: str):
    assert sign_in(client, "business_user", next=elsewhere)["Location"] == "/inbox/"
    assert client.get(SIGN_IN)["Location"] == "/inbox/"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.BUSINESS_USER])
def test_all_others_begin_at_the_overview(client: Client, folder: Folder, role: Role):
    person = make_person(role=role, folder=folder)

    assert sign_in(client, person.username)["Location"] == "/"


def test_the_page_that_was_asked_for_comes_before_the_inbox(client: Client, business_user: User):
    assert sign_in(client, "business_user", next="/profile/")["Location"] == "/profile/"


def test_whoever_is_more_than_a_business_user_somewhere_begins_at_the_overview(
    client: Client, business_user: User
):
    second = make_folder("second")
    business_user.memberships.create(folder=second, role=Role.BUSINESS_USER)
    assert landing_of(User.objects.get(pk=business_user.pk)) == "/inbox/"

    business_user.memberships.filter(folder=second).update(role=Role.SUPERVISOR)

    assert sign_in(client, "business_user")["Location"] == "/"


@pytest.mark.parametrize("address", ["/", "/inbox/", "/profile/"])
def test_the_brand_leads_where_one_begins_and_the_overview_stays_in_reach(
    business_client: Client, supervisor_client: Client, address: str
):
    page = business_client.get(address).content.decode()

    assert '<a class="rail-brand" href="/inbox/">' in page
    assert '<a href="/" data-key="g o"' in page
    assert '<a class="rail-brand" href="/">' in supervisor_client.get(address).content.decode()


def test_guessing_locks_out_even_the_right_password(client: Client, supervisor: User):
    for _ in range(10):
        sign_in(client, "supervisor", "wrong")

    answer = sign_in(client, "supervisor")

    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert not is_signed_in(client)


def test_who_is_disabled_can_not_sign_in(client: Client, supervisor: User):
    User.objects.filter(pk=supervisor.pk).update(is_active=False)

    assert sign_in(client, "supervisor").status_code == 422


def test_the_session_gets_a_new_key(client: Client, supervisor: User):
    client.get(SIGN_IN)
    client.session["before"] = 1
    before = client.session.session_key

    sign_in(client, "supervisor")

    assert client.session.session_key != before


def test_signing_out_takes_a_post(supervisor_client: Client):
    assert supervisor_client.get("/sign-out/").status_code == 405
    assert is_signed_in(supervisor_client)

    assert supervisor_client.post("/sign-out/")["Location"] == SIGN_IN
    assert not is_signed_in(supervisor_client)


def test_the_first_sign_in_keeps_the_language_of_the_browser(supervisor: User):
    client = Client(headers={"accept-language": "de-AT, en;q=0.5"})

    sign_in(client, "supervisor")

    supervisor.refresh_from_db()
    assert supervisor.language == "de"


def test_pages_speak_the_person_s_language_in_their_zone(client_of, supervisor: User):
    User.objects.filter(pk=supervisor.pk).update(language="de", time_zone="Asia/Tokyo")
    supervisor.refresh_from_db()

    page = client_of(supervisor).get("/profile/").content.decode()

    assert '<html lang="de"' in page
    assert 'data-time-zone="Asia/Tokyo"' in page


@pytest.mark.parametrize("gone", ["Mars/Base", "../UTC", "Europe", "\x01"])
def test_a_zone_that_is_no_more_leaves_the_organisation_s(client_of, supervisor: User, gone):
    User.objects.filter(pk=supervisor.pk).update(time_zone=gone)
    supervisor.refresh_from_db()

    page = client_of(supervisor).get("/profile/")

    assert page.status_code == 200
    assert 'data-time-zone="UTC"' in page.text


def test_people_without_a_folder_are_told_what_to_do(client_of):
    homeless = make_person(role=None)

    answer = client_of(homeless).get("/settings/")

    assert answer.status_code == 403
    assert "You are in no folder yet" in answer.content.decode()
    assert client_of(homeless).get("/profile/").status_code == 200


def test_a_person_of_two_folders_chooses_one(client_of, folder: Folder, supervisor: User):
    second = make_folder("second", title="The second")
    supervisor.memberships.create(folder=second, role=Role.ADMIN)
    client = client_of(supervisor)

    answer = client.post("/folder/", {"folder": "second", "next": "/settings/people/"})

    assert answer["Location"] == "/settings/people/"
    assert "The second" in client.get("/settings/people/").content.decode()
    assert client.post("/folder/", {"folder": make_folder().key}).status_code == 404


def test_an_audience_is_rights_language_and_zone_but_no_person(folder: Folder):
    one, two = (make_person(role=Role.AUDITOR, folder=folder) for _ in range(2))

    assert audience_of(one) == audience_of(two)
    two.language = "de"
    assert audience_of(one) != audience_of(two)
    two.is_active = False
    assert audience_of(two) is None
    assert not AnonymousUser().is_authenticated
