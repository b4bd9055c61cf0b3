"""The live parts of the pages of webhooks."""

from typing import Any

from django.urls import reverse

from apps.accounts.permissions import Action
from apps.events.fragments import Audience, fragment, number_in

from . import presenting
from .listing import DeliveryFilter
from .models import Delivery, Endpoint

Context = dict[str, Any]


@fragment(
    "webhooks.table",
    template="webhooks/list.html#table",
    action=Action.VIEW,
    topics=("webhooks",),
)
def webhooks_table(audience: Audience, arg: str) -> Context | None:
    """`arg`: the folder."""
    folder_id = number_in(arg) or 0
    if not sees(audience, folder_id):
        return None
    rows = Endpoint.objects.filter(folder=folder_id)
    may_change = audience.can(Action.ADMINISTER, folder_id)
    return {"rows": presenting.rows_of(rows), "may_change": may_change}


@fragment(
    "webhook.header",
    template="webhooks/detail.html#header",
    action=Action.VIEW,
    topics=("webhook:{arg}",),
)
def webhook_header(audience: Audience, arg: str) -> Context | None:
    endpoint = _find(audience, number_in(arg) or 0)
    if endpoint is None:
        return None
    return {
        "row": presenting.rows_of([endpoint])[0],
        "endpoint": endpoint,
        "may_operate": audience.can(Action.OPERATE, endpoint.folder_id),
    }


@fragment(
    "webhook.deliveries",
    template="webhooks/detail.html#deliveries",
    action=Action.VIEW,
    topics=("webhook:{id}",),
)
def webhook_deliveries(audience: Audience, arg: str) -> Context | None:
    """`arg` is `DeliveryFilter.argument()`."""
    wanted = DeliveryFilter.parse(arg)
    endpoint = _find(audience, wanted.endpoint_id)
    if endpoint is None:
        return None
    page = wanted.page()
    base = reverse("webhook_settings:detail", args=[endpoint.pk])
    return {
        "endpoint": endpoint,
        "rows": [presenting.DeliveryRow(each) for each in page.items],
        "has_filter": bool(wanted.status or wanted.kind),
        "may_operate": audience.can(Action.OPERATE, endpoint.folder_id),
        "clear_url": base,
        "first_url": _address(base, wanted.but().query()) if wanted.after else "",
        "next_url": _address(base, wanted.but(after=page.next_cursor).query())
        if page.next_cursor
        else "",
    }


@fragment(
    "webhook.delivery",
    template="webhooks/delivery.html#tries",
    action=Action.VIEW,
    topics=("webhook:{endpoint}",),
)
def webhook_delivery(audience: Audience, arg: str) -> Context | None:
    """`arg`: the delivery, and its endpoint for the topic: `12?endpoint=3`."""
    rows = Delivery.objects.select_related("endpoint", "message").filter(pk=number_in(arg) or 0)
    delivery = rows.first()
    if delivery is None or not sees(audience, delivery.endpoint.folder_id):
        return None
    return {
        "delivery": delivery,
        "row": presenting.DeliveryRow(delivery),
        "tries": list(delivery.attempts.all()),
        "may_operate": audience.can(Action.OPERATE, delivery.endpoint.folder_id),
    }


def sees(audience: Audience, folder_id: int) -> bool:
    """What is sent, and where to, is for those who see to it, and for auditors."""
    return audience.can(Action.OPERATE, folder_id) or audience.can(Action.AUDIT, folder_id)


def _find(audience: Audience, pk: int) -> Endpoint | None:
    found: Endpoint | None = Endpoint.objects.select_related("owner").filter(pk=pk).first()
    return found if found is not None and sees(audience, found.folder_id) else None


def _address(base: str, query: str) -> str:
    return f"{base}?{query}" if query else base
