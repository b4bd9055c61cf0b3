"""Pages: every address works by GET alone; htmx asks for the task's pane only."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from apps.accounts.http import PersonRequest
from apps.inbox.models import UserTask
from apps.lib.numbers import whole_number

from .common import RELATED, answer, filter_of, find_task, is_partial, pane


@require_safe
def inbox(request: PersonRequest) -> HttpResponse:
    """The list, with the most urgent task opened beside it (phones show the list alone)."""
    item = whole_number(request.GET.get("item", ""))
    if item is not None:
        return _to_task_of_item(request, item)
    wanted = filter_of(request)
    context: dict[str, Any] = {"wanted": wanted, "opened": False}
    if is_partial(request) and request.headers.get("HX-Target", "").endswith("#task-list"):
        return answer(request, context, partial="list_live")
    first = None if wanted.tab == "decided" else wanted.first(request.rights, *RELATED)
    if first is not None:
        context |= pane(request, first, wanted) | {"opened": False}
    return answer(request, context)


@require_safe
def task_detail(request: PersonRequest, pk: int) -> HttpResponse:
    task = find_task(request, pk)
    wanted = filter_of(request)
    return answer(request, {"opened": True, **pane(request, task, wanted)})


@require_safe
def task_story(request: PersonRequest, pk: int) -> HttpResponse:
    """Comments and history alone: a pane does not wait for them."""
    task = find_task(request, pk)
    if not is_partial(request):
        return redirect(reverse("inbox:task", args=[pk]))
    return answer(request, {"task": task}, partial="story_live")


def _to_task_of_item(request: HttpRequest, item_id: int) -> HttpResponse:
    """Other pages know the item, not the task."""
    visible = UserTask.objects.visible_to(request.user).filter(item_id=item_id)
    task = visible.open().first() or visible.order_by("-pk").first()
    if task is None:
        return redirect("inbox:inbox")
    return redirect(reverse("inbox:task", args=[task.pk]))
