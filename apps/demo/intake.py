"""Invoices come in: a UBL file becomes an item with its data and the file itself."""

from datetime import timedelta

from django.core.files.base import ContentFile
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM, Actor
from apps.queues.files import attach
from apps.queues.lifecycle import NewItem, add_item
from apps.queues.models import WorkItem, WorkQueue

from .invoices import Invoice
from .making import MadeInvoice
from .payload import to_payload
from .ubl import read_invoice

QUEUE_KEY = "invoices"
DUE_AFTER = timedelta(hours=4)
XML = "application/xml"


def invoice_queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.get(folder=folder, key=QUEUE_KEY)


def take_in(
    queue: WorkQueue, data: bytes, *, name: str, by: Actor, origin: WorkItem.Origin
) -> WorkItem:
    """Read `data` as a UBL document and queue it.

    Raises UblError or TooLargeError, both with a sentence, when it is none; nothing is stored then.
    """
    invoice = read_invoice(data)
    with transaction.atomic():
        item = add_item(queue, new_item(invoice), origin=origin, by=by)
        attach(item, ContentFile(data, name=name), by=by, content_type=XML)
    return item


def take_in_made(queue: WorkQueue, made: MadeInvoice, *, by: Actor = SYSTEM) -> WorkItem:
    """Queue an invoice that the demo made, by way of its XML, like any other."""
    name = f"{made.invoice.number}.xml".replace("/", "-")
    return take_in(queue, made.xml, name=name, by=by, origin=WorkItem.Origin.DEMO)


def new_item(invoice: Invoice) -> NewItem:
    return NewItem(
        payload=to_payload(invoice),
        reference=invoice.number[:200],
        due_at=timezone.now() + DUE_AFTER,
    )
