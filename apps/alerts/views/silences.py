"""Silences: what nobody is told of, and until when."""

from datetime import datetime, timedelta

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.alerts import lifecycle
from apps.alerts.forms import SilenceForm
from apps.alerts.models import Silence
from apps.lib.clock import database_now
from apps.lib.errors import DomainError

USUAL_LENGTH = timedelta(hours=2)


@require_http_methods(["GET", "HEAD", "POST"])
def silence_list(request: PersonRequest) -> HttpResponse:
    if request.method != "POST":
        until = timezone.localtime(database_now() + USUAL_LENGTH)
        initial = {
            "ends_at": until.replace(second=0, microsecond=0),
            "rule": request.GET.get("rule", "")[:20],
        }
        return _page(request, SilenceForm(folder=request.folder, initial=initial))
    require(request.user, Action.OPERATE, request.folder.pk)
    form = SilenceForm(request.POST, folder=request.folder)
    if form.is_valid() and _save(request, form):
        messages.success(request, _("Nobody is told of it meanwhile; it stands in the list."))
        return redirect("alerts:silence_list")
    return _page(request, form, status=422)


@require_POST
def silence_end(request: PersonRequest, pk: int) -> HttpResponse:
    rows = Silence.objects.visible_to(request.user).select_related("folder", "rule")
    found: Silence = get_object_or_404(rows, pk=pk)
    require(request.user, Action.OPERATE, found.folder_id)
    try:
        lifecycle.end_silence(found, by=request.user.actor)
    except DomainError as error:
        messages.warning(request, error.message)
    else:
        messages.success(request, _("The silence is over: people are told of what fires still."))
    return redirect("alerts:silence_list")


def _page(request: PersonRequest, form: SilenceForm, *, status: int = 200) -> HttpResponse:
    context = {"form": form, "may_operate": can(request.user, Action.OPERATE, request.folder.pk)}
    return render(request, "alerts/silence_list.html", context, status=status)


def _save(request: PersonRequest, form: SilenceForm) -> bool:
    said = form.cleaned_data
    ends_at = _here(said["ends_at"])
    assert ends_at is not None
    try:
        lifecycle.silence(
            request.folder,
            rule=form.rules.get(said["rule"]),
            starts_at=_here(said["starts_at"]),
            ends_at=ends_at,
            reason=said["reason"],
            by=request.user.actor,
        )
    except DomainError as error:
        for problem in error.fields:
            form.add_error(problem.path if problem.path in form.fields else None, problem.message)
        return False
    return True


def _here(told: datetime | None) -> datetime | None:
    """Return a time on the person's clock as a moment."""
    return told.replace(tzinfo=timezone.get_current_timezone()) if told else None
