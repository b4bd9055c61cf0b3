"""Letting people in: from the first proof through the stages to a session."""

from typing import Any

from allauth.account.internal.flows.login import (
    get_authentication_records,
    perform_login,
    record_authentication,
)
from allauth.account.internal.stagekit import clear_login
from allauth.account.models import Login
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from django.http import HttpRequest, HttpResponse

from apps.accounts.models import User
from apps.accounts.sign_in import safe_next

from .stages import PROVIDER


def let_in(request: HttpRequest, person: User, *, way: str) -> HttpResponse:
    """Go on with `person`, who has shown who they are by `way`: to the next stage, or in."""
    clear_login(request)
    record_authentication(request, person, way)
    response: HttpResponse = perform_login(request, Login(user=person, redirect_url=_wish(request)))
    return response


def let_in_by_passkey(request: HttpRequest, passkey: Authenticator) -> HttpResponse:
    """Go on with the owner of `passkey`, which stands for both factors."""
    clear_login(request)
    post_authentication(request, passkey, passwordless=True)
    login = Login(user=passkey.user, redirect_url=_wish(request))
    response: HttpResponse = perform_login(request, login)
    return response


def let_in_by_provider(
    request: HttpRequest, person: User, *, provider: str, wish: str
) -> HttpResponse:
    """Go on with `person`, for whom the service with the key `provider` vouches."""
    clear_login(request)
    record_authentication(request, person, "socialaccount", provider=provider)
    login = Login(user=person, redirect_url=wish or None, state={PROVIDER: provider})
    response: HttpResponse = perform_login(request, login)
    return response


def ways_of(request: HttpRequest, person: User) -> list[str]:
    """Return by what `person` came in: password, totp, webauthn, the key of a service…"""
    records: list[dict[str, Any]] = get_authentication_records(request, person)
    return [str(each.get("provider") or each.get("type") or each["method"]) for each in records]


def _wish(request: HttpRequest) -> str | None:
    """Return the page that was asked for; "/" is the front door, which asks for none."""
    wanted = safe_next(request)
    return None if wanted in ("", "/") else wanted
