"""What came in for an event trigger: look at one, deliver it again; and the secret of a webhook."""

from typing import Any

from django.contrib import messages
from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from apps.accounts.http import PersonRequest
from apps.accounts.permissions import Action, require
from apps.lib.errors import ConflictError, DomainError
from apps.lib.numbers import whole_number
from apps.queues.api.files import as_stream
from apps.queues.files import as_attachment
from apps.triggers.api_deliveries import address_of
from apps.triggers.models import Delivery, Firing, Trigger
from apps.triggers.presenting import zone_of
from apps.triggers.presenting_deliveries import body_shown, delivery_row, headers_shown
from apps.triggers.receiving import keeping
from apps.triggers.receiving.accepting import event_of, redeliver
from apps.triggers.receiving.signing import MAX_OVERLAP_SECONDS, OVERLAP_SECONDS, replace_secret

from .looking import find


@require_safe
def delivery_detail(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    """Headers and body may hold what not everybody should read: for those who operate."""
    trigger, delivery = _found(request, pk, number)
    context = {
        "trigger": trigger,
        "row": delivery_row(delivery, zone_of(trigger)),
        "headers": headers_shown(delivery),
        "body": body_shown(delivery),
        "is_cut": len(bytes(delivery.body)) < delivery.size,
        "can_go_again": _event(delivery) is not None,
        "attachments": _attachments(delivery),
        **_neighbours(delivery),
    }
    return render(request, "triggers/delivery.html", context)


@require_safe
def delivery_file(request: PersonRequest, pk: int, number: int, file_id: str) -> HttpResponseBase:
    """A file that came with a mail, as a download of a harmless type."""
    _trigger, delivery = _found(request, pk, number)
    kept = keeping.kept_file(_event(delivery) or {}, file_id)
    response = as_attachment(kept)
    return as_stream(kept, response) if isinstance(request, ASGIRequest) else response


@require_POST
def delivery_again(request: PersonRequest, pk: int, number: int) -> HttpResponse:
    _trigger, delivery = _found(request, pk, number)
    try:
        again = redeliver(delivery, by=request.user.actor)
    except DomainError as error:
        messages.error(request, _("It was not delivered again: %s") % error.message)
        return redirect("triggers:delivery", pk=pk, number=number)
    firing = again.firing
    if firing is not None and firing.outcome == Firing.Outcome.FAILED:
        messages.error(
            request, _("It was delivered again and could not start: %s") % firing.message
        )
    else:
        messages.success(request, _("Delivered again."))
    return redirect("triggers:trigger_detail", pk=pk)


@never_cache
@require_POST
def secret_replace(request: PersonRequest, pk: int) -> HttpResponse:
    """Make a new secret; it is in this answer only."""
    trigger = find(request, pk)
    require(request.user, Action.DESIGN, trigger.folder_id)
    said = whole_number(request.POST.get("overlap", ""), below=MAX_OVERLAP_SECONDS + 1)
    overlap = OVERLAP_SECONDS if said is None else said
    try:
        return tell_secret(request, trigger, overlap_seconds=overlap)
    except ConflictError as error:
        messages.error(request, error.message)
        return redirect("triggers:trigger_detail", pk=pk)


def tell_secret(
    request: PersonRequest, trigger: Trigger, *, overlap_seconds: int = OVERLAP_SECONDS
) -> HttpResponse:
    """Answer with a new secret and the address. Raises ConflictError if it is no webhook."""
    secret = replace_secret(trigger, by=request.user.actor, overlap_seconds=overlap_seconds)
    trigger.refresh_from_db()
    context: dict[str, Any] = {
        "trigger": trigger,
        "secret": secret.reveal(),
        "address": address_of(trigger, request),
    }
    answer = render(request, "triggers/secret.html", context)
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _found(request: PersonRequest, pk: int, number: int) -> tuple[Trigger, Delivery]:
    trigger = find(request, pk)
    require(request.user, Action.OPERATE, trigger.folder_id)
    rows = Delivery.objects.select_related("firing", "again_of", "again_of__firing")
    return trigger, get_object_or_404(rows, trigger=trigger, pk=number)


def _event(delivery: Delivery) -> dict[str, Any] | None:
    """Return what conditions saw of it; None where too little was kept."""
    try:
        return event_of(delivery)
    except DomainError:
        return None


def _attachments(delivery: Delivery) -> list[dict[str, Any]]:
    listed = (_event(delivery) or {}).get("attachments")
    rows = listed if isinstance(listed, list) else []
    return [row for row in rows if isinstance(row, dict) and row.get("id")]


def _neighbours(delivery: Delivery) -> dict[str, int | None]:
    others = Delivery.objects.filter(trigger=delivery.trigger_id).order_by("pk")
    return {
        "older": others.filter(pk__lt=delivery.pk).values_list("pk", flat=True).last(),
        "newer": others.filter(pk__gt=delivery.pk).values_list("pk", flat=True).first(),
    }
