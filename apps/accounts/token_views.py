"""Settings: API tokens of a folder."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from .forms import TokenForm
from .http import PersonRequest
from .models import ApiToken
from .permissions import Action, may_change, require
from .tokens import create_token, revoke_token


@require_safe
def token_list(request: PersonRequest) -> HttpResponse:
    may = may_change(
        request.user, Action.ADMINISTER, request.folder.pk, method=request.method or ""
    )
    tokens = ApiToken.objects.filter(folder=request.folder).select_related("user").with_state()
    return render(request, "settings/tokens.html", {"tokens": tokens, "may_change": may})


@never_cache
@require_http_methods(["GET", "POST"])
def token_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    form = TokenForm(
        request.POST or None,
        folder=request.folder,
        manager=request.user,
        initial={"user": request.user},
    )
    if request.method == "POST" and form.is_valid():
        token, text = create_token(
            form.cleaned_data["user"],
            request.folder,
            name=form.cleaned_data["name"],
            days=form.cleaned_data["days"],
            by=request.user.actor,
        )
        # the text is in this answer only
        return render(request, "settings/token_created.html", {"token": token, "text": text})
    status = 422 if request.method == "POST" else 200
    return render(request, "settings/token_create.html", {"form": form}, status=status)


@require_POST
def token_revoke(request: PersonRequest, pk: int) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    token = get_object_or_404(ApiToken.objects.select_related("user"), folder=request.folder, pk=pk)
    revoke_token(token, by=request.user.actor)
    messages.success(request, _("The token “%(name)s” is revoked.") % {"name": token.name})
    return redirect("settings:tokens")
