"""The pages of queues: the list, one queue, adding an item, pausing."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.operations import kinds

from .by_hand import ItemEntry
from .forms import ReasonForm
from .lifecycle import pause_queue, resume_queue
from .listing import ItemFilter
from .models import WorkQueue


@require_safe
def queue_list(request: PersonRequest) -> HttpResponse:
    may_design = can(request.user, Action.DESIGN, request.folder.pk)
    return render(request, "queues/queue_list.html", {"may_design": may_design})


@require_safe
def queue_detail(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    wanted = ItemFilter.parse(queue.pk, request.META["QUERY_STRING"])
    query = wanted.query()
    context = {
        "queue": queue,
        "wanted": wanted,
        "list_arg": f"id={queue.pk}&{query}" if query else f"id={queue.pk}",
        "may_operate": can(request.user, Action.OPERATE, queue.folder_id),
        "bulk_kinds": [kind for kind in kinds.offered("item") if kind.is_for(wanted.status)],
        "may_design": can(request.user, Action.DESIGN, queue.folder_id),
        "reason_form": ReasonForm(),
    }
    return render(request, "queues/queue_detail.html", context)


@require_http_methods(["GET", "POST"])
def item_add(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, queue.folder_id)
    entry = ItemEntry(queue, request)
    if request.method == "POST" and not entry.wants_rows and entry.is_valid():
        item = entry.save(by=request.user.actor)
        if item is not None:
            messages.success(request, _("Added %(item)s.") % {"item": item})
            return redirect("items:item_detail", pk=item.pk)
    status = 422 if request.method == "POST" and not entry.wants_rows else 200
    return render(request, "queues/item_add.html", {"queue": queue, "entry": entry}, status=status)


@require_POST
def queue_pause(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, queue.folder_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        pause_queue(queue, reason=form.cleaned_data["reason"], by=request.user.actor)
    else:
        messages.error(request, _("A queue is paused with a reason, so that others know why."))
    return redirect("queues:queue_detail", pk=pk)


@require_POST
def queue_resume(request: PersonRequest, pk: int) -> HttpResponse:
    queue = get_object_or_404(WorkQueue.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.OPERATE, queue.folder_id)
    resume_queue(queue, by=request.user.actor)
    return redirect("queues:queue_detail", pk=pk)
