"""The steps of signing in after the password: codes, passkeys, setting up, other services."""

from typing import Any

from allauth.account.stages import LoginStage
from allauth.mfa.base.internal.flows import post_authentication
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialApp
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.models import SignInProvider, User
from apps.accounts.sign_in import safe_next
from apps.lib.errors import ConflictError, InvalidError

from . import passkeys
from .adapters import back_to_sign_in
from .codes import codes_rest_until, try_code, wrong_code
from .drawing import drawn
from .factors import add_passkey, offered_secret, set_up_app
from .forms import CodeForm
from .letting_in import let_in_by_passkey
from .lockout import locked_out
from .oidc import Adapter, CallbackView, provider_of
from .policy import has_second_factor
from .social_adapter import refused
from .stages import ENROLLED, SecondFactorStage, SetUpStage, keep_state, stage_of
from .throttle import throttle


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def second_factor(request: HttpRequest) -> HttpResponse:
    """Ask for a code or a passkey of whoever has given the right password."""
    stage = stage_of(request, SecondFactorStage.key)
    if stage is None:
        return back_to_sign_in()
    person = stage.login.user
    error = ""
    if request.method == "POST":
        throttle(request, "code")
        verdict = _shown_factor(request, person)
        if isinstance(verdict, HttpResponse):
            return verdict
        if isinstance(verdict, Authenticator):
            post_authentication(request, verdict)
            return stage.exit()  # type: ignore[no-any-return]
        error = verdict
    elif until := codes_rest_until(person):
        return locked_out(request, until)
    return _ask_for_factor(request, person, error)


def _shown_factor(request: HttpRequest, person: User) -> Authenticator | HttpResponse | str:
    """Return the factor that was shown; else the answer to give, or what to say was wrong."""
    if "credential" in request.POST:
        try:
            return passkeys.shown(request.POST["credential"], person=person)
        except InvalidError as fault:
            return fault.message
    verdict = try_code(person, request.POST.get("code", ""))
    if verdict.locked_until is not None:
        return locked_out(request, verdict.locked_until)
    if verdict.used is None:
        return wrong_code()
    verdict.used.user = person
    return verdict.used


def _ask_for_factor(request: HttpRequest, person: User, error: str) -> HttpResponse:
    types = set(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    has_passkey = Authenticator.Type.WEBAUTHN in types and passkeys.are_possible(request)
    context: dict[str, Any] = {
        "form": CodeForm(),
        "error": error,
        "has_app": Authenticator.Type.TOTP in types,
        "passkey_options": passkeys.ask_to_show(person) if has_passkey else None,
    }
    status = 422 if error else 200
    return render(request, "registration/second_factor.html", context, status=status)


@login_not_required
@never_cache
@sensitive_post_parameters("code")
@require_http_methods(["GET", "POST"])
def set_up(request: HttpRequest) -> HttpResponse:
    """Have whoever has to have a second factor set one up before they are in."""
    stage = stage_of(request, SetUpStage.key)
    if stage is None:
        return back_to_sign_in()
    if request.method == "POST":
        throttle(request, "set-up")
        return _set_up(request, stage)
    return _done_before(stage) or _offer_factors(request, stage.login.user, "")


def _set_up(request: HttpRequest, stage: LoginStage) -> HttpResponse:
    person = stage.login.user
    if done := _done_before(stage):
        return done
    try:
        codes = _new_factor(request, person)
    except (InvalidError, ConflictError) as fault:
        return _offer_factors(request, person, fault.message)
    keep_state(request, stage, **{ENROLLED: True})
    context = {"codes": codes, "go_on": request.path}
    return render(request, "registration/recovery_codes.html", context)


def _done_before(stage: LoginStage) -> HttpResponse | None:
    """Go on if this very sign-in has set a factor up. If another one has meanwhile, this one has
    to show it: back to the start."""
    if stage.state.get(ENROLLED):
        return stage.exit()  # type: ignore[no-any-return]
    return back_to_sign_in() if has_second_factor(stage.login.user) else None


def _new_factor(request: HttpRequest, person: User) -> list[str]:
    if "credential" in request.POST:
        return add_passkey(
            request, person, request.POST.get("name", ""), request.POST["credential"]
        )
    return set_up_app(request, person, request.POST.get("code", ""))


def _offer_factors(request: HttpRequest, person: User, error: str) -> HttpResponse:
    can_passkey = passkeys.are_possible(request)
    context = {
        "form": CodeForm(),
        "error": error,
        **drawn(person, offered_secret(request)),
        "passkey_options": passkeys.ask_to_register(person) if can_passkey else None,
    }
    return render(request, "registration/set_up.html", context, status=422 if error else 200)


@login_not_required
@never_cache
@require_POST
def passkey_options(request: HttpRequest) -> HttpResponse:
    """Answer what a browser needs to sign somebody in by a passkey alone."""
    throttle(request, "passkey")
    return JsonResponse(passkeys.ask_to_show(None))


@login_not_required
@never_cache
@require_POST
def passkey_sign_in(request: HttpRequest) -> HttpResponse:
    throttle(request, "passkey")
    if request.user.is_authenticated:
        return back_to_sign_in()
    try:
        passkey = passkeys.shown(request.POST.get("credential", ""), person=None)
    except InvalidError as fault:
        return refused_passkey(request, fault.message)
    return let_in_by_passkey(request, passkey)


def refused_passkey(request: HttpRequest, why: str) -> HttpResponse:
    return render(request, "registration/refused.html", {"why": why}, status=422)


@login_not_required
@never_cache
@require_POST
def provider_start(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Send the browser to the service; only from a form of ours, so that no link signs in."""
    throttle(request, "provider")
    row = get_object_or_404(SignInProvider, key=provider_id, is_active=True)
    wish = safe_next(request)
    # who is in already shows once more who they are
    more = {"prompt": "login"} if request.user.is_authenticated else {}
    response: HttpResponse = provider_of(request, row).redirect(
        request, "login", next_url="" if wish == "/" else wish, auth_params=more
    )
    return response


@login_not_required
@never_cache
@require_safe
def provider_back(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Take what the service says, once."""
    throttle(request, "provider")
    try:
        view = CallbackView.adapter_view(Adapter(request, provider_id))
        response: HttpResponse = view(request)
    except SocialApp.DoesNotExist:
        raise Http404 from None
    except (KeyError, TypeError, ValueError, AttributeError):
        # what a service says may be anything
        return refused(request, provider_id)
    return response
