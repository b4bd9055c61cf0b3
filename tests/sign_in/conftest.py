"""People with second factors, and an issuer that vouches for others."""

from collections.abc import Callable, Iterator

import pytest
from django.http import HttpResponse
from django.test import Client

from apps.accounts.entry.oidc import SEAL
from apps.accounts.models import SignInProvider
from apps.lib.sealing import seal
from tests.sign_in.issuer import CLIENT_ID, CLIENT_SECRET, Issuer


@pytest.fixture(scope="module")
def one_issuer() -> Iterator[Issuer]:
    issuer = Issuer()
    yield issuer
    issuer.stop()


@pytest.fixture
def issuer(one_issuer: Issuer) -> Issuer:
    """An honest issuer: whatever a test had it do before is forgotten."""
    fresh: dict[str, object] = {
        "person": {"sub": "u-1", "email": "ann@example.com", "email_verified": True},
        "kid": "first",
        "discovery": {},
        "twist": lambda claims: claims,
        "sign": one_issuer.sign_well,
        "user_info": None,
        "token_answer": None,
        "redirects_discovery_to": "",
        "calls": [],
    }
    for name, value in fresh.items():
        setattr(one_issuer, name, value)
    return one_issuer


@pytest.fixture
def provider(db: None, issuer: Issuer) -> SignInProvider:
    return SignInProvider.objects.create(
        key="acme",
        title="Acme login",
        issuer=issuer.url,
        client_id=CLIENT_ID,
        sealed_secret=seal(CLIENT_SECRET, purpose=SEAL),
    )


@pytest.fixture
def arrive(issuer: Issuer, provider: SignInProvider) -> Callable[..., HttpResponse]:
    """`arrive(client)`: press the button, sign in there, come back; returns the last answer."""

    def go(client: Client, **body: str) -> HttpResponse:
        start = client.post(f"/sign-in/with/{provider.key}/", body)
        assert start.status_code == 302, start.content
        return client.get(issuer.authorize(start["Location"]))

    return go
