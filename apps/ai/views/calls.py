"""Calls of models: the list, and one with what was asked and answered."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, require
from apps.ai import presenting
from apps.ai.models import ModelCall, ModelEndpoint

from .finding import find


@require_safe
def call_list(request: PersonRequest) -> HttpResponse:
    context = {
        "query": request.GET.urlencode()[:300],
        "outcomes": ModelCall.Outcome.choices,
        "outcome": request.GET.get("outcome", ""),
        "endpoints": ModelEndpoint.objects.visible_to(request.user),
        "endpoint": request.GET.get("endpoint", ""),
    }
    return render(request, "ai/call_list.html", context)


@require_safe
def call_detail(request: PersonRequest, pk: int) -> HttpResponse:
    call = find(request, ModelCall, pk)
    return _detail(request, call, hides=presenting.has_personal(call.item_id))


@require_POST
def call_reveal(request: PersonRequest, pk: int) -> HttpResponse:
    """Show texts with personal data once; that somebody looked is written down."""
    call = find(request, ModelCall, pk)
    require(request.user, Action.REVEAL, call.folder_id)
    presenting.record_reveal("model_call", call.pk, call.folder_id, by=request.user.actor)
    return _detail(request, call, hides=False)


def _detail(request: PersonRequest, call: ModelCall, *, hides: bool) -> HttpResponse:
    context = {
        "call": call,
        "badge": presenting.STATUS_OF_CALL[ModelCall.Outcome(call.outcome)],
        "facts": presenting.call_facts(call),
        "hides": hides,
        "may_reveal": can(request.user, Action.REVEAL, call.folder_id),
        "messages_asked": [] if hides else presenting.messages_of(call),
        "answered": "" if hides else presenting.pretty_text(call.answered),
    }
    return render(request, "ai/call_detail.html", context)
