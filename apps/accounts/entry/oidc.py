"""Signing in by OpenID Connect: allauth's flow (state, PKCE), with nothing taken on trust.

allauth believes an ID token that came straight from the token endpoint. We check each: its
signature by a key of the issuer, the issuer that an admin entered, audience, times, and the nonce
of this very sign-in; and that the user info is about the same subject.
"""

import secrets
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
import requests
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import SignInProvider
from apps.lib.json import JsonObject
from apps.lib.sealing import unseal

SEAL: Final = "sign-in-provider"
NONCE: Final = "nonce"
DISCOVERY: Final = "/.well-known/openid-configuration"
SECONDS: Final = 8
MAX_SUBJECT: Final = 191  # as long as the column of identities
MAX_BYTES: Final = 512 * 1024
# how far the clocks of the issuer and ours may differ
LEEWAY_SECONDS: Final = 60
# signed with a key of the issuer that everybody may know; never "none", never a shared secret
ALGORITHMS: Final = (
    *("RS256", "RS384", "RS512", "PS256", "PS384", "PS512"),
    *("ES256", "ES384", "ES512", "EdDSA"),
)
NEEDED_CLAIMS: Final = ["iss", "aud", "exp", "iat", "sub", "nonce"]
KEPT_CLAIMS: Final = ("name", "email", "preferred_username")
LOCAL_HOSTS: Final = ("localhost", "127.0.0.1", "::1")


class Session(requests.Session):
    """Calls of an issuer: with a time limit, and never sent on to another address."""

    def request(self, *arguments: Any, **named: Any) -> requests.Response:
        named |= {"timeout": SECONDS, "allow_redirects": False, "stream": True}
        response = super().request(*arguments, **named)
        body = response.raw.read(MAX_BYTES + 1, decode_content=True)
        if response.status_code >= 300 or len(body) > MAX_BYTES:
            raise OAuth2Error(f"{response.url} answered {response.status_code}, {len(body)} bytes")
        response._content, response._content_consumed = body, True
        return response

    def get_object(self, url: str, **named: Any) -> JsonObject:
        """Return the JSON object at `url`. Raises OAuth2Error for anything else."""
        try:
            found = self.get(url, **named).json()
        except (requests.RequestException, ValueError) as fault:
            raise OAuth2Error(f"{url}: {fault}") from fault
        if not isinstance(found, dict):
            raise OAuth2Error(f"{url} is no JSON object")
        return found


def is_good_address(url: str) -> bool:
    """Say whether an issuer may be there: https; on a control room for one machine, this one."""
    try:
        parts = urlsplit(url)
        is_here = parts.hostname in LOCAL_HOSTS and settings.LOOPBACK_ONLY
    except ValueError:
        return False
    is_plain = not (parts.query or parts.fragment or parts.username)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_here)
    return bool(parts.hostname) and is_plain and is_safe


def discover(issuer: str) -> JsonObject:
    """Return what the issuer says about itself. Raises OAuth2Error if that is not good enough."""
    if not is_good_address(issuer):
        raise OAuth2Error(f"{issuer} is no address of an issuer")
    with Session() as session:
        found = session.get_object(issuer.rstrip("/") + DISCOVERY)
    if found.get("issuer") != issuer:
        raise OAuth2Error(f"{issuer} says that it is {found.get('issuer')}")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if not is_good_address(str(found.get(name, "")).partition("?")[0]):
            raise OAuth2Error(f"{issuer} has no good {name}")
    return found


class Adapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # untyped
    """The protocol with one provider, during one request."""

    nonce: str = ""

    @property
    def openid_config(self) -> JsonObject:
        if not hasattr(self, "_openid_config"):
            self._openid_config = discover(self.get_provider().app.settings["server_url"])
        return self._openid_config

    def get_access_token_data(self, *arguments: Any, **named: Any) -> JsonObject:
        try:
            found = super().get_access_token_data(*arguments, **named)
        except (KeyError, TypeError, ValueError) as fault:
            raise OAuth2Error(f"no token: {fault!r}") from fault
        if not isinstance(found, dict) or not isinstance(found.get("access_token"), str):
            raise OAuth2Error("no access token")
        # neither kept nor used for long; and strangers' numbers need not be numbers
        return {**found, "expires_in": None}

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **named: Any
    ) -> SocialLogin:
        claims = self._claims(app, named["response"].get("id_token"))
        more = self._user_info(token.token)
        if more and more.get("sub") != claims["sub"]:
            raise OAuth2Error("the user info is about somebody else")
        login = self.get_provider().sociallogin_from_response(request, {**more, **claims})
        login.claims = {**more, **claims}
        return login

    def _claims(self, app: SocialApp, id_token: object) -> JsonObject:
        """Return what a good ID token says. Raises OAuth2Error for any other."""
        if not isinstance(id_token, str) or not self.nonce:
            raise OAuth2Error("no ID token, or nobody asked for one")
        try:
            claims: JsonObject = jwt.decode(
                id_token,
                key=self._key_of(id_token),
                algorithms=list(ALGORITHMS),
                audience=app.client_id,
                issuer=app.settings["server_url"],
                leeway=LEEWAY_SECONDS,
                options={"require": NEEDED_CLAIMS},
            )
        except (jwt.PyJWTError, ValueError, TypeError, KeyError) as fault:
            raise OAuth2Error(f"the ID token is no good: {fault!r}") from fault
        if not secrets.compare_digest(str(claims["nonce"]).encode(), self.nonce.encode()):
            raise OAuth2Error("the ID token is of another sign-in")
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= MAX_SUBJECT:
            raise OAuth2Error("the ID token names nobody")
        if claims.get("azp", app.client_id) != app.client_id:
            raise OAuth2Error("the ID token is for another client")
        return claims

    def _key_of(self, id_token: str) -> Any:
        """Return the issuer's key that the token names."""
        header = jwt.get_unverified_header(id_token)
        if header.get("alg") not in ALGORITHMS:
            raise OAuth2Error(f"an ID token signed by {header.get('alg')}")
        with Session() as session:
            keys = jwt.PyJWKSet.from_dict(session.get_object(str(self.openid_config["jwks_uri"])))
        usable = [key for key in keys.keys if key.public_key_use in (None, "sig")]
        kid = header.get("kid")
        named = [key for key in usable if key.key_id == kid] if kid else usable
        if len(named) != 1:
            raise OAuth2Error(f"the issuer has no key {kid}")
        return named[0]

    def _user_info(self, access_token: str) -> JsonObject:
        address = str(self.openid_config.get("userinfo_endpoint") or "")
        if not is_good_address(address.partition("?")[0]):
            return {}
        with Session() as session:
            return session.get_object(address, headers={"Authorization": f"Bearer {access_token}"})


class Provider(OpenIDConnectProvider):  # type: ignore[misc]  # untyped
    """A row of ours as allauth wants it."""

    oauth2_adapter_class = Adapter
    pkce_enabled_default = True

    @property
    def server_url(self) -> str:
        return str(self.app.settings["server_url"])

    def get_redirect_from_request_kwargs(self, request: HttpRequest) -> dict[str, Any]:
        # allauth takes scopes and parameters from the address, too: links of strangers
        raise NotImplementedError

    def redirect(
        self,
        request: HttpRequest,
        process: str,
        next_url: str | None = None,
        data: Any = None,
        **named: Any,
    ) -> HttpResponse:
        """Send the browser to the issuer, with a state and a nonce of this sign-in alone."""
        nonce = secrets.token_urlsafe(24)
        parameters = {**(named.pop("auth_params", None) or {}), NONCE: nonce}
        try:
            response: HttpResponse = super().redirect(
                request, process, next_url, data, auth_params=parameters, nonce=nonce, **named
            )
        except (OAuth2Error, requests.RequestException) as fault:
            response = render_authentication_error(request, self, exception=fault)
        return response

    def extract_extra_data(self, data: JsonObject) -> JsonObject:
        return {name: str(data[name])[:254] for name in KEPT_CLAIMS if data.get(name)}


class CallbackView(OAuth2CallbackView):  # type: ignore[misc]  # untyped
    """What comes back: the state is good for once, and brings the nonce."""

    def _get_state(self, request: HttpRequest, provider: Provider) -> tuple[Any, Any]:
        state, response = super()._get_state(request, provider)
        assert isinstance(self.adapter, Adapter)
        self.adapter.nonce = str((state or {}).get(NONCE, ""))
        return state, response


def provider_of(request: HttpRequest, row: SignInProvider) -> Provider:
    """Return what speaks with the service of `row`."""
    app = SocialApp(
        provider="openid_connect",
        provider_id=row.key,
        name=row.title,
        client_id=row.client_id,
        secret=unseal(row.sealed_secret, purpose=SEAL),
        settings={"server_url": row.issuer},
    )
    return Provider(request, app=app)
