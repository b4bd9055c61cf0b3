"""Limits: the list with what is used of each, and one of them."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.lib.numbers import whole_number
from apps.limits import lifecycle
from apps.limits.forms import LimitForm
from apps.limits.models import Application, Limit

from .common import history, may_design, rights_here, save_form


@require_safe
def limit_list(request: PersonRequest) -> HttpResponse:
    return render(request, "limits/limit_list.html", rights_here(request))


@require_http_methods(["GET", "POST"])
def limit_create(request: PersonRequest) -> HttpResponse:
    """`application`: the one that it is made for, when it is asked for on that one's page."""
    require(request.user, Action.DESIGN, request.folder.pk)
    of = whole_number(request.GET.get("application", "")) or 0
    application = Application.objects.filter(folder=request.folder, pk=of).first()
    return _form_page(request, Limit(folder=request.folder, application=application))


@require_http_methods(["GET", "POST"])
def limit_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, _find(request, pk))


@require_POST
def limit_remove(request: PersonRequest, pk: int) -> HttpResponse:
    limit = _find(request, pk)
    require(request.user, Action.DESIGN, limit.folder_id)
    lifecycle.remove_limit(limit, by=request.user.actor)
    messages.success(request, _("The limit “%s” is removed.") % limit.title)
    return redirect("limit_settings:list")


def _form_page(request: PersonRequest, row: Limit) -> HttpResponse:
    form = LimitForm(request.POST if request.method == "POST" else None, row=row)
    may = may_design(request, row.folder_id, form)
    if save_form(request, form, row, lifecycle.save_limit):
        return redirect("limit_settings:edit", pk=row.pk)
    context = {
        "form": form,
        "limit": row,
        "may_change": may,
        "history": history("limit", row.pk),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "limits/limit_form.html", context, status=status)


def _find(request: PersonRequest, pk: int) -> Limit:
    rows = Limit.objects.visible_to(request.user).select_related("folder", "application")
    found: Limit = get_object_or_404(rows, pk=pk)
    return found
