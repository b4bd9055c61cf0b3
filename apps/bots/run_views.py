"""The pages of runs: the list, one run with its log, stop and kill."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require

from . import lifecycle, presenting
from .models import Run
from .panels import run_panels


@require_safe
def run_list(request: PersonRequest) -> HttpResponse:
    status = request.GET.get("status", "")
    tabs = [("", _("All")), *Run.Status.choices]
    context = {
        "query": request.GET.urlencode()[:300],
        "tabs": [
            {
                "label": label,
                "url": f"?status={value}" if value else "?",
                "current": value == status,
            }
            for value, label in tabs
        ],
    }
    return render(request, "bots/run_list.html", context)


@require_safe
def run_detail(request: PersonRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=pk)
    context = {
        "run": run,
        "panels": run_panels(),
        "lines": presenting.run_log(run),
        "may_operate": can(request.user, Action.OPERATE, run.folder_id),
    }
    return render(request, "bots/run_detail.html", context)


@require_POST
def run_stop(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask the run to stop; with `kill`, end it after the grace time whatever it does."""
    run = get_object_or_404(Run.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, run.folder_id)
    if request.POST.get("kill"):
        lifecycle.request_kill(run.pk, by=request.user.actor)
        messages.success(request, _("Run %(n)s is being killed.") % {"n": pk})
    else:
        lifecycle.request_stop(run.pk, by=request.user.actor)
        text = _("Run %(n)s stops after the item it has in hand.")
        messages.success(request, text % {"n": pk})
    return redirect("runs:run_detail", pk=pk)
