"""What people do with a task: each verb is a POST."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.models import User
from apps.accounts.permissions import Action, require
from apps.inbox import lifecycle
from apps.inbox.changes import changes_between
from apps.inbox.decisions import EDIT_AND_RETRY, RETRY, Decision, pick, title_of
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.forming import form_of, payload_of, read_result, schema_of
from apps.inbox.listing import TaskFilter
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError, DomainError, InvalidError, NotFoundError, TooLargeError
from apps.lib.schema_forms import SchemaForm

from .common import PAGE, answer, filter_of, find_task, is_partial, pane
from .drafting import ANSWERS, ROOT, draft_from

INVALID, CONFLICT = 422, 409


@require_POST
def task_decide(request: PersonRequest, pk: int) -> HttpResponse:
    task = _task_to_decide(request, pk)
    try:
        decision = pick(task.decisions, request.POST.get("decision", ""))
        form = form_of(task, data=request.POST) if decision.takes_values else None
        if form is not None and task.is_open and not form.is_valid():
            return _redraw(request, task, form=form)
        _insist_that_nothing_is_lost(task, decision, request)
        done = lifecycle.decide(task, _answer(task, decision, form, request), by=request.user.actor)
    except TaskDecidedError as error:
        return _too_late(request, error)
    except TaskChangedError as error:
        return _changed(request, task, error)
    except (InvalidError, TooLargeError, ConflictError) as error:
        return _redraw(request, task, refusal=error)
    return _next(request, done, decision)


@require_POST
def task_draft(request: PersonRequest, pk: int) -> HttpResponse:
    """Keep what is typed, and show others that somebody is at it."""
    task = _task_to_decide(request, pk)
    lifecycle.save_draft(task, draft_from(task, request.POST), by=request.user.actor)
    if task.is_open:
        lifecycle.touch_task(task, by=request.user.actor)
    if request.headers.get("X-Requested-By") == "draft":
        return HttpResponse(status=204)
    # without a script, adding a row is a round trip through the draft
    return redirect(_address(task, filter_of(request)))


@require_POST
def task_claim(request: PersonRequest, pk: int) -> HttpResponse:
    task = _task_to_decide(request, pk)
    take_over = request.POST.get("take_over") == "1"
    lifecycle.claim_task(task, by=request.user.actor, take_over=take_over)
    return _header(request, task)


@require_POST
def task_release(request: PersonRequest, pk: int) -> HttpResponse:
    task = _task_to_decide(request, pk)
    lifecycle.release_task(task, by=request.user.actor)
    return _header(request, task)


@require_POST
def task_reassign(request: PersonRequest, pk: int) -> HttpResponse:
    task = _task_to_decide(request, pk)
    text = request.POST.get("assignee", "")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
    person = get_object_or_404(User, pk=number, is_active=True)
    lifecycle.reassign_task(task, to=person, by=request.user.actor)
    messages.success(request, _("Handed to %(name)s.") % {"name": person.name})
    return _header(request, task)


@require_POST
def task_comment(request: PersonRequest, pk: int) -> HttpResponse:
    task = _task_to_decide(request, pk)
    error: DomainError | None = None
    try:
        lifecycle.add_comment(task, request.POST.get("text", ""), by=request.user.actor)
    except (InvalidError, TooLargeError) as refused:
        error = refused
    if not is_partial(request):
        if error is not None:
            raise error
        return redirect(_address(task, filter_of(request)))
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


def _task_to_decide(request: PersonRequest, pk: int) -> UserTask:
    task = find_task(request, pk)
    require(request.user, Action.DECIDE, task.folder_id)
    return task


def _insist_that_nothing_is_lost(
    task: UserTask, decision: Decision, request: PersonRequest
) -> None:
    """Raise InvalidError when somebody changed variables, and retries without them."""
    if decision.key != RETRY.key or not task.is_open or task.kind != UserTask.Kind.INCIDENT:
        return
    if any(name.startswith(f"{ROOT}/") for name in draft_from(task, request.POST)):
        said = _(
            "You changed variables, and this retries without them. Choose “%(other)s”, or undo "
            "your changes."
        )
        raise InvalidError(said % {"other": title_of(EDIT_AND_RETRY)})


def _answer(
    task: UserTask, decision: Decision, form: SchemaForm | None, request: PersonRequest
) -> lifecycle.Answer:
    said = request.POST
    if form is not None and not form.is_valid():
        form = None  # the task is closed: the answer is who closed it
    return lifecycle.Answer(
        decision=decision.key,
        version=_version(said),
        payload=payload_of(task, form) if form else None,
        result=read_result(said.get(f"result:{decision.key}", ""))
        if decision.needs_result
        else None,
        reason=said.get(f"reason:{decision.key}", ""),
        reference=said.get(f"reference:{decision.key}", ""),
        comment=said.get("comment", ""),
    )


def _redraw(
    request: PersonRequest,
    task: UserTask,
    *,
    form: SchemaForm | None = None,
    refusal: DomainError | None = None,
) -> HttpResponse:
    """Draw the task again with what the person typed, and what is wrong with it."""
    if form is None:
        form = form_of(task, draft=draft_from(task, request.POST))
    said = request.POST
    context = pane(request, task, filter_of(request), form=form, said=said, refusal=refusal)
    is_conflict = refusal is not None and refusal.status == CONFLICT
    return answer(request, context, status=CONFLICT if is_conflict else INVALID)


def _changed(request: PersonRequest, task: UserTask, error: TaskChangedError) -> HttpResponse:
    """Show what the data was and is, and lay what the person changed over the new values."""
    current = find_task(request, task.pk)
    seen = current.values_at(_version(request.POST))
    draft = draft_from(current, request.POST, version=_version(request.POST))
    lifecycle.save_draft(current, draft, by=request.user.actor)
    form = form_of(current, draft=draft)
    context = pane(
        request, current, filter_of(request), form=form, said=request.POST, refusal=error
    )
    context["changed_meanwhile"] = changes_between(seen, current.values, current.form)
    return answer(request, context, status=CONFLICT)


def _too_late(request: PersonRequest, error: TaskDecidedError) -> HttpResponse:
    """Say who decided what and when, and keep the person's own values in sight."""
    current, wanted = find_task(request, error.task.pk), filter_of(request)
    mine = form_of(current, data=request.POST)
    mine.is_valid()
    context = {
        "task": current,
        "wanted": wanted,
        "query": wanted.query(),
        "refusal": error,
        "mine": changes_between(current.values, payload_of(current, mine), schema_of(current)),
        "said": [text for name, text in request.POST.items() if _is_said(name) and text],
        "next_task": wanted.next_after(current, request.rights),
        "opened": True,
    }
    return answer(request, context, partial="conflict", status=CONFLICT)


def _is_said(name: str) -> bool:
    return name.startswith(ANSWERS) or name == "comment"


def _version(said: QueryDict) -> int:
    text = said.get("version", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _next(request: PersonRequest, done: UserTask, decision: Decision) -> HttpResponse:
    """Open the task to do next, and say what was decided."""
    wanted = filter_of(request)
    following = wanted.next_after(done, request.rights)
    said = _("%(task)s: %(decision)s.") % {"task": done.title, "decision": title_of(decision)}
    if not is_partial(request):
        messages.success(request, said)
        return redirect(_address(following, wanted))
    context: dict[str, Any] = {"wanted": wanted, "query": wanted.query(), "opened": bool(following)}
    if following is not None:
        context |= pane(request, find_task(request, following.pk), wanted)
    context |= {"toast": said, "is_next": True}
    response = answer(request, context, partial="after")
    response["HX-Push-Url"] = _address(following, wanted)
    return response


def _header(request: PersonRequest, task: UserTask) -> HttpResponse:
    """After a change of hands only the head of the task is new; the form stays as it is."""
    wanted = filter_of(request)
    if not is_partial(request):
        return redirect(_address(task, wanted))
    context = {"task": find_task(request, task.pk), "me": request.user.pk, "query": wanted.query()}
    return answer(request, context, partial="hands")


def _address(task: UserTask | None, wanted: TaskFilter) -> str:
    place = reverse("inbox:task", args=[task.pk]) if task else reverse("inbox:inbox")
    query = wanted.query()
    return f"{place}?{query}" if query else place
