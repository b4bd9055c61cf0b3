"""Who has to have a second factor sets it up before they are in."""

import re

import pytest
from django.test import Client

from apps.accounts.entry.policy import change_policy
from apps.accounts.models import SignInPolicy, User
from apps.demo.set_up import PEOPLE
from apps.lib.errors import NotAllowedError
from tests.factories import make_folder
from tests.sign_in.helping import (
    CODE_PAGE,
    code_now,
    factors_of,
    give_password,
    is_in,
    kinds_of,
    with_app,
)

pytestmark = pytest.mark.django_db
SET_UP = "/sign-in/set-up/"
Wanted = SignInPolicy.SecondFactor


@pytest.fixture
def admins_need_one(admin: User) -> None:
    change_policy(Wanted.ADMINS, by=admin)


def secret_on(page: str) -> str:
    return re.search(r'class="secret-text">([A-Z2-7 ]+)<', page)[1].replace(" ", "")


def test_an_admin_without_one_sets_it_up_and_is_in(
    client: Client, admin: User, admins_need_one: None
):
    assert give_password(client, admin, next="/profile/")["Location"] == SET_UP
    page = client.get(SET_UP).content.decode()
    assert 'src="data:image/svg+xml;base64,' in page

    answer = client.post(SET_UP, {"code": code_now(secret_on(page))})

    codes = re.findall(r"<li><code>(\d{8})</code></li>", answer.content.decode())
    assert len(codes) == 10
    assert not is_in(client)
    assert client.post(SET_UP)["Location"] == "/profile/"
    assert is_in(client)
    assert factors_of(admin) == {"totp", "recovery_codes"}
    assert "person.second_factor_added" in kinds_of(admin)


@pytest.mark.parametrize("page", ["/", "/profile/", "/profile/security/", "/settings/"])
def test_until_then_they_are_nobody(client: Client, admin: User, admins_need_one: None, page: str):
    give_password(client, admin)
    client.get(SET_UP)

    assert client.get(page)["Location"].startswith("/sign-in/")


def test_going_on_without_having_set_one_up_does_not_help(
    client: Client, admin: User, admins_need_one: None
):
    give_password(client, admin)
    client.get(SET_UP)

    assert client.post(SET_UP).status_code == 422
    assert client.post(SET_UP, {"code": "000000"}).status_code == 422
    assert client.post(CODE_PAGE, {"code": "000000"})["Location"] == "/sign-in/"
    assert not is_in(client)


def test_who_waits_at_the_set_up_does_not_come_in_by_a_factor_of_somebody_else_s_making(
    client: Client, admin: User, admins_need_one: None
):
    give_password(client, admin)
    with_app(admin)  # in another window, by the real one

    assert client.get(SET_UP)["Location"] == "/sign-in/"
    assert client.post(SET_UP)["Location"] == "/sign-in/"
    assert not is_in(client)


def test_others_are_not_asked_and_everybody_is_when_everybody_has_to(
    client: Client, admin: User, supervisor: User, admins_need_one: None
):
    assert give_password(client, supervisor)["Location"] == "/"
    client.post("/sign-out/")
    change_policy(Wanted.EVERYBODY, by=admin)

    assert give_password(client, supervisor)["Location"] == SET_UP


def test_the_demo_s_buttons_ask_for_it_as_well(client: Client, admin: User):
    username = PEOPLE[0][0]
    User.objects.filter(pk=admin.pk).update(username=username, password="!")
    change_policy(Wanted.EVERYBODY, by=admin)

    assert client.post("/demo/sign-in/", {"username": username})["Location"] == SET_UP
    assert not is_in(client)


def test_the_last_factor_can_not_be_removed_while_it_is_asked_for(
    client_of, admin: User, admins_need_one: None
):
    with_app(admin)
    factor = admin.authenticator_set.get()

    answer = client_of(admin).post(f"/profile/security/factors/{factor.pk}/remove/")

    assert answer.status_code == 409
    assert factors_of(admin) == {"totp"}


def test_only_admins_of_every_folder_say_who_has_to(admin: User, supervisor: User):
    make_folder("elsewhere")

    for person in (admin, supervisor):
        person.cached_rights = None
        with pytest.raises(NotAllowedError):
            change_policy(Wanted.EVERYBODY, by=person)
