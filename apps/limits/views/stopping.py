"""The emergency stop of a folder: the one that a person works in, or another of theirs.

The banner on every page tells of all of them, so each has an address: `?folder=` its number.
"""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.folders import folders_of
from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, require
from apps.lib.errors import NotFoundError
from apps.lib.numbers import whole_number
from apps.limits import lifecycle
from apps.limits.forms import LiftForm, StopForm
from apps.limits.models import FolderStop
from apps.limits.pages import stop_page_of
from apps.limits.standing import stop_of

from .common import history, rights_here


@require_safe
def stop_page(request: PersonRequest) -> HttpResponse:
    return _page(request)


@require_POST
def stop_set(request: PersonRequest) -> HttpResponse:
    folder = _folder(request)
    require(request.user, Action.OPERATE, folder.pk)
    form = StopForm(request.POST, folder=folder)
    if not form.is_valid():
        return _page(request, stop_form=form)
    said = form.cleaned_data
    lifecycle.stop_folder(
        folder,
        reason=said["reason"],
        stops_runs=said["stops_runs"],
        by=request.user.actor,
    )
    messages.success(request, _("Everything is stopped. Nothing starts until it is lifted."))
    return redirect(stop_page_of(folder.pk))


@require_POST
def stop_lift(request: PersonRequest) -> HttpResponse:
    folder = _folder(request)
    require(request.user, Action.OPERATE, folder.pk)
    form = LiftForm(request.POST, folder=folder)
    if not form.is_valid():
        return _page(request, lift_form=form)
    lifecycle.lift_stop(folder, by=request.user.actor)
    messages.success(request, _("The stop is lifted: work starts again by itself."))
    return redirect(stop_page_of(folder.pk))


def _folder(request: PersonRequest) -> Folder:
    """Return the folder that the address names; raises NotFoundError if it is none of theirs."""
    asked = request.GET.get("folder", "")
    if not asked:
        return request.folder
    pk = whole_number(asked)
    found = next((each for each in folders_of(request.rights) if each.pk == pk), None)
    if found is None:
        raise NotFoundError(_("There is no such folder, or none of yours."))
    return found


def _page(request: PersonRequest, **forms: Any) -> HttpResponse:
    folder = _folder(request)
    stop: FolderStop | None = stop_of(folder.pk)
    context = {
        "folder": folder,
        "stop": stop,
        "stop_form": StopForm(folder=folder),
        "lift_form": LiftForm(folder=folder),
        "history": history("folder", folder.pk),
        **rights_here(request, folder.pk),
        **forms,
    }
    return render(request, "limits/stop.html", context, status=422 if forms else 200)
