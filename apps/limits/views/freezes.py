"""Freezes: what is planned, what holds, and one of them."""

from datetime import timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.lib.clock import database_now
from apps.limits import lifecycle
from apps.limits.forms import FreezeForm
from apps.limits.models import Freeze

from .common import history, may_design, rights_here, save_form

USUAL_START = timedelta(hours=1)
USUAL_LENGTH = timedelta(hours=2)


@require_safe
def freeze_list(request: PersonRequest) -> HttpResponse:
    return render(request, "limits/freeze_list.html", rights_here(request))


@require_http_methods(["GET", "POST"])
def freeze_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    begins = (database_now() + USUAL_START).replace(minute=0, second=0, microsecond=0)
    row = Freeze(folder=request.folder, zone=request.user.time_zone or "UTC")
    row.first_starts_at, row.first_ends_at = begins, begins + USUAL_LENGTH
    return _form_page(request, row)


@require_http_methods(["GET", "POST"])
def freeze_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, _find(request, pk))


@require_POST
def freeze_remove(request: PersonRequest, pk: int) -> HttpResponse:
    freeze = _find(request, pk)
    require(request.user, Action.DESIGN, freeze.folder_id)
    lifecycle.remove_freeze(freeze, by=request.user.actor)
    messages.success(request, _("The freeze “%s” is removed.") % freeze.title)
    return redirect("limit_settings:freezes")


def _form_page(request: PersonRequest, row: Freeze) -> HttpResponse:
    form = FreezeForm(request.POST if request.method == "POST" else None, row=row)
    may = may_design(request, row.folder_id, form)
    if save_form(request, form, row, lifecycle.save_freeze):
        return redirect("limit_settings:freezes")
    context = {
        "form": form,
        "freeze": row,
        "may_change": may,
        "history": history("freeze", row.pk),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "limits/freeze_form.html", context, status=status)


def _find(request: PersonRequest, pk: int) -> Freeze:
    rows = Freeze.objects.visible_to(request.user).select_related("folder")
    found: Freeze = get_object_or_404(rows, pk=pk)
    return found
