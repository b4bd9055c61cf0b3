"""Settings: how people sign in. Services that vouch for them, and what is asked of whom."""

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.models import SignInProvider
from apps.accounts.permissions import Action, may_change
from apps.accounts.shown_changes import keep_changes, take_changes
from apps.lib.errors import InvalidError
from apps.lib.forms import disable_all

from .forms import PolicyForm, ProviderForm
from .oidc import discover
from .policy import change_policy, may_set_up_sign_in, policy, require_everywhere
from .providers import remove_provider, save_provider
from .proving import asks_again


@require_http_methods(["GET", "POST"])
@asks_again
def sign_in_settings(request: PersonRequest) -> HttpResponse:
    may = _may(request)
    form = PolicyForm(request.POST or None, initial={"second_factor": policy().second_factor})
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        is_new = change_policy(form.cleaned_data["second_factor"], by=request.user)
        messages.success(request, _("Saved.") if is_new else _("Nothing was changed."))
        return redirect("settings:sign_in")
    status = 422 if request.method == "POST" else 200
    providers = SignInProvider.objects.all()
    context = {"form": form, "providers": providers, "may_change": may}
    return render(request, "settings/sign_in.html", context, status=status)


@never_cache
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@asks_again
def provider_new(request: PersonRequest) -> HttpResponse:
    require_everywhere(request.user)
    row = SignInProvider()
    form = ProviderForm(request.POST or None, row=row)
    if request.method == "POST" and form.is_valid():
        try:
            discover(form.cleaned_data["issuer"])
            save_provider(row, form.cleaned_data, by=request.user)
        except OAuth2Error as fault:
            form.add_error("issuer", _("This issuer is no good: %(why)s.") % {"why": fault})
        except InvalidError as fault:
            form.add_error(fault.fields[0].path, fault.message)
        else:
            messages.success(request, _("Saved."))
            return redirect("settings:provider", pk=row.pk)
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "may_change": True}
    return render(request, "settings/provider.html", context, status=status)


@never_cache
@sensitive_post_parameters("secret")
@require_http_methods(["GET", "POST"])
@asks_again
def provider_edit(request: PersonRequest, pk: int) -> HttpResponse:
    may = _may(request)
    row = get_object_or_404(SignInProvider, pk=pk)
    form = ProviderForm(request.POST or None, row=row)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        changes = save_provider(row, form.cleaned_data, by=request.user)
        keep_changes(request, ("sign_in_provider", row.pk), form, changes)
        messages.success(request, _("Saved.") if changes else _("Nothing was changed."))
        return redirect("settings:provider", pk=pk)
    context = {
        "form": form,
        "row": row,
        "may_change": may,
        "changes": take_changes(request, ("sign_in_provider", row.pk)),
        "back_address": _back_address(request, row),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/provider.html", context, status=status)


@require_POST
@asks_again
def provider_remove(request: PersonRequest, pk: int) -> HttpResponse:
    row = get_object_or_404(SignInProvider, pk=pk)
    remove_provider(row, by=request.user)
    messages.success(request, _("“%(title)s” is removed.") % {"title": row.title})
    return redirect("settings:sign_in")


def _may(request: PersonRequest) -> bool:
    """Say whether they may change it; raise NotAllowedError unless they may at least look."""
    may_change(request.user, Action.ADMINISTER, request.folder.pk, method=request.method or "")
    if request.method == "POST":
        require_everywhere(request.user)
    return may_set_up_sign_in(request.user)


def _back_address(request: HttpRequest, row: SignInProvider) -> str:
    return request.build_absolute_uri(reverse("openid_connect_callback", args=[row.key]))
