"""The emergency stop of the folder that a person works in."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.limits import lifecycle
from apps.limits.forms import LiftForm, StopForm
from apps.limits.models import FolderStop
from apps.limits.standing import stop_of

from .common import history, rights_here


@require_safe
def stop_page(request: PersonRequest) -> HttpResponse:
    return _page(request)


@require_POST
def stop_set(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    form = StopForm(request.POST, folder=request.folder)
    if not form.is_valid():
        return _page(request, stop_form=form)
    said = form.cleaned_data
    lifecycle.stop_folder(
        request.folder,
        reason=said["reason"],
        stops_runs=said["stops_runs"],
        by=request.user.actor,
    )
    messages.success(request, _("Everything is stopped. Nothing starts until it is lifted."))
    return redirect("applications:stop")


@require_POST
def stop_lift(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.OPERATE, request.folder.pk)
    form = LiftForm(request.POST, folder=request.folder)
    if not form.is_valid():
        return _page(request, lift_form=form)
    lifecycle.lift_stop(request.folder, by=request.user.actor)
    messages.success(request, _("The stop is lifted: work starts again by itself."))
    return redirect("applications:stop")


def _page(request: PersonRequest, **forms: Any) -> HttpResponse:
    folder = request.folder
    stop: FolderStop | None = stop_of(folder.pk)
    context = {
        "stop": stop,
        "stop_form": StopForm(folder=folder),
        "lift_form": LiftForm(folder=folder),
        "history": history("folder", folder.pk),
        **rights_here(request),
        **forms,
    }
    return render(request, "limits/stop.html", context, status=422 if forms else 200)
