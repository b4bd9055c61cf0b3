"""Showing once more who one is, before what guards the account is changed."""

from allauth.mfa.models import Authenticator
from django.contrib.auth import authenticate
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from apps.accounts.folders import without_folder
from apps.accounts.http import PersonRequest
from apps.accounts.sign_in import safe_next
from apps.lib.errors import InvalidError

from . import passkeys
from .codes import try_code, wrong_code
from .forms import CodeForm, ProofForm
from .lockout import locked_out
from .providers import identities_of
from .proving import note_proof
from .throttle import throttle


@without_folder
@never_cache
@sensitive_post_parameters("password", "code")
@require_http_methods(["GET", "POST"])
def prove(request: PersonRequest) -> HttpResponse:
    """Ask for the password, a code, a passkey, or the word of a linked service."""
    error = ""
    if request.method == "POST":
        throttle(request, "prove")
        shown = _shown(request)
        if isinstance(shown, HttpResponse):
            return shown
        if shown == "":
            note_proof(None, request)
            return redirect(safe_next(request) or "accounts:security")
        error = shown
    return _ask(request, error)


def _shown(request: PersonRequest) -> str | HttpResponse:
    """Return "" if they have shown who they are, else what was wrong, or the whole answer."""
    person = request.user
    if "credential" in request.POST:
        try:
            passkeys.shown(request.POST["credential"], person=person)
        except InvalidError as fault:
            return fault.message
        return ""
    if "code" in request.POST:
        verdict = try_code(person, request.POST["code"])
        if verdict.locked_until is not None:
            return locked_out(request, verdict.locked_until)
        return "" if verdict.used is not None else wrong_code()
    # counted by axes like a sign-in: a session left open is no place to guess at leisure
    found = authenticate(
        request, username=person.get_username(), password=request.POST.get("password", "")
    )
    return "" if found == person else _("The password is wrong. Capital letters count.")


def _ask(request: PersonRequest, error: str) -> HttpResponse:
    person = request.user
    types = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    has_passkey = Authenticator.Type.WEBAUTHN in types and passkeys.are_possible(request)
    context = {
        "error": error,
        "next": safe_next(request),
        "password_form": ProofForm() if person.has_usable_password() else None,
        "code_form": CodeForm() if Authenticator.Type.TOTP in types else None,
        "passkey_options": passkeys.ask_to_show(person) if has_passkey else None,
        "identities": identities_of(person),
    }
    status = 422 if error else 200
    return render(request, "accounts/prove.html", context, status=status)
