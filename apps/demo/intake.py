"""Invoices come in: a UBL file becomes an item with its data and the file itself."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import DomainError, TooLargeError
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


def take_in_files(
    queue: WorkQueue,
    files: Iterable[UploadedFile],  # type: ignore[type-arg]
    *,
    by: Actor,
) -> tuple[list[WorkItem], list[DomainError]]:
    """Queue what can be read; return the items, and a refusal for each file that can't be."""
    taken: list[WorkItem] = []
    refusals: list[DomainError] = []
    for file in files:
        name = file.name or "invoice.xml"
        try:
            _check_size(file)
            data = file.read()
            taken.append(take_in(queue, data, name=name, by=by, origin=WorkItem.Origin.PAGE))
        except DomainError as refusal:
            refusal.message = f"{name}: {refusal.message}"
            refusals.append(refusal)
    return taken, refusals


def _check_size(file: UploadedFile) -> None:  # type: ignore[type-arg]
    if (file.size or 0) > settings.MAX_FILE_BYTES:
        limit = settings.MAX_FILE_BYTES // (1024 * 1024)
        raise TooLargeError(_("A file may have up to %(limit)s MB.") % {"limit": limit})


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
