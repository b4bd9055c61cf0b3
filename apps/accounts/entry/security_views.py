"""My security: second factors, recovery codes, where one is signed in, linked services."""

from typing import Any

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.folders import without_folder
from apps.accounts.http import PersonRequest
from apps.accounts.models import SignInProvider, User
from apps.lib.errors import ConflictError, InvalidError

from . import passkeys
from .arriving import CONNECT
from .drawing import drawn
from .factors import (
    add_passkey,
    factor_of,
    make_recovery_codes,
    offered_secret,
    remove_factor,
    rename_passkey,
    set_up_app,
)
from .forms import CodeForm, PasskeyNameForm
from .oidc import provider_of
from .policy import needs_second_factor
from .providers import identities_of, providers_in_use, unlink
from .proving import asks_again
from .sessions import device_of, end_other_sessions, end_session, sessions_of
from .throttle import throttle


@without_folder
@never_cache
@require_safe
def security(request: PersonRequest) -> HttpResponse:
    return render(request, "accounts/security.html", _context(request))


def _context(request: PersonRequest) -> dict[str, Any]:
    person = request.user
    factors = list(Authenticator.objects.filter(user=person).order_by("pk"))
    kept = {each.type: each for each in factors}
    recovery = kept.get(Authenticator.Type.RECOVERY_CODES)
    identities = identities_of(person)
    linked = {each["key"] for each in identities}
    return {
        "app": kept.get(Authenticator.Type.TOTP),
        "passkeys": [
            {"pk": each.pk, "name": each.data["name"], "at": each.created_at}
            | {"used": each.last_used_at}
            for each in factors
            if each.type == Authenticator.Type.WEBAUTHN
        ],
        "can_passkey": passkeys.are_possible(request),
        "codes_left": len(recovery.wrap().get_unused_codes()) if recovery else 0,
        "has_factor": bool(kept),
        "is_needed": needs_second_factor(person),
        "sessions": [(each, device_of(each.user_agent)) for each in sessions_of(person)],
        "session_key": request.session.session_key,
        "identities": identities,
        "linkable": [row for row in providers_in_use() if row.key not in linked],
        "has_password": person.has_usable_password(),
    }


@without_folder
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
@asks_again
def app_set_up(request: PersonRequest) -> HttpResponse:
    error = ""
    if request.method == "POST":
        throttle(request, "set-up")
        try:
            codes = set_up_app(request, request.user, request.POST.get("code", ""))
        except InvalidError as fault:
            error = fault.message
        else:
            messages.success(request, _("The authenticator app is set up."))
            return _after(request, codes)
    elif Authenticator.objects.filter(user=request.user, type=Authenticator.Type.TOTP).exists():
        raise ConflictError(_("An authenticator app is set up already. Remove it first."))
    context = {"form": CodeForm(), "error": error, **drawn(request.user, offered_secret(request))}
    status = 422 if error else 200
    return render(request, "accounts/security_app.html", context, status=status)


@without_folder
@never_cache
@require_http_methods(["GET", "POST"])
@asks_again
def passkey_new(request: PersonRequest) -> HttpResponse:
    if not passkeys.are_possible(request):
        raise ConflictError(_("Passkeys need https and a name as the address."))
    error = ""
    if request.method == "POST":
        throttle(request, "set-up")
        name, answer = request.POST.get("name", ""), request.POST.get("credential", "")
        try:
            codes = add_passkey(request, request.user, name, answer)
        except InvalidError as fault:
            error = fault.message
        else:
            messages.success(request, _("The passkey is kept."))
            return _after(request, codes)
    context = {
        "form": PasskeyNameForm(),
        "error": error,
        "passkey_options": passkeys.ask_to_register(request.user),
    }
    status = 422 if error else 200
    return render(request, "accounts/security_passkey.html", context, status=status)


@without_folder
@require_http_methods(["GET", "POST"])
def passkey_edit(request: PersonRequest, pk: int) -> HttpResponse:
    passkey = factor_of(request.user, pk, Authenticator.Type.WEBAUTHN)
    form = PasskeyNameForm(request.POST or None, initial={"name": passkey.data["name"]})
    if request.method == "POST" and form.is_valid():
        rename_passkey(request.user, pk, form.cleaned_data["name"])
        messages.success(request, _("Saved."))
        return redirect("accounts:security")
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "name": passkey.data["name"]}
    return render(request, "accounts/security_rename.html", context, status=status)


@without_folder
@require_POST
@asks_again
def factor_remove(request: PersonRequest, pk: int) -> HttpResponse:
    remove_factor(request.user, pk)
    messages.success(request, _("Removed."))
    return redirect("accounts:security")


@without_folder
@never_cache
@require_POST
@asks_again
def codes_new(request: PersonRequest) -> HttpResponse:
    return _show_codes(request, make_recovery_codes(request.user))


@without_folder
@require_POST
def session_end(request: PersonRequest, pk: int) -> HttpResponse:
    end_session(request.user, pk)
    messages.success(request, _("Signed out there."))
    return redirect("accounts:security")


@without_folder
@require_POST
def sessions_end(request: PersonRequest) -> HttpResponse:
    n = end_other_sessions(request.user, but=request.session.session_key)
    messages.success(
        request, _("Signed out elsewhere.") if n else _("You are signed in only here.")
    )
    return redirect("accounts:security")


@without_folder
@require_POST
@asks_again
def identity_link(request: PersonRequest, key: str) -> HttpResponse:
    """Go to the service, and link with whom it says one is."""
    throttle(request, "provider")
    row = get_object_or_404(SignInProvider, key=key, is_active=True)
    response: HttpResponse = provider_of(request, row).redirect(
        request, CONNECT, data=request.user.pk, auth_params={"prompt": "login"}
    )
    return response


@without_folder
@require_POST
@asks_again
def identity_unlink(request: PersonRequest, pk: int) -> HttpResponse:
    _refuse_if_last_way(request.user)
    unlink(request.user, pk, by=request.user)
    messages.success(request, _("Not linked any more."))
    return redirect("accounts:security")


def _refuse_if_last_way(person: User) -> None:
    """Raise ConflictError for whoever could not come in any more without it."""
    passkey = Authenticator.objects.filter(user=person, type=Authenticator.Type.WEBAUTHN)
    if (
        len(identities_of(person)) == 1
        and not person.has_usable_password()
        and not passkey.exists()
    ):
        raise ConflictError(_("You have no other way to sign in. Add a passkey first."))


def _after(request: PersonRequest, codes: list[str]) -> HttpResponse:
    return _show_codes(request, codes) if codes else redirect("accounts:security")


def _show_codes(request: PersonRequest, codes: list[str]) -> HttpResponse:
    # they are in this answer only
    return render(request, "accounts/security_codes.html", {"codes": codes})
