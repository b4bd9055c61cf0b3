"""The page of a queue's forecast."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.queues.models import WorkQueue

from .forms import WhatIfForm
from .outlooks import outlook
from .presenting import outlook_context
from .standing import last_foretold


@require_safe
def queue_forecast(request: PersonRequest, pk: int) -> HttpResponse:
    """The forecast as it is, or as it would be: `bots`, `more`, `arrivals`, `without`."""
    visible = WorkQueue.objects.visible_to(request.user).select_related("automation")
    queue = get_object_or_404(visible, pk=pk)
    form = WhatIfForm(request.GET)
    wish = form.wish()
    kept = last_foretold([queue.pk]).get(queue.pk)
    context = outlook_context(queue, outlook(queue, wish), form, wish, kept)
    status = 422 if form.errors else 200
    part = "#changed" if request.htmx and not request.htmx.history_restore_request else ""
    return render(request, f"forecast/queue_forecast.html{part}", context, status=status)
