"""My security, showing once more who one is, sessions, lockout, and what admins do about it."""

import re
import time

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.test import Client

from apps.accounts.entry.factors import OFFERED
from apps.accounts.entry.proving import GOOD_FOR_SECONDS, PROVED_AT
from apps.accounts.entry.sessions import sessions_of
from apps.accounts.entry.throttle import PER_MINUTE, prune_entry_counts
from apps.accounts.models import EntryCount, Folder, User
from apps.accounts.roles import Role
from apps.events.models import Event
from controlroom.housekeeping import clear_sessions
from tests.factories import PASSWORD, make_folder, make_person
from tests.sign_in.helping import (
    code_now,
    factors_of,
    give_password,
    is_in,
    kinds_of,
    with_app,
    with_recovery_codes,
)

pytestmark = pytest.mark.django_db
SECURITY = "/profile/security/"
APP = f"{SECURITY}app/"
PROVE = "/profile/prove/"


def forget_proof(client: Client, at: float | None = None) -> None:
    session = client.session
    session[PROVED_AT] = time.time() - GOOD_FOR_SECONDS - 1 if at is None else at
    session.save()


def test_an_app_is_set_up_by_its_code_and_brings_recovery_codes(
    supervisor_client: Client, supervisor: User
):
    page = supervisor_client.get(APP).content.decode()
    secret = re.search(r'class="secret-text">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert secret not in supervisor_client.session[OFFERED]

    wrong = supervisor_client.post(APP, {"code": "000000"})
    assert wrong.status_code == 422
    assert f">{' '.join(re.findall('....', secret))}<" in wrong.content.decode()
    answer = supervisor_client.post(APP, {"code": code_now(secret)})

    assert len(re.findall(r"<li><code>\d{8}</code></li>", answer.content.decode())) == 10
    assert factors_of(supervisor) == {"totp", "recovery_codes"}
    assert supervisor_client.get(APP).status_code == 409
    assert supervisor_client.post(APP, {"code": code_now(secret)}).status_code in (409, 422)


def test_removing_the_last_factor_removes_its_recovery_codes(
    supervisor_client: Client, supervisor: User
):
    factor = with_app(supervisor).authenticator_set.get()
    with_recovery_codes(supervisor)

    supervisor_client.post(f"{SECURITY}factors/{factor.pk}/remove/")

    assert factors_of(supervisor) == set()
    assert kinds_of(supervisor)[-1] == "person.second_factor_removed"


def test_new_recovery_codes_void_the_old_ones(supervisor_client: Client, supervisor: User):
    assert supervisor_client.post(f"{SECURITY}codes/").status_code == 409
    with_app(supervisor)
    old = with_recovery_codes(supervisor)

    page = supervisor_client.post(f"{SECURITY}codes/").content.decode()

    assert not any(code in page for code in old)
    assert "person.recovery_codes_made" in kinds_of(supervisor)
    assert "<code>" not in supervisor_client.get(SECURITY).content.decode()


@pytest.mark.parametrize("what", ["factors/{pk}/remove/", "passkeys/{pk}/"])
def test_nobody_touches_the_factors_of_others(client_of, supervisor: User, admin: User, what: str):
    factor = with_app(supervisor).authenticator_set.get()

    assert client_of(admin).post(SECURITY + what.format(pk=factor.pk)).status_code == 404
    assert factors_of(supervisor) == {"totp"}


@pytest.mark.parametrize("page", [APP, "/settings/sign-in/", "/settings/sign-in/new/"])
def test_what_guards_accounts_asks_once_more_who_it_is(admin_client: Client, page: str):
    forget_proof(admin_client)

    asked = admin_client.get(page)["Location"]

    assert asked.startswith(f"{PROVE}?next=")
    assert admin_client.post(asked, {"password": "wrong"}).status_code == 422
    assert admin_client.get(page).status_code == 302
    shown = admin_client.post(asked, {"password": PASSWORD, "next": page})
    assert shown["Location"] == page
    assert admin_client.get(page).status_code == 200


@pytest.mark.parametrize("at", [0.0, "now", None, 9e15, -1.0])
def test_a_proof_that_is_no_time_lately_is_none(admin_client: Client, at: object):
    session = admin_client.session
    session[PROVED_AT] = at
    session.save()

    assert admin_client.get(APP).status_code == 302


def test_posts_are_asked_as_well_and_change_nothing(supervisor_client: Client, supervisor: User):
    factor = with_app(supervisor).authenticator_set.get()
    forget_proof(supervisor_client)

    answer = supervisor_client.post(f"{SECURITY}factors/{factor.pk}/remove/")

    assert answer["Location"].startswith(PROVE)
    assert factors_of(supervisor) == {"totp"}


def test_who_has_an_app_shows_its_code_and_the_proof_leads_nowhere_else(
    supervisor_client: Client, supervisor: User
):
    with_app(supervisor)
    forget_proof(supervisor_client)

    body = {"code": code_now(), "next": "https://evil.example/"}

    assert 'name="code"' in supervisor_client.get(PROVE).content.decode()
    assert supervisor_client.post(PROVE, {"code": "000000"}).status_code == 422
    assert supervisor_client.post(PROVE, body)["Location"] == SECURITY


def test_guessing_the_password_in_an_open_session_locks_out(supervisor_client: Client):
    for _ in range(10):
        answer = supervisor_client.post(PROVE, {"password": "wrong"})

    assert answer.status_code == 429
    assert supervisor_client.post(PROVE, {"password": PASSWORD}).status_code == 429


def test_people_see_where_they_are_signed_in_and_sign_out_there(supervisor: User):
    here, there, elsewhere = Client(), Client(headers={"user-agent": "Phone"}), Client()
    for client in (here, there, elsewhere):
        give_password(client, supervisor)
    assert "Phone" in here.get(SECURITY).content.decode()
    phone = next(each for each in sessions_of(supervisor) if each.user_agent == "Phone")

    here.post(f"{SECURITY}sessions/{phone.pk}/end/")
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, True]
    assert here.post(f"{SECURITY}sessions/{phone.pk}/end/").status_code == 404

    here.post(f"{SECURITY}sessions/end/")
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, False]
    assert kinds_of(supervisor)[-2:] == ["person.session_ended", "person.sessions_ended"]


def test_what_is_known_of_sessions_that_are_gone_is_forgotten(supervisor: User):
    here, gone = Client(), Client()
    for client in (here, gone):
        give_password(client, supervisor)
    Session.objects.filter(session_key=gone.session.session_key).delete()

    clear_sessions()

    assert UserSession.objects.get().session_key == here.session.session_key


def test_nobody_ends_the_sessions_of_others(client_of, supervisor: User, admin: User):
    client = Client()
    give_password(client, supervisor)
    theirs = sessions_of(supervisor)[0]

    assert client_of(admin).post(f"{SECURITY}sessions/{theirs.pk}/end/").status_code == 404
    assert is_in(client)


def test_a_new_password_keeps_this_session_in_the_list(supervisor: User):
    client = Client()
    give_password(client, supervisor)
    new = "another-long-phrase-9"

    client.post(
        "/profile/password/",
        {"old_password": PASSWORD, "new_password1": new, "new_password2": new},
    )

    assert [each.session_key for each in sessions_of(supervisor)] == [client.session.session_key]


def lock_out(person: User) -> None:
    for _ in range(12):
        Client().post("/sign-in/", {"username": person.username, "password": "wrong"})


def test_lockout_says_until_when_is_recorded_once_and_an_admin_unlocks(
    client: Client, admin_client: Client, supervisor: User
):
    lock_out(supervisor)
    answer = give_password(client, supervisor)
    assert answer.status_code == 429
    assert "<time datetime=" in answer.content.decode()
    assert kinds_of(supervisor).count("person.locked_out") == 1
    page = f"/settings/people/{supervisor.pk}/"
    assert "Locked out after too many wrong tries" in admin_client.get(page).content.decode()

    assert admin_client.post(f"{page}unlock/").status_code == 302

    assert give_password(client, supervisor).status_code == 302
    assert kinds_of(supervisor)[-2:] == ["person.unlocked", "person.signed_in"]
    assert admin_client.post(f"{page}unlock/").status_code == 409


def test_names_that_nobody_has_are_locked_out_as_well_and_leave_no_event(client: Client, db: None):
    for _ in range(11):
        answer = client.post("/sign-in/", {"username": "nobody\x01", "password": "wrong"})

    assert answer.status_code == 429
    assert not Event.objects.filter(kind="person.locked_out").exists()


@pytest.mark.parametrize("name", ["x" * 151, "x" * 20_000, "\x00", "’" * 200])
def test_names_that_nobody_can_have_are_refused_in_words(client: Client, db: None, name: str):
    answer = client.post("/sign-in/", {"username": name, "password": "wrong"})

    assert answer.status_code == 422
    assert 'role="alert"' in answer.content.decode()


def test_an_admin_resets_the_factors_of_who_lost_theirs(admin_client: Client, supervisor: User):
    with_app(supervisor)
    address = f"/settings/people/{supervisor.pk}/reset-factors/"

    assert admin_client.post(address).status_code == 302
    assert factors_of(supervisor) == set()
    assert kinds_of(supervisor) == ["person.second_factor_reset"]
    assert admin_client.post(address).status_code == 409


@pytest.mark.parametrize("what", ["unlock/", "reset-factors/", "identities/1/remove/"])
def test_only_who_may_manage_a_person_does_so(
    client_of, folder: Folder, supervisor: User, admin: User, what: str
):
    address = f"/settings/people/{supervisor.pk}/{what}"
    assert (
        client_of(make_person(role=Role.DESIGNER, folder=folder)).post(address).status_code == 403
    )

    supervisor.memberships.create(folder=make_folder("second"), role=Role.ADMIN)

    assert client_of(admin).post(address).status_code == 403


@pytest.mark.parametrize(
    ("address", "method"),
    [
        ("/sign-in/", "post"),
        ("/sign-in/passkey/", "post"),
        ("/sign-in/passkey/options/", "post"),
        ("/sign-in/with/acme/back/", "get"),
    ],
)
def test_every_way_in_is_counted_by_address(db: None, address: str, method: str):
    client = Client(REMOTE_ADDR="192.0.2.9")
    getattr(client, method)(address)
    EntryCount.objects.filter(bucket__contains="192.0.2.9").update(n=PER_MINUTE)

    assert getattr(client, method)(address).status_code == 429
    assert getattr(Client(REMOTE_ADDR="192.0.2.10"), method)(address).status_code != 429


def test_counts_of_minutes_that_are_over_are_forgotten(client: Client, db: None):
    client.post("/sign-in/passkey/options/")
    assert prune_entry_counts() == 0
    EntryCount.objects.update(ends_at="2020-01-01T00:00:00Z")

    assert prune_entry_counts() == 1


@pytest.mark.parametrize(
    "address",
    ["accounts/login/", "accounts/signup/", "accounts/password/reset/", "accounts/2fa/",
     "accounts/social/connections/", "accounts/", "signup/", "2fa/", "sessions/", "login/code/"],
)  # fmt: skip
def test_none_of_allauth_s_own_pages_exists(supervisor_client: Client, address: str):
    assert supervisor_client.get(f"/{address}").status_code == 404


def test_the_events_of_signing_in_read_as_sentences(admin_client: Client, supervisor: User):
    with_app(supervisor)
    give_password(Client(), supervisor)
    lock_out(supervisor)

    page = admin_client.get(f"/settings/people/{supervisor.pk}/").content.decode()

    assert "is locked out for a while" in page
