"""Signing in by another service: only by a fresh, signed, right token of this very sign-in."""

import base64
import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from django.test import Client

from apps.accounts.entry.oidc import discover, is_good_address
from apps.accounts.models import SignInProvider, User
from tests.sign_in.helping import code_now, is_in, kinds_of, with_app
from tests.sign_in.issuer import CLIENT_ID, Issuer, make_key

pytestmark = pytest.mark.django_db
START = "/sign-in/with/acme/"


@pytest.fixture
def ann(supervisor: User, provider: SignInProvider) -> User:
    supervisor.socialaccount_set.create(provider="acme", uid="u-1")
    return supervisor


def test_who_is_linked_comes_in(client: Client, ann: User, arrive: Callable):
    assert "Sign in with Acme login" in client.get("/sign-in/").content.decode()

    assert arrive(client, next="/profile/")["Location"] == "/profile/"
    assert is_in(client)
    assert "person.signed_in" in kinds_of(ann)


def test_the_second_factor_is_asked_for_unless_the_service_brings_it(
    ann: User, arrive: Callable, provider: SignInProvider
):
    with_app(ann)
    first, second = Client(), Client()

    assert arrive(first)["Location"] == "/sign-in/code/"
    assert not is_in(first)
    assert first.post("/sign-in/code/", {"code": code_now()})["Location"] == "/"

    SignInProvider.objects.update(brings_second_factor=True)
    assert arrive(second)["Location"] == "/"


def test_who_is_disabled_stays_out(client: Client, ann: User, arrive: Callable):
    User.objects.filter(pk=ann.pk).update(is_active=False)

    assert arrive(client).status_code == 403
    assert not is_in(client)


def unsigned(claims: dict) -> str:
    return jwt.encode(claims, key=None, algorithm="none")


def by_the_client_s_secret(claims: dict) -> str:
    return jwt.encode(
        claims, "s3cret-of-the-client" * 3, algorithm="HS256", headers={"kid": "first"}
    )


def by_another_key(claims: dict) -> str:
    return jwt.encode(claims, make_key(), algorithm="RS256", headers={"kid": "first"})


def by_an_unknown_key(claims: dict) -> str:
    return jwt.encode(claims, make_key(), algorithm="RS256", headers={"kid": "second"})


def with_a_cut_signature(claims: dict) -> str:
    head, body, _signature = by_another_key(claims).split(".")
    return f"{head}.{body}."


def with_other_claims(claims: dict) -> str:
    head, _body, signature = by_another_key(claims).split(".")
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


def no_token(_claims: dict) -> str:
    return "nonsense"


@pytest.mark.parametrize(
    "sign",
    [
        unsigned, by_the_client_s_secret, by_another_key, by_an_unknown_key, with_a_cut_signature,
        with_other_claims, no_token,
    ],
)  # fmt: skip
def test_a_token_that_the_issuer_did_not_sign_is_refused(
    client: Client, ann: User, arrive: Callable, issuer: Issuer, sign: Callable
):
    issuer.sign = sign

    answer = arrive(client)

    assert answer.status_code == 403
    assert "could not sign you in" in answer.content.decode()
    assert not is_in(client)


@pytest.mark.parametrize(
    "wrong",
    [
        {"iss": "https://evil.example"},
        {"aud": "another-client"},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"exp": 1_700_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 9_000_000_000},
        {"iat": None},
        {"nonce": "of-another-sign-in"},
        {"nonce": None},
        {"nonce": 5},
        {"sub": None},
        {"sub": 5},
        {"sub": ""},
        {"sub": ["u-1"]},
        {"sub": "x" * 300},
    ],
    ids=str,
)
def test_a_token_that_says_something_wrong_is_refused(
    client: Client, ann: User, arrive: Callable, issuer: Issuer, wrong: dict
):
    def twist(claims: dict) -> dict:
        changed = {**claims, **wrong}
        return {name: value for name, value in changed.items() if value is not None}

    issuer.twist, issuer.user_info = twist, {"sub": wrong.get("sub", "u-1")}

    assert arrive(client).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"), (200, b""), (200, b"[]"), (200, b"{}"), (200, b'{"access_token": 5}'),
        (200, b'{"access_token": "x", "expires_in": "soon"}'), (200, b"\xff\xfe"),
        (200, b'{"access_token": "x", "id_token": {"a": 1}}'), (302, b""),
        (200, b"x" * 600_000),
    ],
    ids=lambda answer: repr(answer)[:40],
)  # fmt: skip
def test_whatever_the_token_endpoint_answers_is_refused_in_words(
    client: Client, ann: User, arrive: Callable, issuer: Issuer, answer: tuple[int, bytes]
):
    issuer.token_answer = answer

    assert arrive(client).status_code == 403
    assert not is_in(client)


def test_user_info_about_somebody_else_is_refused(
    client: Client, ann: User, arrive: Callable, issuer: Issuer
):
    issuer.user_info = {"sub": "u-2", "email": "ann@example.com"}

    assert arrive(client).status_code == 403


def test_what_came_back_is_good_once(client: Client, ann: User, issuer: Issuer):
    start = client.post(START)
    back = issuer.authorize(start["Location"])
    assert client.get(back).status_code == 302
    client.post("/sign-out/")

    assert client.get(back).status_code == 403
    assert Client().get(back).status_code == 403


def test_what_somebody_else_began_is_of_no_use(client: Client, ann: User, issuer: Issuer):
    back = issuer.authorize(Client().post(START)["Location"])

    assert client.get(back).status_code == 403
    assert not is_in(client)


@pytest.mark.parametrize("query", ["", "?state=x&code=y", "?error=access_denied", "?state=%00"])
def test_a_return_out_of_nowhere_is_refused(client: Client, provider: SignInProvider, query: str):
    assert client.get(f"{START}back/{query}").status_code == 403


def test_a_code_of_another_sign_in_with_one_s_own_state_is_refused(
    client: Client, ann: User, issuer: Issuer
):
    """The verifier of PKCE is of one sign-in: a stolen code is of no use in another."""
    own = client.post(START)["Location"]
    stolen = parse_qs(urlsplit(issuer.authorize(Client().post(START)["Location"])).query)["code"]
    state = parse_qs(urlsplit(own).query)["state"][0]

    assert client.get(f"{START}back/?code={stolen[0]}&state={state}").status_code == 403


def test_no_link_signs_anybody_in(client: Client, ann: User):
    assert client.get(START).status_code == 405
    assert Client(enforce_csrf_checks=True).post(START).status_code == 403


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "nowhere"])
def test_coming_back_never_leads_elsewhere(
    client: Client, ann: User, arrive: Callable, elsewhere: str
):
    assert arrive(client, next=elsewhere)["Location"] == "/"


def test_scopes_and_parameters_of_strangers_links_are_not_passed_on(
    client: Client, provider: SignInProvider
):
    start = client.post(f"{START}?scope=admin&auth_params=prompt%3Dnone&process=connect")

    asked = parse_qs(urlsplit(start["Location"]).query)
    assert set(asked["scope"][0].split()) == {"openid", "profile", "email"}
    assert "prompt" not in asked


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://evil.example"},
        {"issuer": None},
        {"token_endpoint": "http://evil.example/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": ""},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_an_issuer_that_says_it_is_another_is_refused(
    client: Client, provider: SignInProvider, issuer: Issuer, said: dict
):
    issuer.discovery = said

    assert client.post(START).status_code == 403


def test_an_issuer_that_sends_us_elsewhere_is_not_followed(
    client: Client, provider: SignInProvider, issuer: Issuer
):
    issuer.redirects_discovery_to = f"{issuer.url}/keys"

    assert client.post(START).status_code == 403
    assert "/realm/keys" not in issuer.calls


@pytest.mark.parametrize("key", ["nobody", "openid_connect", "google"])
def test_a_service_that_is_not_there_is_not_found(client: Client, db: None, key: str):
    assert client.post(f"/sign-in/with/{key}/").status_code == 404
    assert client.get(f"/sign-in/with/{key}/back/?state=x&code=y").status_code == 404


def test_a_service_that_is_switched_off_lets_nobody_in(client: Client, ann: User):
    SignInProvider.objects.update(is_active=False)

    assert "Acme login" not in client.get("/sign-in/").content.decode()
    assert client.post(START).status_code == 404


@pytest.mark.parametrize(
    ("address", "is_good"),
    [
        ("https://login.example.com/realms/main", True),
        ("http://login.example.com", False),
        ("https://user@login.example.com", False),
        ("https://login.example.com/?x=1", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("", False),
    ],
)
def test_where_an_issuer_may_be(address: str, is_good: bool):
    assert is_good_address(address) is is_good


def test_http_is_for_a_control_room_on_this_machine_alone(settings, issuer: Issuer):
    assert discover(issuer.url)["issuer"] == issuer.url
    settings.LOOPBACK_ONLY = False
    assert not is_good_address(issuer.url)
