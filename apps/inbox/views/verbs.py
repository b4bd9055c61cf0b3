"""What people do with a task: each verb is a POST."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.inbox import lifecycle
from apps.inbox.candidates import may_take
from apps.inbox.forming import form_of
from apps.inbox.models import UserTask
from apps.lib.errors import DomainError, InvalidError, NotFoundError, TooLargeError

from .common import (
    PAGE,
    address_of,
    answer,
    filter_of,
    find_task,
    is_partial,
    pane,
    receiver,
    task_to_decide,
)
from .drafting import draft_from


@require_POST
def task_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep what is typed, and show others that somebody is at it."""
    task = task_to_decide(request, pk)
    typed, base = draft_from(task, request.POST), request.POST.get("draft_base")
    saved = lifecycle.save_draft(task, typed, by=request.user.actor, base=base)
    if task.is_open and may_take(task, request.user):
        lifecycle.touch_task(task, by=request.user.actor)
    if request.headers.get("X-Requested-By") == "draft":
        more = {"X-Draft-Merged": "1"} if saved.has_more else {}
        return HttpResponse(status=204, headers={"X-Draft": saved.mark, **more})
    # without a script, adding a row is a round trip through the draft
    return redirect(address_of(task, filter_of(request)))


@require_POST
def task_claim(request: PersonRequest, pk: int) -> HttpResponse:
    task = task_to_decide(request, pk)
    take_over = request.POST.get("take_over") == "1"
    lifecycle.claim_task(task, by=request.user.actor, take_over=take_over)
    return _header(request, task)


@require_POST
def task_release(request: PersonRequest, pk: int) -> HttpResponse:
    task = task_to_decide(request, pk)
    lifecycle.release_task(task, by=request.user.actor)
    return _header(request, task)


@require_POST
def task_reassign(request: PersonRequest, pk: int) -> HttpResponse:
    task = task_to_decide(request, pk)
    person = receiver(request, request.POST.get("assignee", ""), task.folder)
    lifecycle.reassign_task(task, to=person, by=request.user.actor)
    messages.success(request, _("Handed to %(name)s.") % {"name": person.name})
    return _header(request, task)


@require_POST
def task_comment(request: PersonRequest, pk: int) -> HttpResponse:
    task = task_to_decide(request, pk)
    error: DomainError | None = None
    try:
        lifecycle.add_comment(task, request.POST.get("text", ""), by=request.user.actor)
    except (InvalidError, TooLargeError) as refused:
        error = refused
    if not is_partial(request):
        if error is not None:
            raise error
        return redirect(address_of(task, filter_of(request)))
    context = {
        "task": task,
        "may_decide": True,
        "comment_error": error,
        "comment_text": request.POST.get("text", "")[:20_000] if error else "",
    }
    status = error.status if error else 200
    return render(request, f"{PAGE}#talk", context, status=status)


@require_POST
def task_reveal(request: PersonRequest, pk: int) -> HttpResponse:
    """Show one personal value; that somebody looked is written down."""
    task = find_task(request, pk)
    require(request.user, Action.REVEAL, task.folder_id)
    name = request.POST.get("name", "")[:1000]
    form = form_of(task, revealed=frozenset({name}))
    leaf = form.find(name)
    if leaf is None:
        raise NotFoundError(_("There is no such field."))
    lifecycle.record_reveal(task, ".".join(leaf.path), by=request.user.actor)
    if not is_partial(request):
        wanted = filter_of(request)
        return answer(request, pane(request, task, wanted, form=form))
    return render(request, leaf.template, {"node": leaf, "is_revealed": True})


def _header(request: PersonRequest, task: UserTask) -> HttpResponse:
    """After a change of hands only the head of the task is new; the form stays as it is."""
    wanted = filter_of(request)
    if not is_partial(request):
        return redirect(address_of(task, wanted))
    context = {"task": find_task(request, task.pk), "me": request.user.pk, "query": wanted.query()}
    return answer(request, context, partial="hands")
