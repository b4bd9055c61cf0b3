"""The list of gates, and one gate with what verdicts say about it."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can
from apps.learning import lifecycle
from apps.learning.forms import AdoptForm, WantedForm
from apps.learning.models import Adoption, Proposal
from apps.learning.presenting import gate_context, shown_gates
from apps.learning.rights import may_change, require_change
from apps.lib.numbers import VERSIONS, whole_number
from apps.queues.models import Gate


@require_safe
def gate_list(request: PersonRequest) -> HttpResponse:
    gates = list(Gate.objects.visible_to(request.user))
    context = {"rows": shown_gates(gates), "places": places(request, "gates")}
    return render(request, "learning/gate_list.html", context)


@require_safe
def gate_detail(request: PersonRequest, pk: int) -> HttpResponse:
    """The gate; `wanted` (in percent) and `class` say what the proposal is for."""
    gate = get_object_or_404(Gate.objects.visible_to(request.user), pk=pk)
    form = WantedForm(request.GET)
    context = gate_context(gate, form.rate, form.document_class)
    context |= {
        "form": form,
        "may_change": may_change(request.user, gate.folder_id),
        "may_design": can(request.user, Action.DESIGN, gate.folder_id),
        "shown_percent": form.shown_percent,
    }
    status = 200 if form.is_fine else 422
    return render(request, "learning/gate_detail.html", context, status=status)


@require_POST
def gate_adopt(request: PersonRequest, pk: int) -> HttpResponse:
    gate = get_object_or_404(Gate.objects.visible_to(request.user), pk=pk)
    require_change(request.user, gate.folder_id)
    said = AdoptForm(request.POST).insisted()
    adoption = lifecycle.adopt_thresholds(
        gate,
        said["wanted"] / 100,
        by=request.user.actor,
        document_class=said["document_class"],
        version=said["version"],
        seen=said["seen"],
    )
    message = _("Adopted: these thresholds hold from the next result on (version %(n)d).")
    messages.success(request, message % {"n": adoption.gate_version})
    query = {"wanted": f"{said['wanted']:g}", "class": said["document_class"]}
    address = reverse("learning:gate_detail", args=[gate.pk])
    return redirect(f"{address}?{urlencode({k: v for k, v in query.items() if v})}")


@require_POST
def adoption_put_back(request: PersonRequest, pk: int) -> HttpResponse:
    visible = Adoption.objects.visible_to(request.user).select_related("gate")
    adoption = get_object_or_404(visible, pk=pk)
    require_change(request.user, adoption.folder_id)
    version = whole_number(request.POST.get("version", ""), below=VERSIONS) or 0
    done = lifecycle.put_back(adoption, by=request.user.actor, version=version)
    message = _("The thresholds before hold again (version %(n)d).")
    messages.success(request, message % {"n": done.gate_version})
    return redirect("learning:gate_detail", pk=adoption.gate_id)


def places(request: PersonRequest, current: str) -> list[dict[str, Any]]:
    """Return the tabs of this part."""
    waiting = Proposal.objects.visible_to(request.user).filter(status=Proposal.Status.OPEN)
    return [
        {
            "label": _("AI gates"),
            "url": reverse("learning:gate_list"),
            "current": current == "gates",
            "count": None,
        },
        {
            "label": _("Rules from decisions"),
            "url": reverse("learning:rule_list"),
            "current": current == "rules",
            "count": waiting.count() or None,
        },
    ]
