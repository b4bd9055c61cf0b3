"""The second step: codes are good once, wrong ones are counted, and nothing goes around it."""

import json

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from apps.accounts.entry.codes import MAX_WRONG, try_code
from apps.accounts.entry.lockout import unlock
from apps.accounts.models import CodeTries, User
from apps.events.sessions import people_of
from apps.lib.actors import SYSTEM
from tests.sign_in.helping import (
    CODE_PAGE,
    SECRET,
    code_now,
    give_password,
    is_in,
    kinds_of,
    with_app,
    with_recovery_codes,
)

pytestmark = pytest.mark.django_db


def test_the_password_alone_is_not_enough_and_the_code_completes_it(
    client: Client, supervisor: User
):
    with_app(supervisor)

    assert give_password(client, supervisor, next="/profile/")["Location"] == CODE_PAGE
    assert not is_in(client)
    assert client.post(CODE_PAGE, {"code": code_now()})["Location"] == "/profile/"
    assert is_in(client)
    assert kinds_of(supervisor)[-1] == "person.signed_in"


@pytest.mark.parametrize("page", ["/", "/profile/", "/settings/", "/profile/security/", "/inbox/"])
def test_no_page_knows_who_has_given_the_password_only(client: Client, supervisor: User, page: str):
    with_app(supervisor)
    give_password(client, supervisor)

    assert client.get(page)["Location"].startswith("/sign-in/")


def test_neither_sockets_nor_live_parts_nor_the_api_know_them(client: Client, supervisor: User):
    with_app(supervisor)
    give_password(client, supervisor)

    assert not people_of([client.session.session_key])
    assert client.get("/live/fragment/?f=inbox.badge").status_code == 401
    assert client.get("/api/v1/queues").status_code == 401


def test_a_session_is_of_no_use_to_the_api(supervisor_client: Client):
    assert supervisor_client.get("/api/v1/queues").status_code == 401


@pytest.mark.parametrize("page", [CODE_PAGE, "/sign-in/set-up/"])
def test_the_steps_lead_back_without_a_password(client: Client, db: None, page: str):
    for answer in (client.get(page), client.post(page, {"code": "000000"})):
        assert answer["Location"] == "/sign-in/"


def test_another_stage_can_not_be_skipped_to(client: Client, supervisor: User):
    with_app(supervisor)
    give_password(client, supervisor)

    assert client.post("/sign-in/set-up/", {"code": code_now()})["Location"] == "/sign-in/"
    assert not is_in(client)


@pytest.mark.parametrize("code", ["", "000000", "x" * 5000, "１２３４５６", "\x00"])
def test_a_wrong_code_is_said_to_be_wrong(client: Client, supervisor: User, code: str):
    with_app(supervisor)
    give_password(client, supervisor)

    answer = client.post(CODE_PAGE, {"code": code})

    assert answer.status_code == 422
    assert "This code is not right" in answer.content.decode()
    assert not is_in(client)


def test_a_code_is_good_once_in_all_processes(supervisor: User):
    with_app(supervisor)
    code = code_now()

    assert try_code(supervisor, code).used is not None
    assert try_code(supervisor, code).used is None


def test_an_older_code_is_no_good_after_a_newer_one(supervisor: User):
    with_app(supervisor)

    assert try_code(supervisor, code_now(steps=1)).used is not None
    assert try_code(supervisor, code_now()).used is None


def test_codes_of_two_minutes_ago_or_ahead_are_no_good(supervisor: User):
    with_app(supervisor)

    assert try_code(supervisor, code_now(steps=-4)).used is None
    assert try_code(supervisor, code_now(steps=4)).used is None


def test_a_recovery_code_is_good_once_and_recorded(client: Client, supervisor: User):
    with_app(supervisor)
    code, *others = with_recovery_codes(supervisor)
    give_password(client, supervisor)

    assert client.post(CODE_PAGE, {"code": code}).status_code == 302
    assert is_in(client)
    assert "person.recovery_code_used" in kinds_of(supervisor)
    assert try_code(supervisor, code).used is None
    assert try_code(supervisor, others[0]).used is not None


def test_guessing_locks_out_even_the_right_code_and_says_until_when(
    client: Client, supervisor: User
):
    with_app(supervisor)
    give_password(client, supervisor)
    for _ in range(MAX_WRONG):
        answer = client.post(CODE_PAGE, {"code": "000000"})

    assert answer.status_code == 429
    assert "Too many tries" in answer.content.decode()
    assert "<time datetime=" in answer.content.decode()
    assert client.post(CODE_PAGE, {"code": code_now()}).status_code == 429
    assert client.get(CODE_PAGE).status_code == 429
    assert not is_in(client)
    assert kinds_of(supervisor).count("person.locked_out") == 1


def test_the_lock_holds_for_other_addresses_and_sign_ins(supervisor: User):
    with_app(supervisor)
    for _ in range(MAX_WRONG):
        try_code(supervisor, "000000")
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")

    give_password(elsewhere, supervisor)

    assert elsewhere.post(CODE_PAGE, {"code": code_now()}).status_code == 429


def test_a_right_code_forgives_the_wrong_ones_before_it(supervisor: User):
    with_app(supervisor)
    for _ in range(MAX_WRONG - 1):
        assert try_code(supervisor, "000000").locked_until is None

    assert try_code(supervisor, code_now()).used is not None
    assert CodeTries.objects.get(user=supervisor).n_wrong == 0


def test_an_admin_s_unlock_lets_codes_count_again(supervisor: User):
    with_app(supervisor)
    for _ in range(MAX_WRONG):
        try_code(supervisor, "000000")

    unlock(supervisor, by=SYSTEM)

    assert try_code(supervisor, code_now()).used is not None


def test_who_is_disabled_between_the_steps_stays_out(client: Client, supervisor: User):
    with_app(supervisor)
    give_password(client, supervisor)
    User.objects.filter(pk=supervisor.pk).update(is_active=False)

    assert client.post(CODE_PAGE, {"code": code_now()})["Location"] == "/sign-in/"
    assert not is_in(client)


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:x", "nowhere"],
)
@pytest.mark.parametrize("step", ["first", "second"])
def test_the_steps_never_lead_elsewhere(
    client: Client, supervisor: User, elsewhere: str, step: str
):
    with_app(supervisor)
    give_password(client, supervisor, **({"next": elsewhere} if step == "first" else {}))
    body = {"code": code_now(), **({"next": elsewhere} if step == "second" else {})}

    assert client.post(CODE_PAGE, body)["Location"] == "/"


def test_secrets_lie_sealed_in_the_database(supervisor: User):
    with_app(supervisor)
    codes = with_recovery_codes(supervisor)

    kept = json.dumps(list(Authenticator.objects.values_list("data", flat=True)))

    assert SECRET not in kept
    assert not any(code in kept for code in codes)


def test_the_second_step_starts_over_for_another_person(
    client: Client, supervisor: User, designer: User
):
    with_app(supervisor)
    with_app(designer)
    give_password(client, supervisor)
    give_password(client, designer)

    client.post(CODE_PAGE, {"code": code_now()})

    assert str(designer.pk) == client.session["_auth_user_id"]


@pytest.mark.parametrize(
    "credential", ["", "{", "[]", "null", '{"response": {}}', '{"response": {"userHandle": []}}']
)
def test_what_is_no_passkey_is_refused(client: Client, supervisor: User, credential: str):
    with_app(supervisor)
    give_password(client, supervisor)

    assert client.post(CODE_PAGE, {"credential": credential}).status_code == 422
    assert client.post("/sign-in/passkey/", {"credential": credential}).status_code == 422
    client.post("/sign-in/passkey/options/")
    assert client.post("/sign-in/passkey/", {"credential": credential}).status_code == 422
    assert not is_in(client)
