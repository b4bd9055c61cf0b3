"""What an item of a queue is worth: its versions, and the form for the next one."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.queues.models import WorkQueue
from apps.reports import lifecycle
from apps.reports.asking import today
from apps.reports.forms import WorthForm
from apps.reports.models import Worth
from apps.reports.questions.savings import versions

MOST_SHOWN = 100
FIELDS = ("minutes_by_hand", "rate_per_hour", "bot_cost_per_hour")


@require_safe
def worth_list(request: PersonRequest) -> HttpResponse:
    queues = WorkQueue.objects.visible_to(request.user).select_related("folder")
    held = versions(queue.pk for queue in queues)
    now = today()
    rows = [
        {
            "queue": queue,
            "held": next((each for each in held.get(queue.pk, []) if each.last >= now), None),
        }
        for queue in queues
    ]
    return render(request, "reports/worths.html", {"rows": rows, "today": now})


@require_http_methods(["GET", "POST"])
def worth_edit(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    may = can(request.user, Action.DESIGN, queue.folder_id)
    if request.method == "POST":
        require(request.user, Action.DESIGN, queue.folder_id)
    form = WorthForm(request.POST or None, initial=_initial(queue))
    if request.method == "POST" and form.is_valid():
        lifecycle.set_worth(queue, **form.cleaned_data, by=request.user.actor)
        messages.success(request, _("Saved. Days before that one keep what held then."))
        return redirect("reports:worth", pk=pk)
    worths = Worth.objects.filter(queue=queue)[:MOST_SHOWN]
    context = {"queue": queue, "form": form, "worths": worths, "may_change": may}
    status = 422 if request.method == "POST" else 200
    return render(request, "reports/worth.html", context, status=status)


def _initial(queue: WorkQueue) -> dict[str, Any]:
    """Return the newest values, from today on."""
    newest = Worth.objects.filter(queue=queue).first()
    values = {name: getattr(newest, name) for name in FIELDS} if newest else {}
    return {"since": today(), **values}
