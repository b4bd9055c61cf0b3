"""Deciding for all alike: choose, see what will change, do it; together, it can be undone."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import orjson
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.inbox import lifecycle
from apps.inbox.bulk_forms import CommonForm, common_form
from apps.inbox.decisions import decisions_of, title_of
from apps.inbox.lifecycle import ForAll, TaskResult
from apps.inbox.models import PendingDecision, UserTask
from apps.lib.clock import utc_now
from apps.lib.errors import DomainError, InvalidError
from apps.lib.json import JsonObject, parse_json
from apps.lib.numbers import VERSIONS, whole_number

from .common import decision_rows

MAX_VALUES_BYTES = 200_000
SAMPLE = 5


@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: PersonRequest) -> HttpResponse:
    """Ask what shall be decided about the chosen tasks; with a decision, show what it will do.

    The tasks are named by `task` (a number, or number:version), or all by `alike`.
    """
    require(request.user, Action.DECIDE, request.folder.pk)
    tasks, versions = chosen_tasks(request)
    try:
        lifecycle.insist_on_likeness(tasks)
        form = common_form(tasks, request.POST if "decision" in request.POST else None)
        if "decision" not in request.POST or not form.is_valid():
            return _ask(request, tasks, form)
        said = _said(request, form.changed)
        results = lifecycle.decide_many(
            tasks, said, by=request.user.actor, versions=versions, is_preview=True
        )
    except DomainError as error:
        return _refuse(request, tasks, error)
    return _preview(request, tasks, said, results)


@require_POST
def bulk_decide(request: PersonRequest) -> HttpResponse:
    """Do it; each task by itself. What was not previewed as it is now is refused."""
    require(request.user, Action.DECIDE, request.folder.pk)
    tasks, versions = chosen_tasks(request)
    batch = uuid4()
    try:
        said = _said(request, _values(request))
        results = lifecycle.decide_many(
            tasks, said, by=request.user.actor, versions=versions, batch=batch, is_soon=True
        )
    except DomainError as error:
        return _refuse(request, tasks, error)
    return _done(request, tasks, said, results, batch)


@require_POST
def bulk_undo(request: PersonRequest) -> HttpResponse:
    """Take back what was decided together, as far as it has not taken effect."""
    require(request.user, Action.DECIDE, request.folder.pk)
    try:
        batch = UUID(request.POST.get("batch", ""))
    except ValueError:
        raise InvalidError(_("This names no decision that was made together.")) from None
    n = len(lifecycle.undo_batch(batch, by=request.user.actor))
    if n:
        said = ngettext("%(n)d decision taken back.", "%(n)d decisions taken back.", n)
        messages.success(request, said % {"n": n})
    else:
        messages.warning(request, _("Too late: these decisions have taken effect."))
    return redirect("inbox:inbox")


def chosen_tasks(request: PersonRequest) -> tuple[list[UserTask], dict[int, int]]:
    """Return the tasks that were chosen, most urgent first, with the versions seen.

    Those that somebody decided meanwhile stay among them: the person hears who it was.
    """
    said = request.POST if request.method == "POST" else request.GET
    visible = UserTask.objects.visible_to(request.user, Action.DECIDE)
    visible = visible.filter(folder=request.folder).select_related("queue")
    alike = said.get("alike", "").replace("\x00", "")
    if alike and not said.getlist("task"):
        found = visible.open().filter(alike=alike, pending_decision=None)[: lifecycle.MAX_TASKS]
        return list(found), {}
    versions: dict[int, int] = {}
    for text in said.getlist("task"):
        task, _colon, version = text.partition(":")
        if (pk := whole_number(task)) is not None:
            versions[pk] = whole_number(version, below=VERSIONS) or 0
    tasks = list(visible.filter(pk__in=versions)[: lifecycle.MAX_TASKS + 1])
    return tasks, {pk: version for pk, version in versions.items() if version}


def _said(request: PersonRequest, values: JsonObject) -> ForAll:
    said = request.POST
    key = said.get("decision", "")
    return ForAll(
        decision=key,
        values=values,
        reason=said.get(f"reason:{key}", ""),
        reference=said.get(f"reference:{key}", ""),
        comment=said.get("comment", ""),
    )


def _values(request: PersonRequest) -> JsonObject:
    text = request.POST.get("values") or "{}"
    values = parse_json(text.encode("utf-8", "surrogatepass"), max_bytes=MAX_VALUES_BYTES)
    if not isinstance(values, dict):
        raise InvalidError(_("These values can't be read."))
    return values


def _ask(
    request: PersonRequest,
    tasks: Sequence[UserTask],
    form: CommonForm,
    *,
    refusal: DomainError | None = None,
) -> HttpResponse:
    shared = UserTask(decisions=lifecycle.common_decisions(tasks))
    context = {
        **_of(tasks),
        "form": form,
        "decisions": decision_rows(shared, request.POST, refusal),
        "refusal": refusal,
    }
    status = 422 if form.errors or refusal else 200
    return render(request, "inbox/bulk.html", context, status=status)


def _preview(
    request: PersonRequest, tasks: Sequence[UserTask], said: ForAll, results: Sequence[TaskResult]
) -> HttpResponse:
    fine = [result for result in results if result.is_fine]
    context = {
        **_of(tasks),
        "said": said,
        "decision": _decision(tasks, said.decision),
        "fine": fine,
        "sample": fine[:SAMPLE],
        "others": fine[SAMPLE:],
        "refused": [result for result in results if not result.is_fine],
        "answers": {
            name: text
            for name, text in request.POST.items()
            if name in ("comment", f"reason:{said.decision}", f"reference:{said.decision}") and text
        },
        "values_json": orjson.dumps(said.values).decode(),
    }
    return render(request, "inbox/bulk_preview.html", context)


def _done(
    request: PersonRequest,
    tasks: Sequence[UserTask],
    said: ForAll,
    results: Sequence[TaskResult],
    batch: UUID,
) -> HttpResponse:
    pending = PendingDecision.objects.filter(batch=batch).order_by("takes_effect_at")
    first = pending.first()
    left = (first.takes_effect_at - utc_now()).total_seconds() if first else 0
    context = {
        **_of(tasks),
        "decision": _decision(tasks, said.decision),
        "fine": [result for result in results if result.is_fine],
        "lost": [result for result in results if result.outcome == "lost"],
        "refused": [result for result in results if result.outcome == "refused"],
        "batch": batch if first else None,
        "seconds": max(1, round(left)) if first else 0,
    }
    return render(request, "inbox/bulk_done.html", context)


def _refuse(
    request: PersonRequest, tasks: Sequence[UserTask], refusal: DomainError
) -> HttpResponse:
    """Say what is in the way; what concerns an answer is said where it was given."""
    if tasks and any(problem.path in ("reason", "reference") for problem in refusal.fields):
        return _ask(request, tasks, common_form(tasks, request.POST), refusal=refusal)
    context = {**_of(tasks), "refusal": refusal}
    return render(request, "inbox/bulk_refused.html", context, status=refusal.status)


def _of(tasks: Sequence[UserTask]) -> dict[str, Any]:
    return {"tasks": tasks, "n": len(tasks), "first": tasks[0] if tasks else None}


def _decision(tasks: Sequence[UserTask], key: str) -> dict[str, Any]:
    for decision in decisions_of(tasks[0].decisions if tasks else []):
        if decision.key == key:
            effect = _(decision.effect) if decision.effect else ""
            shown = replace(decision, effect=effect, title=title_of(decision))
            return {"key": key, "title": shown.title, "effect": effect, "style": shown.style}
    return {"key": key, "title": key, "effect": "", "style": ""}
