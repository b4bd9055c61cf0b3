"""Choosing people: whom to hand a task to."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.inbox.people import candidates_for, people_to_mention

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


@require_safe
def task_mentions(request: PersonRequest, pk: int) -> HttpResponse:
    """Who can be named in a comment: whoever is in the task's folder."""
    task = task_to_decide(request, pk)
    people = people_to_mention(task.folder_id)
    found = [{"username": person.username, "name": person.name} for person in people]
    return JsonResponse({"people": found}, headers={"Cache-Control": "no-store"})
