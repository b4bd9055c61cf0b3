"""Settings: services that people sign in with, and who has to have a second factor."""

from typing import Any

import pytest
from django.test import Client

from apps.accounts.entry.oidc import SEAL
from apps.accounts.models import SignInPolicy, SignInProvider, User
from apps.events.models import Event
from apps.lib.sealing import unseal
from tests.factories import make_folder
from tests.sign_in.issuer import CLIENT_ID, CLIENT_SECRET, Issuer

pytestmark = pytest.mark.django_db
PAGE = "/settings/sign-in/"


@pytest.fixture
def filled_in(issuer: Issuer) -> dict[str, Any]:
    return {
        "title": "Acme login",
        "key": "acme",
        "issuer": issuer.url,
        "client_id": CLIENT_ID,
        "secret": CLIENT_SECRET,
        "is_active": "on",
        "groups_claim": "groups",
    }


def test_an_admin_adds_a_service_and_its_secret_is_never_shown(
    admin_client: Client, client: Client, filled_in: dict
):
    answer = admin_client.post(f"{PAGE}new/", filled_in)

    row = SignInProvider.objects.get()
    assert answer["Location"] == f"{PAGE}{row.pk}/"
    assert CLIENT_SECRET not in row.sealed_secret
    assert unseal(row.sealed_secret, purpose=SEAL) == CLIENT_SECRET
    page = admin_client.get(answer["Location"]).content.decode()
    assert CLIENT_SECRET not in page
    assert "http://testserver/sign-in/with/acme/back/" in page
    assert CLIENT_SECRET not in str(list(Event.objects.values_list("data", flat=True)))
    assert "Sign in with Acme login" in client.get("/sign-in/").content.decode()


def test_an_empty_secret_leaves_the_old_one_and_the_issuer_never_changes(
    admin_client: Client, provider: SignInProvider, filled_in: dict
):
    body = {**filled_in, "secret": "", "issuer": "https://evil.example", "title": "Another"}

    assert admin_client.post(f"{PAGE}{provider.pk}/", body).status_code == 302

    before, issuer = provider.sealed_secret, provider.issuer
    provider.refresh_from_db()
    assert (provider.title, provider.issuer) == ("Another", issuer)
    assert provider.sealed_secret == before
    event = Event.objects.get(kind="sign_in_provider.changed")
    assert [change["field"] for change in event.data["changes"]] == ["title"]


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("issuer", "http://login.example.com", "https://"),
        ("issuer", "nonsense", "valid URL"),
        ("issuer", "https://127.0.0.1:9/", "no good"),
        ("key", "no key", "letters, digits"),
        ("key", "", "required"),
        ("title", "", "required"),
        ("client_id", "x" * 300, "191"),
        ("group_rules", "nonsense", "Line 1"),
        ("group_rules", "x\n" * 300, "200"),
    ],
)
def test_what_is_wrong_is_said_by_field(
    admin_client: Client, filled_in: dict, field: str, value: str, said: str
):
    answer = admin_client.post(f"{PAGE}new/", {**filled_in, field: value})

    assert answer.status_code == 422
    assert said in str(answer.context["form"].errors[field])
    assert not SignInProvider.objects.exists()


def test_a_key_is_there_once(admin_client: Client, provider: SignInProvider, filled_in: dict):
    answer = admin_client.post(f"{PAGE}new/", filled_in)

    assert answer.status_code == 422
    assert "key" in answer.context["form"].errors


def test_an_issuer_that_says_it_is_another_is_not_added(
    admin_client: Client, issuer: Issuer, filled_in: dict
):
    issuer.discovery = {"issuer": "https://evil.example"}

    assert admin_client.post(f"{PAGE}new/", filled_in).status_code == 422


def test_removing_a_service_removes_its_links(
    admin_client: Client, provider: SignInProvider, supervisor: User
):
    supervisor.socialaccount_set.create(provider="acme", uid="u-1")

    admin_client.post(f"{PAGE}{provider.pk}/remove/")

    assert not SignInProvider.objects.exists()
    assert not supervisor.socialaccount_set.exists()
    assert Event.objects.get(kind="sign_in_provider.removed").data["identities"] == 1


def test_who_has_to_have_a_second_factor_is_set_and_recorded(admin_client: Client):
    admin_client.post(PAGE, {"second_factor": "admins"})

    assert SignInPolicy.objects.get().second_factor == "admins"
    event = Event.objects.get(kind="sign_in_policy.changed")
    assert event.data["changes"][0]["before"] == "nobody"
    assert admin_client.post(PAGE, {"second_factor": "some"}).status_code == 422


@pytest.mark.parametrize(
    "address", [PAGE, f"{PAGE}new/", f"{PAGE}{{pk}}/", f"{PAGE}{{pk}}/remove/"]
)
def test_an_admin_of_one_folder_among_many_changes_nothing(
    admin_client: Client, admin: User, provider: SignInProvider, filled_in: dict, address: str
):
    make_folder("elsewhere")

    answer = admin_client.post(address.format(pk=provider.pk), {**filled_in, "key": "other"})

    assert answer.status_code == 403
    assert list(SignInProvider.objects.values_list("title", flat=True)) == ["Acme login"]


@pytest.mark.parametrize("address", [PAGE, f"{PAGE}{{pk}}/"])
def test_auditors_look_and_others_do_not(
    auditor_client: Client, supervisor_client: Client, provider: SignInProvider, address: str
):
    address = address.format(pk=provider.pk)

    assert auditor_client.get(address).status_code == 200
    assert auditor_client.post(address, {"second_factor": "nobody"}).status_code == 403
    assert supervisor_client.get(address).status_code == 403
