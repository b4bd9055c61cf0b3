"""Signing in and out, one's own profile, and the folder to work in."""

from allauth.usersessions.models import UserSession
from django.contrib import messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from .absence_views import absence_context
from .entry.letting_in import let_in
from .entry.passkeys import are_possible
from .entry.providers import providers_in_use
from .entry.recording import record
from .entry.throttle import throttle
from .folders import choose_folder, folders_of, without_folder
from .forms import ProfileForm
from .http import PersonRequest
from .landing import landing_of
from .lifecycle import change_profile, person_of_link, set_password
from .shown_changes import keep_changes, take_changes
from .sign_in import SignInForm, quick_logins, safe_next, way_in


@login_not_required
@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(way_in(request))
    if request.method == "POST":
        throttle(request, "password")
    form = SignInForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        return let_in(request, form.get_user(), way="password")
    context = {
        "form": form,
        "next": safe_next(request),
        "providers": providers_in_use(),
        "can_passkey": are_possible(request),
        "quick_logins": quick_logins(request),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "registration/login.html", context, status=status)


@without_folder
@require_POST
def sign_out(request: PersonRequest) -> HttpResponse:
    record("person.signed_out", request.user, by=request.user.actor)
    logout(request)
    return redirect("accounts:sign_in")


@login_not_required
@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
@require_http_methods(["GET", "POST"])
def welcome(request: HttpRequest, encoded_id: str, token: str) -> HttpResponse:
    """Let the holder of a one-time link set their password."""
    person = person_of_link(encoded_id, token)
    if person is None:
        return render(request, "accounts/link_used.html", status=404)
    form = SetPasswordForm(person, request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_password(person, form.cleaned_data["new_password1"])
        messages.success(request, _("Your password is set. Sign in with it."))
        return redirect("accounts:sign_in")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/welcome.html", {"form": form, "person": person}, status=status)


@without_folder
@require_http_methods(["GET", "POST"])
def profile(request: PersonRequest) -> HttpResponse:
    person = request.user
    initial = {
        "name": person.display_name,
        "email": person.email,
        "language": person.language,
        "time_zone": person.time_zone,
        "theme": person.theme,
    }
    form = ProfileForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        changes = change_profile(person, **form.cleaned_data)
        keep_changes(request, ("profile", person.pk), form, changes)
        messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
        return redirect("accounts:profile")
    context = {
        "form": form,
        "changes": take_changes(request, ("profile", person.pk)),
        "folders": folders_of(request.rights),
        **absence_context(person),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/profile.html", context, status=status)


@without_folder
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def password(request: PersonRequest) -> HttpResponse:
    form = PasswordChangeForm(request.user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        set_password(request.user, form.cleaned_data["new_password1"])
        # all sessions end but this one
        update_session_auth_hash(request, request.user)
        UserSession.objects.create_from_request(request)
        messages.success(request, _("Your password is changed. You are signed out elsewhere."))
        return redirect("accounts:profile")
    status = 422 if request.method == "POST" else 200
    return render(request, "accounts/password.html", {"form": form}, status=status)


@require_POST
def choose_folder_view(request: PersonRequest) -> HttpResponse:
    """Go on working in another folder."""
    wanted = request.POST.get("folder", "")
    found = next((each for each in folders_of(request.rights) if each.key == wanted), None)
    if found is None:
        raise Http404
    choose_folder(request, found)
    return redirect(safe_next(request) or landing_of(request.user))
