"""What our books know about an invoice: its vendor, its order, and whether it was posted before."""

from collections.abc import Iterable
from datetime import date

from django.utils import timezone

from apps.queues.models import WorkQueue

from .checks import Facts, KnownOrder, KnownVendor, Posted
from .erp import Erp
from .invoices import Invoice, vat_key
from .making import MadeVendor
from .models import DemoSetting, LedgerEntry, PurchaseOrder, Vendor


def facts_about(
    invoice: Invoice, *, folder_id: int, key: str = "", today: date | None = None
) -> Facts:
    """Return what the books of the folder say about `invoice`.

    Postings under `key` are this very invoice's own, from an earlier try: they neither make it a
    duplicate nor use up its order.
    """
    vendor = Vendor.objects.filter(folder_id=folder_id).matching(invoice.vendor)
    return Facts(
        today=today or timezone.localdate(),
        vendor=_known_vendor(vendor) if vendor else None,
        order=_known_order(invoice, folder_id=folder_id, key=key),
        posted=Erp(folder_id).find(invoice.number, vendor_id=vendor.pk, except_key=key)
        if vendor
        else None,
    )


def posting_of(number: str, invoice: Invoice, *, folder_id: int) -> Posted | None:
    """Return the posting of that number of the invoice's vendor, or None."""
    vendor = Vendor.objects.filter(folder_id=folder_id).matching(invoice.vendor)
    return Erp(folder_id).find(number, vendor_id=vendor.pk) if vendor and number else None


def record_vendors(vendors: Iterable[MadeVendor], *, folder_id: int) -> None:
    """Put made vendors into the books; those that are there already stay as they are."""
    Vendor.objects.bulk_create(
        [
            Vendor(
                folder_id=folder_id,
                name=vendor.party.name,
                vat_id=vendor.party.vat_id,
                vat_key=vat_key(vendor.party.vat_id),
                iban=vendor.iban,
                city=vendor.party.city,
                country=vendor.party.country,
            )
            for vendor in vendors
        ],
        ignore_conflicts=True,
    )


def record_orders(orders: Iterable[KnownOrder], *, folder_id: int) -> None:
    """Put made orders into the books, each with the vendor of its VAT id, which must be there."""
    vendors = dict(Vendor.objects.filter(folder_id=folder_id).values_list("vat_key", "pk"))
    PurchaseOrder.objects.bulk_create(
        [
            PurchaseOrder(
                folder_id=folder_id,
                vendor_id=vendors[vat_key(order.vendor.vat_id)],
                number=order.number,
                currency=order.currency,
                net_amount=order.net_amount,
                tolerance_percent=order.tolerance_percent,
                is_open=order.is_open,
            )
            for order in orders
        ],
        ignore_conflicts=True,
    )


def _known_order(invoice: Invoice, *, folder_id: int, key: str) -> KnownOrder | None:
    order = PurchaseOrder.objects.filter(folder_id=folder_id).named_in(invoice)
    if order is None:
        return None
    posted = LedgerEntry.objects.filter(folder_id=folder_id, order=order)
    return KnownOrder(
        number=order.number,
        vendor=_known_vendor(order.vendor),
        currency=order.currency,
        net_amount=order.net_amount,
        tolerance_percent=order.tolerance_percent,
        invoiced=(posted.exclude(idempotency_key=key) if key else posted).net_sum(),
        is_open=order.is_open,
    )


def _known_vendor(vendor: Vendor) -> KnownVendor:
    return KnownVendor(id=vendor.pk, name=vendor.name, vat_id=vendor.vat_id)


def folder_of_queue(queue_key: str) -> int:
    """Return the folder of the demo's queue; the demo lives in one folder."""
    queues = WorkQueue.objects.filter(key=queue_key, folder__demo_setting__isnull=False)
    folder_id: int = queues.values_list("folder_id", flat=True)[0]
    return folder_id


def folder_of_demo() -> int:
    """Return the folder that the demo lives in."""
    folder_id: int = DemoSetting.objects.values_list("folder_id", flat=True)[0]
    return folder_id
