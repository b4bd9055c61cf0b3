"""The pages of operations: all of them, one of them, and starting one."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.models import Folder
from apps.accounts.permissions import Action, require, rights_of
from apps.lib.errors import DomainError, NotFoundError
from apps.lib.tables import CONTENT_TYPES, as_download

from . import exporting, kinds, lifecycle, presenting
from .forms import StartForm
from .kinds import Kind
from .lifecycle import Measured
from .listing import EntryFilter, OperationFilter
from .models import Operation

SAMPLE = 5


@require_safe
def operation_list(request: PersonRequest) -> HttpResponse:
    wanted = OperationFilter.parse(request.META.get("QUERY_STRING", ""))
    states = [
        ("", _("All")),
        ("active", _("Under way")),
        ("done", _("Done")),
        ("cancelled", _("Cancelled")),
        ("failed", _("Could not go on")),
    ]
    base = reverse("operations:list")
    choices = {
        "label": _("What"),
        "name": "kind",
        "value": wanted.kind,
        "options": [("", _("Everything")), *((each.key, each.title) for each in kinds.offered())],
    }
    context = {
        "wanted": wanted,
        "choices": [choices],
        "keep": {"state": wanted.state} if wanted.state else {},
        "tabs": [
            {
                "label": label,
                "url": f"{base}?{query}" if (query := wanted.but(state=state).query()) else base,
                "current": wanted.state == state,
            }
            for state, label in states
        ],
    }
    return render(request, "operations/operation_list.html", context)


@require_safe
def operation_detail(request: PersonRequest, pk: int) -> HttpResponse:
    operation = _find(request, pk)
    query = request.META.get("QUERY_STRING", "")
    # the address says which operation; whatever the query says of it comes before and loses
    wanted = EntryFilter.parse(query).but(operation_id=pk, after=EntryFilter.parse(query).after)
    context = {
        "operation": operation,
        "row": presenting.Row(operation),
        "list_arg": wanted.argument(),
        "wanted": wanted,
        "history": presenting.history(operation),
    }
    return render(request, "operations/operation_detail.html", context)


@require_safe
def operation_csv(request: PersonRequest, pk: int) -> StreamingHttpResponse:
    """The results as a table, those of `?status=` or all."""
    operation = _find(request, pk)
    wanted = EntryFilter.parse(request.META.get("QUERY_STRING", "")).but(operation_id=pk)
    pieces = exporting.csv_results(operation, wanted)
    return as_download(
        request, pieces, name=f"operation-{pk}.csv", content_type=CONTENT_TYPES["csv"]
    )


@require_POST
def operation_ask(request: PersonRequest) -> HttpResponse:
    """What the bar below a list sends: start it at once, or ask first what must be asked."""
    kind = _offered(request.POST.get("kind", ""))
    chosen = ("ids",) if request.POST.get("all") else ()
    query = _without(request.POST, "csrfmiddlewaretoken", "next", *chosen)
    if not kind.asks_nothing:
        return redirect(f"{reverse('operations:new')}?{query.urlencode()}")
    try:
        folder, measured = _measure(request, kind, query)
        if measured.total > kind.confirm_above:
            return redirect(f"{reverse('operations:new')}?{query.urlencode()}")
        operation = lifecycle.start(
            kind.key, folder, measured.wanted, {}, request.user.actor, measured.total
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        _say_started(request, operation, measured.total)
    return redirect(_next(request, kind.back(kind.parse(query))))


@require_http_methods(["GET", "POST"])
def operation_new(request: PersonRequest) -> HttpResponse:
    """What it would do, to how many and to which; and the question whether it shall."""
    kind = _offered(request.GET.get("kind", ""))
    folder, measured = _measure(request, kind, request.GET)
    form = StartForm(request.POST or None, kind=kind, measured=measured)
    if request.method == "POST" and form.is_valid():
        try:
            operation = _start(request, folder, form)
        except DomainError as error:
            form.refuse(error)
        else:
            _say_started(request, operation, measured.total)
            return redirect("operations:detail", pk=operation.pk)
    context = {
        "kind": kind,
        "measured": measured,
        "form": form,
        "parts": kind.preview([folder.pk], measured.wanted, measured.bound),
        "sample": _sample(kind, folder, measured),
        "back_url": kind.back(measured.wanted) or reverse("operations:list"),
    }
    status = 422 if request.method == "POST" else 200
    return render(request, "operations/operation_new.html", context, status=status)


@require_POST
def operation_cancel(request: PersonRequest, pk: int) -> HttpResponse:
    operation = _changeable(request, pk)
    return _do(request, pk, lambda: lifecycle.cancel(operation, by=request.user.actor))


@require_POST
def operation_retry(request: PersonRequest, pk: int) -> HttpResponse:
    operation = _changeable(request, pk)
    return _do(request, pk, lambda: lifecycle.retry_failed(operation, by=request.user.actor))


@require_POST
def operation_undo(request: PersonRequest, pk: int) -> HttpResponse:
    operation = _changeable(request, pk)
    return _do(request, pk, lambda: lifecycle.undo(operation, by=request.user.actor))


def _do(request: PersonRequest, pk: int, act: Callable[[], Operation]) -> HttpResponse:
    try:
        found = act()
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("operations:detail", pk=pk)
    return redirect("operations:detail", pk=found.pk)


def _start(request: PersonRequest, folder: Folder, form: StartForm) -> Operation:
    return lifecycle.start(
        form.kind.key,
        folder,
        form.measured.wanted,
        form.arguments(),
        request.user.actor,
        form.cleaned_data.get("typed_number"),
        reason=form.cleaned_data["reason"],
        request_key=form.cleaned_data["request_key"],
    )


def _measure(request: PersonRequest, kind: Kind, query: QueryDict) -> tuple[Folder, Measured]:
    """Return the folder that it is about, and how many; NotAllowedError without the right."""
    rights = rights_of(request.user)
    visible = sorted(rights.folder_ids(Action.VIEW))
    wanted = kind.read(visible, kind.parse(query))
    folder_id = kind.home(visible, wanted)
    if folder_id is None:
        raise NotFoundError(_("Nothing fits the filter (any more)."))
    require(request.user, kind.action, folder_id)
    folder = Folder.objects.get(pk=folder_id)
    return folder, lifecycle.measure(kind, folder, wanted)


def _sample(kind: Kind, folder: Folder, measured: Measured) -> list[Any]:
    found = kind.choose([folder.pk], measured.wanted, measured.bound)
    ids = list(found.order_by()[:SAMPLE])
    labels = kind.label(ids)
    return [labels[pk] for pk in ids if pk in labels]


def _offered(key: str) -> Kind:
    found = kinds.find(key)
    if found is None or not found.is_offered:
        raise NotFoundError(_("There is no operation of this kind."))
    return found


def _find(request: PersonRequest, pk: int) -> Operation:
    visible = Operation.objects.visible_to(request.user).select_related("folder")
    operation: Operation = get_object_or_404(visible, pk=pk)
    return operation


def _changeable(request: PersonRequest, pk: int) -> Operation:
    operation = _find(request, pk)
    kind = kinds.find(operation.kind)
    require(request.user, kind.action if kind else Action.OPERATE, operation.folder_id)
    return operation


def _say_started(request: PersonRequest, operation: Operation, total: int) -> None:
    verb = presenting.Row(operation).title
    words = {"title": verb, "n": total}
    messages.success(
        request,
        ngettext("%(title)s: %(n)d, under way.", "%(title)s: %(n)d, under way.", total) % words,
    )


def _next(request: PersonRequest, otherwise: str) -> str:
    """Return to the list as it was, filters and all."""
    wanted = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(wanted, allowed_hosts={request.get_host()})
    return wanted if is_ours and wanted.startswith("/") else otherwise or reverse("operations:list")


def _without(query: QueryDict, *names: str) -> QueryDict:
    kept = query.copy()
    for name in names:
        kept.pop(name, None)
    return kept
