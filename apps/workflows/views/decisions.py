"""The list of decisions, one decision with its table, and trying it out."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.lib.errors import DomainError
from apps.workflows import lifecycle
from apps.workflows.decision_presenting import example_context, shown_answer, tables_of
from apps.workflows.forms import EvaluateForm
from apps.workflows.models import Decision

from .definitions import as_attachment


@require_safe
def decision_list(request: PersonRequest) -> HttpResponse:
    decisions = Decision.objects.visible_to(request.user).prefetch_related("versions")
    context = {
        "rows": [{"decision": each, "version": each.versions.first()} for each in decisions],
        "may_design": can(request.user, Action.DESIGN, request.folder.pk),
    }
    return render(request, "workflows/decision_list.html", context)


@require_http_methods(["GET", "POST"])
def decision_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """The decision; a POST evaluates it and shows which rules matched."""
    decision = get_object_or_404(Decision.objects.visible_to(request.user), pk=pk)
    version = decision.versions.first()
    context: dict[str, Any] = {"decision": decision, "version": version, "answer": None}
    status = 200
    form = EvaluateForm(initial={"context": example_context(version, decision.key)})
    if request.method == "POST":
        require(request.user, Action.VIEW, decision.folder_id)
        form = EvaluateForm(request.POST)
        context["answer"] = _evaluate(request, decision, form) if form.is_valid() else None
        status = 200 if context["answer"] else 422
    matched = context["answer"]["rules"] if context["answer"] else {}
    context |= {
        "form": form,
        "tables": tables_of(version, matched),
        "versions": decision.versions.defer("xml"),
        "may_design": can(request.user, Action.DESIGN, decision.folder_id),
    }
    return render(request, "workflows/decision_detail.html", context, status=status)


def _evaluate(
    request: PersonRequest, decision: Decision, form: EvaluateForm
) -> dict[str, Any] | None:
    """Return the answer in words; None, with the reason at the form, when there is none."""
    try:
        answer = lifecycle.evaluate_decision(
            decision.folder, decision.key, form.cleaned_data["context"], by=request.user.actor
        )
    except DomainError as error:
        form.add_error(None, error.message)
        return None
    return shown_answer(answer)


@require_safe
def decision_xml(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    decision = get_object_or_404(Decision.objects.visible_to(request.user), pk=pk)
    version = get_object_or_404(decision.versions, number=number)
    name = f"{slugify(decision.key) or 'decision'}-v{version.number}.dmn"
    return as_attachment(version.xml, name=name)
