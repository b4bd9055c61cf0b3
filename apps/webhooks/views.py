"""The pages of webhooks: all of a folder, one with its deliveries, one delivery with its tries."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, can, may_change, require
from apps.lib.clock import database_now
from apps.lib.errors import DomainError, InvalidError
from apps.lib.forms import disable_all
from apps.lib.secrecy import Secret

from . import kinds, lifecycle, presenting, snippets
from .forms import EndpointForm, OverlapForm, ReplayForm
from .lifecycle.replaying import MAX_REPLAYED
from .lifecycle.secrets import holding
from .listing import DeliveryFilter
from .models import Delivery, Endpoint


@require_safe
def webhook_list(request: PersonRequest) -> HttpResponse:
    may_change(request.user, Action.OPERATE, request.folder.pk, method="GET")
    may = can(request.user, Action.ADMINISTER, request.folder.pk)
    return render(request, "webhooks/list.html", {"may_change": may})


@never_cache
@require_http_methods(["GET", "POST"])
def webhook_create(request: PersonRequest) -> HttpResponse:
    require(request.user, Action.ADMINISTER, request.folder.pk)
    return _form_page(request, Endpoint(folder=request.folder))


@never_cache
@require_http_methods(["GET", "POST"])
def webhook_edit(request: PersonRequest, pk: int) -> HttpResponse:
    return _form_page(request, _find(request, pk))


@require_safe
def webhook_detail(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk)
    query = request.META.get("QUERY_STRING", "")
    wanted = DeliveryFilter.parse(query)
    # the address says which endpoint; whatever the query says of it loses
    wanted = wanted.but(endpoint_id=pk, after=wanted.after)
    base = reverse("webhook_settings:detail", args=[pk])
    context = {
        "endpoint": endpoint,
        "wanted": wanted,
        "list_arg": wanted.argument(),
        "tabs": _tabs(base, wanted),
        "choices": [_kind_choice(endpoint, wanted)],
        "keep": {"status": wanted.status} if wanted.status else {},
        "kinds": [kinds.title_of(each) for each in endpoint.kinds],
        "secrets": holding(endpoint),
        "overlap_form": OverlapForm(),
        "replay_form": ReplayForm(),
        "snippets": snippets.ALL,
        "history": presenting.history(endpoint),
        "may_change": can(request.user, Action.ADMINISTER, endpoint.folder_id),
        "may_operate": can(request.user, Action.OPERATE, endpoint.folder_id),
    }
    return render(request, "webhooks/detail.html", context)


@never_cache
@require_POST
def webhook_secret(request: PersonRequest, pk: int) -> HttpResponse:
    """The answer shows the new one, once."""
    endpoint = _find(request, pk, Action.ADMINISTER)
    form = OverlapForm(request.POST)
    if not form.is_valid():
        raise InvalidError(_("Choose how long the one so far still signs."))
    overlap = form.cleaned_data["overlap_seconds"]
    secret = lifecycle.replace_secret(endpoint, by=request.user.actor, overlap_seconds=overlap)
    return _show_secret(request, endpoint, secret)


@require_POST
def webhook_test(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk, Action.OPERATE)
    delivery = lifecycle.send_test(endpoint, by=request.user.actor)
    return redirect("webhook_settings:delivery", pk=pk, number=delivery.pk)


@require_POST
def webhook_pause(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk, Action.OPERATE)
    return _do(request, pk, lambda: lifecycle.pause(endpoint, by=request.user.actor))


@require_POST
def webhook_resume(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk, Action.OPERATE)
    return _do(request, pk, lambda: lifecycle.resume(endpoint, by=request.user.actor))


@require_POST
def webhook_remove(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk, Action.ADMINISTER)
    lifecycle.remove_endpoint(endpoint, by=request.user.actor)
    messages.success(request, _("The webhook “%s” is removed.") % endpoint.title)
    return redirect("webhook_settings:list")


@require_POST
def webhook_replay(request: PersonRequest, pk: int) -> HttpResponse:
    endpoint = _find(request, pk, Action.OPERATE)
    form = ReplayForm(request.POST)
    if not form.is_valid():
        raise InvalidError(_("Choose since when it shall be sent again."))
    since = database_now() - timedelta(seconds=form.cleaned_data["since"])
    with_delivered = form.cleaned_data["with_delivered"]
    n = lifecycle.replay_since(
        endpoint, since, by=request.user.actor, with_delivered=with_delivered
    )
    if n:
        text = ngettext("%(n)d is sent again.", "%(n)d are sent again.", n) % {"n": n}
        rest = _("These are the oldest; ask again for the rest.") if n == MAX_REPLAYED else ""
        messages.success(request, f"{text} {rest}".strip())
    else:
        messages.info(request, _("There is nothing to send again."))
    return redirect("webhook_settings:detail", pk=pk)


@require_safe
def delivery_detail(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    delivery = _find_delivery(request, pk, number)
    context = {
        "delivery": delivery,
        "endpoint": delivery.endpoint,
        "row": presenting.DeliveryRow(delivery),
        "body": json.dumps(json.loads(delivery.message.body), indent=2, ensure_ascii=False),
        "arg": f"{delivery.pk}?endpoint={delivery.endpoint_id}",
    }
    return render(request, "webhooks/delivery.html", context)


@require_POST
def delivery_replay(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    delivery = _find_delivery(request, pk, number, Action.OPERATE)
    try:
        lifecycle.replay(delivery, by=request.user.actor)
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("webhook_settings:delivery", pk=pk, number=number)


def _form_page(request: PersonRequest, row: Endpoint) -> HttpResponse:
    form = EndpointForm(request.POST if request.method == "POST" else None, row=row)
    if request.method == "POST":
        require(request.user, Action.ADMINISTER, row.folder_id)
    elif not can(request.user, Action.ADMINISTER, row.folder_id):
        disable_all(form)
    if request.method == "POST" and form.is_valid():
        answer = _save(request, form, row)
        if answer is not None:
            return answer
    status = 422 if request.method == "POST" else 200
    context = {"form": form, "endpoint": row}
    return render(request, "webhooks/form.html", context, status=status)


def _save(request: PersonRequest, form: EndpointForm, row: Endpoint) -> HttpResponse | None:
    """Return where to go; None when it was refused, and the form says why."""
    row.key = form.cleaned_data.get("key", row.key)
    version = form.cleaned_data.get("version") if row.pk else None
    try:
        _changes, secret = lifecycle.save_endpoint(
            row, form.values(), by=request.user.actor, version=version
        )
    except DomainError as error:
        form.refuse(error)
        return None
    if secret is not None:
        return _show_secret(request, row, secret)
    messages.success(request, _("Saved."))
    return redirect("webhook_settings:detail", pk=row.pk)


def _show_secret(request: PersonRequest, endpoint: Endpoint, secret: Secret) -> HttpResponse:
    context = {"endpoint": endpoint, "text": secret.reveal()}
    return render(request, "webhooks/secret.html", context)


def _do(request: PersonRequest, pk: int, act: Callable[[], Any]) -> HttpResponse:
    try:
        act()
    except DomainError as error:
        messages.error(request, error.message)
    return redirect("webhook_settings:detail", pk=pk)


def _tabs(base: str, wanted: DeliveryFilter) -> list[dict[str, Any]]:
    labels = [("", _("All")), *Delivery.Status.choices]
    return [
        {
            "label": label,
            "url": f"{base}?{query}" if (query := wanted.but(status=status).query()) else base,
            "current": wanted.status == status,
        }
        for status, label in labels
    ]


def _kind_choice(endpoint: Endpoint, wanted: DeliveryFilter) -> dict[str, Any]:
    options = [(each, kinds.title_of(each)) for each in [*kinds.titles(), kinds.TEST]]
    return {
        "label": _("What"),
        "name": "kind",
        "value": wanted.kind,
        "options": [("", _("Everything")), *options],
    }


def _find(request: PersonRequest, pk: int, action: Action = Action.OPERATE) -> Endpoint:
    """Return one of a folder that the person sees; who may not look at it is told so."""
    rows = Endpoint.objects.visible_to(request.user).select_related("folder", "owner")
    endpoint: Endpoint = get_object_or_404(rows, pk=pk)
    may_change(request.user, action, endpoint.folder_id, method=str(request.method))
    return endpoint


def _find_delivery(
    request: PersonRequest, pk: int, number: int, action: Action = Action.OPERATE
) -> Delivery:
    endpoint = _find(request, pk, action)
    rows = Delivery.objects.select_related("endpoint", "message").filter(endpoint=endpoint)
    found: Delivery = get_object_or_404(rows, pk=number)
    return found
