"""Applications: the list, one of them, and what people do with it."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.clock import database_now
from apps.limits import lifecycle
from apps.limits.forms import ApplicationForm, HoldForm
from apps.limits.models import Application

from .common import history, may_design, rights_here, save_form

USUAL_HOLD = timedelta(hours=1)


@require_safe
def application_list(request: PersonRequest) -> HttpResponse:
    return render(request, "limits/application_list.html", rights_here(request))


@require_safe
def application_detail(request: PersonRequest, pk: int) -> HttpResponse:
    context = _detail(request, _find(request, pk))
    return render(request, "limits/application_detail.html", context)


@require_http_methods(["GET", "POST"])
def application_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _form_page(request, Application(folder=request.folder))


@require_http_methods(["GET", "POST"])
def application_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, _find(request, pk))


@require_POST
def application_hold(request: PersonRequest, pk: int) -> HttpResponse:
    application = _operable(request, pk)
    form = HoldForm(request.POST)
    if form.is_valid():
        until = form.moment()
        if until is None or until > database_now():
            reason = form.cleaned_data["reason"]
            by = request.user.actor
            lifecycle.hold_application(application, until=until, reason=reason, by=by)
            text = _("“%s” is held back: what is at work goes on, nothing new starts.")
            messages.success(request, text % application.title)
            return redirect("applications:detail", pk=pk)
        form.add_error("until", _("Say a time that is still to come."))
    context = _detail(request, application) | {"hold_form": form, "hold_refused": True}
    return render(request, "limits/application_detail.html", context, status=422)


@require_POST
def application_release(request: PersonRequest, pk: int) -> HttpResponse:
    application = _operable(request, pk)
    lifecycle.release_application(application, by=request.user.actor)
    messages.success(request, _("“%s” is released.") % application.title)
    return redirect("applications:detail", pk=pk)


@require_POST
def application_reset(request: PersonRequest, pk: int) -> HttpResponse:
    application = _operable(request, pk)
    lifecycle.reset_application(application, by=request.user.actor)
    text = _("Work of “%s” starts again; what failed so far does not count any more.")
    messages.success(request, text % application.title)
    return redirect("applications:detail", pk=pk)


@require_POST
def application_remove(request: PersonRequest, pk: int) -> HttpResponse:
    application = _find(request, pk)
    require(request.user, Action.DESIGN, application.folder_id)
    lifecycle.remove_application(application, by=request.user.actor)
    messages.success(request, _("The application “%s” is removed.") % application.title)
    return redirect("applications:list")


def _form_page(request: PersonRequest, row: Application) -> HttpResponse:
    form = ApplicationForm(request.POST if request.method == "POST" else None, row=row)
    may = may_design(request, row.folder_id, form)
    if save_form(request, form, row, lifecycle.save_application):
        return redirect("applications:detail", pk=row.pk)
    context = {"form": form, "application": row, "may_change": may}
    status = 422 if request.method == "POST" else 200
    return render(request, "limits/application_form.html", context, status=status)


def _detail(request: PersonRequest, application: Application) -> dict[str, Any]:
    until = (database_now() + USUAL_HOLD).replace(second=0, microsecond=0)
    return {
        "application": application,
        "may_operate": can(request.user, Action.OPERATE, application.folder_id),
        "may_design": can(request.user, Action.DESIGN, application.folder_id),
        "hold_form": HoldForm(initial={"until": timezone.localtime(until)}),
        "history": history("application", application.pk),
    }


def _find(request: PersonRequest, pk: int) -> Application:
    """Return the application if it lies where the person may look; else 404."""
    rows = Application.objects.visible_to(request.user).select_related("folder")
    found: Application = get_object_or_404(rows, pk=pk)
    return found


def _operable(request: PersonRequest, pk: int) -> Application:
    application = _find(request, pk)
    require(request.user, Action.OPERATE, application.folder_id)
    return application
