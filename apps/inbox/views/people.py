"""Choosing people: whom to hand a task to."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.inbox.people import candidates_for

from .common import filter_of, task_to_decide


@require_safe
def task_people(request: PersonRequest, pk: int) -> HttpResponse:
    """The picker's list, fetched when it is opened: loads and absences as they are then."""
    task = task_to_decide(request, pk)
    context = {
        "task": task,
        "query": filter_of(request).query(),
        "candidates": candidates_for(task),
        "me": request.user.pk,
    }
    response = render(request, "inbox/_people.html", context)
    response["Cache-Control"] = "no-store"
    return response
