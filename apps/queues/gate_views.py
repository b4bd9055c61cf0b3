"""Settings of AI gates."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, FolderQuerySet, may_change, require
from apps.lib.errors import ConflictError, DomainError
from apps.lib.forms import disable_all
from apps.lib.numbers import VERSIONS, whole_number

from .gate_forms import GateForm, ThresholdRows, initial_of, rows_of, share, thresholds_of
from .gate_presenting import gate_cards, history_of_gate, lately
from .lifecycle.gates import change_gate, create_gate
from .models import Gate

START = {"is_on": True, "default": 80, "sample": 5}


@require_safe
def gate_list(request: PersonRequest) -> HttpResponse:
    may = may_change(request.user, Action.DESIGN, request.folder.pk, method=request.method or "")
    gates = list(_readable(request).prefetch_related("queues"))
    context = {"cards": gate_cards(gates), "may_change": may}
    return render(request, "queues/gate_list.html", context)


@require_http_methods(["GET", "POST"])
def gate_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.DESIGN, request.folder.pk)
    return _form_page(request, None)


@require_http_methods(["GET", "POST"])
def gate_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, get_object_or_404(_readable(request), pk=pk))


def _readable(request: PersonRequest) -> FolderQuerySet:
    return Gate.objects.visible_to(request.user, Action.DESIGN, Action.AUDIT)


def _form_page(request: PersonRequest, gate: Gate | None) -> HttpResponse:
    folder_id = gate.folder_id if gate else request.folder.pk
    may = may_change(request.user, Action.DESIGN, folder_id, method=request.method or "")
    form = GateForm(request.POST or None, gate=gate, initial=initial_of(gate) if gate else START)
    # what is posted stands for itself: a row like the one before counts, too
    stored = rows_of(gate.thresholds) if gate and request.method != "POST" else None
    rows = ThresholdRows(request.POST or None, prefix="row", initial=stored)
    if not may:
        for each in (form, *rows.forms):
            disable_all(each)
    if request.method == "POST" and form.is_valid() and rows.is_valid():
        saved = _save(request, gate, form, rows)
        if saved is not None:
            messages.success(request, _("Saved. It holds from the next result on."))
            return redirect("gate_settings:edit", pk=saved.pk)
    status = 422 if request.method == "POST" else 200
    return render(request, "queues/gate_form.html", _context(gate, form, rows, may), status=status)


def _context(gate: Gate | None, form: GateForm, rows: Any, may: bool) -> dict[str, Any]:
    return {
        "gate": gate,
        "form": form,
        "rows": rows,
        "may_change": may,
        "lately": lately(gate) if gate else None,
        "queues": list(gate.queues.all()) if gate else [],
        "history": history_of_gate(gate) if gate else [],
    }


def _save(request: PersonRequest, gate: Gate | None, form: GateForm, rows: Any) -> Gate | None:
    """Return the saved gate; None when it could not be, with the reason in the form."""
    said = form.cleaned_data
    values: dict[str, Any] = {
        "title": said["title"],
        "is_on": said["is_on"],
        "sample_share": share(said["sample"]),
        "form": said["form"],
        "thresholds": thresholds_of(said["default"], [row.cleaned_data for row in rows.forms]),
    }
    by = request.user.actor
    try:
        if gate is None:
            return create_gate(request.folder, said["key"], by=by, **values)
        version = whole_number(request.POST.get("version", ""), below=VERSIONS) or 0
        return change_gate(gate, by=by, version=version, reason=said.get("reason", ""), **values)
    except ConflictError as error:
        form.add_error("key" if gate is None else None, error.message)
    except DomainError as error:
        details = [f"{field.path}: {field.message}" for field in error.fields]
        for detail in details or [error.message]:
            form.add_error(None, detail)
    return None
