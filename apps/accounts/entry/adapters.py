"""Where django-allauth asks us: secrets are sealed, pages are ours, nobody signs up."""

from typing import Any, ClassVar

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from apps.accounts.landing import landing_of
from apps.accounts.models import User
from apps.lib.sealing import seal, unseal

from .factors import PURPOSE
from .letting_in import ways_of
from .recording import record
from .throttle import address_of

NOWHERE = "0.0.0.0"  # noqa: S104 - who came by a socket file has no address


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # untyped
    """Signing in through allauth's stages; everything else of its account app stays shut."""

    STAGES: ClassVar[list[str]] = [
        "apps.accounts.entry.stages.SecondFactorStage",
        "apps.accounts.entry.stages.SetUpStage",
    ]

    def get_login_stages(self) -> list[str]:
        return self.STAGES

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def is_safe_url(self, url: str) -> bool:
        """Only ever a path of this control room. "/" is the front door: who comes in by it has
        asked for no page yet."""
        is_ours = url_has_allowed_host_and_scheme(
            url, allowed_hosts={self.request.get_host()}, require_https=self.request.is_secure()
        )
        return is_ours and url.startswith("/") and url != "/"

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Sign in, unless `user` was disabled or got another password between two steps."""
        if not user.is_active:
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        super().login(request, user)

    def post_login(
        self, request: HttpRequest, user: AbstractBaseUser, **named: Any
    ) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **named)
        assert isinstance(user, User)
        data: dict[str, Any] = {"ways": ways_of(request, user), "address": address_of(request)}
        record("person.signed_in", user, by=user.actor, data=data)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        assert isinstance(request.user, User)
        return landing_of(request.user)

    def respond_user_inactive(self, request: HttpRequest, user: AbstractBaseUser) -> HttpResponse:
        return refuse(request, _("This account is disabled. Ask an admin of your control room."))

    def get_client_ip(self, request: HttpRequest) -> str:
        return address_of(request) or NOWHERE

    def add_message(self, *_arguments: Any, **_named: Any) -> None:
        """Say nothing: our pages do."""

    def send_notification_mail(self, *_arguments: Any, **_named: Any) -> None:
        """Send nothing: events and notices do."""

    def send_mail(self, *_arguments: Any, **_named: Any) -> None:
        """Send nothing: no flow of allauth's that does is reachable."""


class MfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]  # untyped
    """Secrets of authenticator apps and seeds of recovery codes lie sealed in the database."""

    def encrypt(self, text: str) -> str:
        return seal(text, purpose=PURPOSE)

    def decrypt(self, encrypted_text: str) -> str:
        return unseal(encrypted_text, purpose=PURPOSE)

    def get_totp_label(self, user: AbstractBaseUser) -> str:
        return user.get_username()

    def get_totp_issuer(self) -> str:
        tag = f" {settings.ENVIRONMENT_TAG}" if settings.ENVIRONMENT_TAG else ""
        return f"Controlroom{tag}"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**found, "name": self.get_totp_issuer()}

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, Any]:
        assert isinstance(user, User)
        found: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return {**found, "display_name": user.name, "name": user.get_username()}


def refuse(request: HttpRequest, why: str) -> HttpResponse:
    """Say why somebody does not come in; the page leads back to the ways in."""
    return render(request, "registration/refused.html", {"why": why}, status=403)


def back_to_sign_in() -> HttpResponse:
    return redirect("accounts:sign_in")
