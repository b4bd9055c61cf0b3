"""Models: the list, one of them, trying it, stopping it, its settings and budgets."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, may_change, require
from apps.ai import figures, lifecycle
from apps.ai.asking import ask_model
from apps.ai.client import Question
from apps.ai.forms import BudgetForm, EndpointForm, ReasonForm, TryForm
from apps.ai.lifecycle import Purpose
from apps.ai.models import Budget, ModelEndpoint
from apps.lib.errors import DomainError
from apps.lib.forms import disable_all
from apps.lib.settings_diff import changes_between

from .finding import find, form_page, keep_changes, kept_changes, may_design, stored

TRIED_TOKENS = 500


@require_safe
def endpoint_list(request: PersonRequest) -> HttpResponse:
    return render(request, "ai/endpoint_list.html", {"may_design": may_design(request)})


@require_safe
def endpoint_detail(request: PersonRequest, pk: int) -> HttpResponse:
    return _detail(request, find(request, ModelEndpoint, pk), TryForm())


@require_POST
def endpoint_try(request: PersonRequest, pk: int) -> HttpResponse:
    """Ask the model once and show what it said; the call counts like any other."""
    endpoint = find(request, ModelEndpoint, pk)
    require(request.user, Action.OPERATE, endpoint.folder_id)
    form = TryForm(request.POST)
    tried = None
    if form.is_valid():
        tried = _tried(request, endpoint, form)
    return _detail(request, endpoint, form, tried, status=200 if tried else 422)


def _tried(request: PersonRequest, endpoint: ModelEndpoint, form: TryForm) -> Any:
    question = Question(
        messages=({"role": "user", "content": form.cleaned_data["text"]},),
        max_tokens=min(TRIED_TOKENS, endpoint.max_answer_tokens),
    )
    lifecycle.record_try(endpoint, by=request.user.actor)
    try:
        asked = ask_model(endpoint, question, Purpose(use="try"), lambda reply: reply)
    except DomainError as error:
        form.add_error(None, error.message)
        return None
    return {
        "text": asked.reply.content or "–",
        "took": figures.seconds(asked.reply.seconds),
        "tokens": asked.reply.tokens_in + asked.reply.tokens_out,
        "cost": f"{figures.money(asked.call.cost)} {endpoint.currency}",
        "call": asked.call,
    }


def _detail(
    request: PersonRequest,
    endpoint: ModelEndpoint,
    form: TryForm,
    tried: Any = None,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "endpoint": endpoint,
        "form": form,
        "tried": tried,
        "may_operate": can(request.user, Action.OPERATE, endpoint.folder_id),
        "may_design": can(request.user, Action.DESIGN, endpoint.folder_id),
        "calls_arg": f"endpoint={endpoint.pk}&limit=10",
    }
    return render(request, "ai/endpoint_detail.html", context, status=status)


@require_POST
def endpoint_stop(request: PersonRequest, pk: int) -> HttpResponse:
    return _by_hand(request, pk, lifecycle.stop_endpoint, _("The model is stopped."))


@require_POST
def endpoint_resume(request: PersonRequest, pk: int) -> HttpResponse:
    return _by_hand(request, pk, lifecycle.resume_endpoint, _("The model goes on."))


def _by_hand(request: PersonRequest, pk: int, verb: Any, done: str) -> HttpResponse:
    endpoint = find(request, ModelEndpoint, pk)
    require(request.user, Action.OPERATE, endpoint.folder_id)
    form = ReasonForm(request.POST)
    if form.is_valid():
        verb(endpoint, reason=form.cleaned_data["reason"], by=request.user.actor)
        messages.success(request, done)
    else:
        messages.error(request, _("Say why: whoever reads the history needs it."))
    return redirect("ai:endpoint_detail", pk=pk)


@require_http_methods(["GET", "POST"])
def endpoint_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _settings(request, ModelEndpoint(folder=request.folder))


@require_http_methods(["GET", "POST"])
def endpoint_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _settings(request, find(request, ModelEndpoint, pk))


def _settings(request: PersonRequest, endpoint: ModelEndpoint) -> HttpResponse:
    may = may_change(request.user, Action.DESIGN, endpoint.folder_id, method=request.method or "")
    before = lifecycle.values_of(endpoint)
    form = EndpointForm(request.POST or None, instance=endpoint, folder=endpoint.folder)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        changed = form.save(commit=False)
        changes = lifecycle.save_endpoint(
            changed, api_key=form.wanted_key, by=request.user.actor, before=before
        )
        messages.success(request, _("Saved: %(n)s changes.") % {"n": len(changes)})
        keep_changes(request, "endpoint", changed.pk, changes)
        return redirect("ai:endpoint_edit", pk=changed.pk)
    context = {
        "form": form,
        "may_change": may,
        "title": str(before.get("title") or _("New model")),
        "back_url": _back(endpoint),
        "back_label": _("AI"),
        "changes": kept_changes(request, "endpoint", endpoint.pk),
    }
    return form_page(request, context)


def _back(endpoint: ModelEndpoint) -> str:
    if endpoint.pk is None:
        return reverse("ai:endpoint_list")
    return reverse("ai:endpoint_detail", args=[endpoint.pk])


@require_http_methods(["GET", "POST"])
def budget_create(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = find(request, ModelEndpoint, pk)
    return _budget(request, Budget(endpoint=endpoint))


@require_http_methods(["GET", "POST"])
def budget_edit(request: PersonRequest, pk: int, budget_pk: int) -> HttpResponse:
    endpoint = find(request, ModelEndpoint, pk)
    return _budget(request, get_object_or_404(endpoint.budgets, pk=budget_pk))


@require_POST
def budget_remove(request: PersonRequest, pk: int, budget_pk: int) -> HttpResponse:
    endpoint = find(request, ModelEndpoint, pk)
    require(request.user, Action.DESIGN, endpoint.folder_id)
    budget = get_object_or_404(endpoint.budgets, pk=budget_pk)
    lifecycle.remove_budget(budget, by=request.user.actor)
    messages.success(request, _("The budget is taken away."))
    return redirect("ai:endpoint_detail", pk=pk)


def _budget(request: PersonRequest, budget: Budget) -> HttpResponse:
    endpoint = budget.endpoint
    may = may_change(request.user, Action.DESIGN, endpoint.folder_id, method=request.method or "")
    form = BudgetForm(request.POST or None, instance=budget, endpoint=endpoint)
    if not may:
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        before = stored(Budget, budget.pk, list(form.fields))
        after = {name: form.cleaned_data[name] for name in form.fields}
        changes = changes_between(form, before, after)
        lifecycle.save_budget(form.save(commit=False), changes=changes, by=request.user.actor)
        messages.success(request, _("Saved: %(n)s changes.") % {"n": len(changes)})
        return redirect("ai:endpoint_detail", pk=endpoint.pk)
    context = {
        "form": form,
        "may_change": may,
        "title": _("Budget of %s") % endpoint.title,
        "back_url": reverse("ai:endpoint_detail", args=[endpoint.pk]),
        "back_label": endpoint.title,
        "remove_url": reverse("ai:budget_remove", args=[endpoint.pk, budget.pk])
        if budget.pk and may
        else "",
    }
    return form_page(request, context)
