"""Trying a new version of an automation: the part of its page, and what people do there."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.events.history import history_of
from apps.events.wording import sentence_of
from apps.lib.errors import DomainError

from .canary_presenting import canary_card
from .forms import CanaryForm
from .lifecycle import begin_canary, functions_to_try, promote_canary, stop_canary
from .models import Automation, Canary

HISTORY_LENGTH = 10


def canary_context(automation: Automation, *, may_change: bool) -> dict[str, Any]:
    """Return what the page of an automation shows of its versions."""
    canaries = list(
        automation.canaries.select_related("version", "released").order_by("-pk")[:HISTORY_LENGTH]
    )
    tried = next((each for each in canaries if each.outcome == Canary.Outcome.TRIED), None)
    functions = functions_to_try(automation) if may_change and tried is None else []
    history = history_of(("automation", automation.pk), limit=HISTORY_LENGTH).items
    return {
        "automation": automation,
        "version": automation.current_version,
        "tried": canary_card(tried) if tried else None,
        "ended": [canary_card(each) for each in canaries if each is not tried],
        "canary_form": CanaryForm(functions=_choices(functions)) if functions else None,
        "history": [{"at": each.occurred_at, "what": sentence_of(each)} for each in history],
    }


@require_POST
def canary_begin(request: PersonRequest, pk: int) -> HttpResponse:
    automation = _find(request, pk)
    form = CanaryForm(request.POST, functions=_choices(functions_to_try(automation)))
    if not form.is_valid():
        problem = next(iter(form.errors.values()))[0]
        messages.error(request, str(problem))
        return redirect("bot_settings:edit", kind="automation", pk=pk)
    values = form.cleaned_data
    return _act(
        request,
        automation,
        lambda: begin_canary(
            automation,
            values["function"],
            share=values["share"],
            promote_after=values["promote_after"],
            by=request.user.actor,
        ),
        _("A new version is being tried."),
    )


@require_POST
def canary_promote(request: PersonRequest, pk: int) -> HttpResponse:
    automation = _find(request, pk)
    done = _("The new version has taken over.")
    return _act(
        request, automation, lambda: promote_canary(automation, by=request.user.actor), done
    )


@require_POST
def canary_stop(request: PersonRequest, pk: int) -> HttpResponse:
    automation = _find(request, pk)
    done = _("The version before goes on alone.")
    return _act(request, automation, lambda: stop_canary(automation, by=request.user.actor), done)


def _find(request: PersonRequest, pk: int) -> Automation:
    found: Automation = get_object_or_404(Automation.objects.visible_to(request.user), pk=pk)
    require(request.user, Action.DESIGN, found.folder_id)
    return found


def _act(request: PersonRequest, automation: Automation, act: Any, done: str) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{automation}: {done}")
    return redirect("bot_settings:edit", kind="automation", pk=automation.pk)


def _choices(functions: Any) -> list[tuple[str, str]]:
    return [(each.name, f"{each.title} ({each.name})") for each in functions]
