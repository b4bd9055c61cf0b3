"""Where allauth's social accounts ask us: providers are rows of ours, strangers are judged here."""

from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.models import SignInProvider

from .adapters import refuse
from .arriving import arrive
from .oidc import Provider, Session, provider_of

log = structlog.get_logger(__name__)


class SocialAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]  # untyped
    def get_provider(
        self, request: HttpRequest, provider: str, client_id: str | None = None
    ) -> Provider:
        row = SignInProvider.objects.filter(key=provider, is_active=True).first()
        if row is None:
            raise SocialApp.DoesNotExist
        return provider_of(request, row)

    def list_apps(self, *_arguments: Any, **_named: Any) -> list[SocialApp]:
        return []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def is_auto_signup_allowed(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        return False

    def can_authenticate_by_email(self, login: SocialLogin, email: str) -> bool:
        return False

    def get_connect_redirect_url(self, request: HttpRequest, socialaccount: Any) -> str:
        return reverse("accounts:security")

    def get_requests_session(self) -> Session:
        return Session()

    def send_notification_mail(self, *_arguments: Any, **_named: Any) -> None:
        """Send nothing: events and notices do."""

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Take over: allauth has made sure who it is, we say whether they come in."""
        raise ImmediateHttpResponse(arrive(request, sociallogin))

    def on_authentication_error(
        self,
        request: HttpRequest,
        provider: Any,
        error: Any = None,
        exception: Exception | None = None,
        extra_context: Any = None,
    ) -> None:
        """Say so in our own page; why exactly is for the log, not for whoever tries."""
        log.warning("sign_in_refused", provider=provider.sub_id, error=str(exception or error))
        raise ImmediateHttpResponse(refused(request, provider.name))


def refused(request: HttpRequest, title: str) -> HttpResponse:
    return refuse(
        request,
        _("%(provider)s could not sign you in. Begin again; if it happens again, tell an admin.")
        % {"provider": title},
    )
