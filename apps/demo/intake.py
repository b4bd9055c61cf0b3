"""Invoices come in: each UBL file starts an instance of the drawn workflow."""

from collections.abc import Iterable, Sequence

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils.translation import gettext as _

from apps.accounts.models import Folder
from apps.lib.actors import SYSTEM, Actor
from apps.lib.errors import DomainError, TooLargeError
from apps.lib.json import JsonObject
from apps.queues.files import attach, clean_name
from apps.queues.models import Owned, WorkItem, WorkQueue
from apps.workflows.lifecycle import start_instance, start_instances
from apps.workflows.models import WorkflowInstance

from .claims.intake import take_in_mail
from .drawn import invoice_workflow
from .invoices import Invoice
from .making import MadeInvoice
from .payload import to_payload
from .ubl import read_invoice

# where invoices are checked: the queue that people know
QUEUE_KEY = "invoices"
XML = "application/xml"


def invoice_queue(folder: Folder) -> WorkQueue:
    return WorkQueue.objects.get(folder=folder, key=QUEUE_KEY)


def take_in(folder: Folder, data: bytes, *, name: str, by: Actor) -> WorkflowInstance:
    """Start an instance for a UBL document; the file goes to the bot that reads it.

    Raises UblError or TooLargeError, both with a sentence, when it is none; nothing is stored then.
    """
    invoice = read_invoice(data)
    variables: JsonObject = {
        "kind": invoice.kind.value,
        "number": invoice.number,
        "file": clean_name(name),
    }
    with transaction.atomic():
        instance = start_instance(
            invoice_workflow(folder), variables, by=by, business_key=invoice.number[:200]
        )
        for item in items_of(instance):
            attach(item, ContentFile(data, name=name), by=by, content_type=XML)
    return instance


def take_in_files(
    folder: Folder,
    files: Iterable[UploadedFile],  # type: ignore[type-arg]
    *,
    by: Actor,
) -> tuple[list[WorkflowInstance], list[DomainError]]:
    """Start an instance for what can be read: invoices, and claims as e-mails (.eml).

    Returns a refusal for each file that can't be.
    """
    taken: list[WorkflowInstance] = []
    refusals: list[DomainError] = []
    for file in files:
        name = file.name or "invoice.xml"
        try:
            _check_size(file)
            taken.append(_take_in_file(folder, file.read(), name=name, by=by))
        except DomainError as refusal:
            refusal.message = f"{name}: {refusal.message}"
            refusals.append(refusal)
    return taken, refusals


def _take_in_file(folder: Folder, data: bytes, *, name: str, by: Actor) -> WorkflowInstance:
    take = take_in_mail if name.lower().endswith(".eml") else take_in
    return take(folder, data, name=name, by=by)


def _check_size(file: UploadedFile) -> None:  # type: ignore[type-arg]
    if (file.size or 0) > settings.MAX_FILE_BYTES:
        limit = settings.MAX_FILE_BYTES // (1024 * 1024)
        raise TooLargeError(_("A file may have up to %(limit)s MB.") % {"limit": limit})


def take_in_made(folder: Folder, made: MadeInvoice, *, by: Actor = SYSTEM) -> WorkflowInstance:
    """Take in an invoice that the demo made, by way of its XML, like any other."""
    name = f"{made.invoice.number}.xml".replace("/", "-")
    return take_in(folder, made.xml, name=name, by=by)


def take_in_data(folder: Folder, invoices: Sequence[Invoice], *, by: Actor) -> list[int]:
    """Start an instance for each, in few statements: their data is known, no file is read."""
    payloads = [to_payload(invoice) for invoice in invoices]
    return start_instances(invoice_workflow(folder), payloads, by=by)


def items_of(instance: WorkflowInstance) -> list[WorkItem]:
    """Return the work items that the instance has had, oldest first."""
    owned = Owned.objects.filter(owner_id=instance.pk).values("item_id")
    return list(WorkItem.objects.filter(pk__in=owned).select_related("queue").order_by("pk"))
