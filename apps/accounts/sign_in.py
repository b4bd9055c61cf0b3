"""Signing in: the form, the offers of the demo, and the language found at the first time."""

from collections.abc import Callable
from typing import Any, TypedDict

from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from .landing import landing_of
from .models import User

MAX_USERNAME = 150


class SignInForm(AuthenticationForm):
    error_messages = {  # noqa: RUF012 - Django's own way
        "invalid_login": _("The user name or the password is wrong. Capital letters count."),
        "inactive": _("The user name or the password is wrong. Capital letters count."),
    }

    def clean_username(self) -> str:
        """Refuse what nobody can be called before it is counted: its column is not so long."""
        username: str = self.cleaned_data["username"]
        if len(username) > MAX_USERNAME:
            raise self.get_invalid_login_error()
        return username


class QuickLogin(TypedDict):
    """Somebody to sign in as by one click; for the demo, on this machine only."""

    username: str
    label: str
    role_label: str


Offers = Callable[[HttpRequest], list[QuickLogin]]
_offers: list[Offers] = []


def offer_quick_logins(offers: Offers) -> Offers:
    """Have the sign-in page show what `offers` returns; for apps in layers above."""
    if offers not in _offers:
        _offers.append(offers)
    return offers


def quick_logins(request: HttpRequest) -> list[QuickLogin]:
    return [offer for offers in _offers for offer in offers(request)]


def way_in(request: HttpRequest) -> str:
    """Return where to go after signing in: to the page that was asked for, or by role."""
    wanted = safe_next(request)
    # "/" is the front door: who comes in by it has asked for no page yet
    return landing_of(request.user) if wanted in ("", "/") else wanted


def safe_next(request: HttpRequest) -> str:
    """Return the page that was asked for, "" for none: only ever one of this control room."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    is_ours = url_has_allowed_host_and_scheme(
        wanted, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    # an address, not the name of a view, which `redirect` would take it for
    return wanted if is_ours and wanted.startswith("/") else ""


@receiver(user_logged_in, dispatch_uid="accounts.keep_language")
def keep_language(sender: Any, request: HttpRequest, user: User, **_more: Any) -> None:
    """Keep the browser's language at the first sign-in, for live pages and mails, too."""
    if not user.language:
        known = {code for code, _name in settings.LANGUAGES}
        found = translation.get_language_from_request(request)
        user.language = found if found in known else settings.LANGUAGE_CODE
        User.objects.filter(pk=user.pk).update(language=user.language)
