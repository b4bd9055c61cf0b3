"""Deciding in the browser: what is decided can be taken back for some seconds."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.inbox import lifecycle
from apps.inbox.changes import changes_between
from apps.inbox.decisions import EDIT_AND_RETRY, MAX_REASON, RETRY, Decision, pick, title_of
from apps.inbox.exceptions import TaskChangedError, TaskDecidedError
from apps.inbox.forming import form_of, payload_of, read_result, schema_of
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.clock import utc_now
from apps.lib.errors import ConflictError, DomainError, InvalidError, NotAllowedError, TooLargeError
from apps.lib.numbers import VERSIONS, whole_number
from apps.lib.schema_forms import SchemaForm

from .common import (
    RELATED,
    address_of,
    answer,
    filter_of,
    find_task,
    is_partial,
    pane,
    task_to_decide,
)
from .drafting import ANSWERS, ROOT, draft_from

INVALID, CONFLICT = 422, 409
CORRECTION = "correction:"


@require_POST
def task_decide(request: PersonRequest, pk: int) -> HttpResponse:
    task = task_to_decide(request, pk)
    try:
        decision = pick(task.decisions, request.POST.get("decision", ""))
        form = form_of(task, data=request.POST) if decision.takes_values else None
        if form is not None and task.is_open and not form.is_valid():
            return _redraw(request, task, form=form)
        _insist_that_nothing_is_lost(task, decision, request)
        typed = draft_from(task, request.POST) if task.is_open else {}
        said = answer_from(task, decision, form, request.POST)
        done = lifecycle.decide_soon(task, said, by=request.user.actor, typed=typed)
    except TaskDecidedError as error:
        return _too_late(request, error)
    except TaskChangedError as error:
        return _changed(request, task, error)
    except (InvalidError, TooLargeError, ConflictError, NotAllowedError) as error:
        return _redraw(request, task, refusal=error)
    return _next(request, done, decision)


@require_POST
def task_undo(request: PersonRequest, pk: int) -> HttpResponse:
    """Take back what has not taken effect; the task opens with what the person had typed."""
    task = task_to_decide(request, pk)
    lifecycle.undo_decision(task.pk, by=request.user.actor)
    return reopened(request, pk, _("Taken back: nothing was decided."))


@require_POST
def task_recall(request: PersonRequest, pk: int) -> HttpResponse:
    """Take back what has taken effect, while no bot has picked it up."""
    task = task_to_decide(request, pk)
    reason = request.POST.get("reason", "")[:MAX_REASON]
    lifecycle.recall_decision(task, by=request.user.actor, reason=reason)
    return reopened(request, pk, _("Recalled: it waits for a decision again."))


def reopened(request: PersonRequest, pk: int, said: str) -> HttpResponse:
    """Open the task again, and say why."""
    task, wanted = find_task(request, pk), filter_of(request)
    if not is_partial(request):
        messages.success(request, said)
        return redirect(address_of(task, wanted))
    context = pane(request, task, wanted) | {"toast": said, "is_next": True}
    response = answer(request, context, partial="after")
    response["HX-Push-Url"] = address_of(task, wanted)
    return response


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


def answer_from(
    task: UserTask, decision: Decision, form: SchemaForm | None, said: QueryDict
) -> lifecycle.Answer:
    """Return what was sent as a decision; `form` is that of its values, None for none."""
    if form is not None and not form.is_valid():
        form = None  # the task is closed: the answer is who closed it
    needs_result = decision.needs_result
    return lifecycle.Answer(
        decision=decision.key,
        version=_version(said),
        payload=payload_of(task, form) if form else None,
        result=read_result(said.get(f"result:{decision.key}", "")) if needs_result else None,
        reason=said.get(f"reason:{decision.key}", ""),
        reference=said.get(f"reference:{decision.key}", ""),
        comment=said.get("comment", ""),
        confirmed=frozenset(said.getlist("confirmed")),
        correction_reasons={
            name.removeprefix(CORRECTION): code
            for name, code in said.items()
            if name.startswith(CORRECTION) and isinstance(code, str) and code
        },
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
    return whole_number(said.get("version", ""), below=VERSIONS) or 0


def _next(request: PersonRequest, done: UserTask, decision: Decision) -> HttpResponse:
    """Open the task to do next, and say what was decided and how long it can be taken back."""
    decided = decided_of(done, decision, request.user.pk)
    return opened_next(request, done, {"toast": decided["said"], "decided": decided})


def opened_next(request: PersonRequest, done: UserTask, said: dict[str, Any]) -> HttpResponse:
    """Open the task to do after `done`, with what is said about that: `toast`, `decided`."""
    wanted = filter_of(request)
    following = wanted.next_after(done, request.rights, *RELATED)
    if not is_partial(request):
        messages.success(request, said["toast"])
        return redirect(address_of(following, wanted))
    context: dict[str, Any] = {"wanted": wanted, "query": wanted.query(), "opened": bool(following)}
    if following is not None:
        context |= pane(request, following, wanted)
    response = answer(request, context | said | {"is_next": True}, partial="after")
    response["HX-Push-Url"] = address_of(following, wanted)
    return response


def decided_of(task: UserTask, decision: Decision, user_id: int) -> dict[str, Any]:
    """Return what a toast says: what was decided, for how many seconds it can be taken back, where.

    `seconds` is 0 when it has taken effect; None for a vote, which can be taken back until the
    task is decided.
    """
    pending = PendingDecision.objects.filter(task=task, user=user_id).first()
    said = _("%(task)s: %(decision)s.") % {"task": task.title, "decision": title_of(decision)}
    seconds: int | None = 0
    if pending is not None:
        left = (pending.takes_effect_at - utc_now()).total_seconds()
        seconds = max(1, round(left))
    elif task.is_open:
        seconds = None
        said = _("%(said)s Your vote counts; others must agree.") % {"said": said}
    return {
        "task": task.pk,
        "title": task.title,
        "decision": title_of(decision),
        "said": said,
        "seconds": seconds,
        "takes_effect_at": pending.takes_effect_at if pending else None,
        "undo_url": reverse("inbox:undo", args=[task.pk]) if seconds != 0 else "",
    }
