"""An invoice so large that a person has to approve its payment, and a credit note."""

from dataclasses import replace
from decimal import Decimal
from random import SystemRandom

from django.utils import timezone

from apps.accounts.models import Folder

from .books import record_orders
from .invoices import Kind, Line
from .making import MadeInvoice, make_invoice, make_vendors
from .making_lines import complete_invoice
from .trickle import SEED, make_one

LOWEST_PRICE, HIGHEST_PRICE = 120_000, 400_000


def make_large(folder: Folder) -> MadeInvoice:
    """Make a valid invoice above the limit, and put an order for that much into the books."""
    random = SystemRandom()
    seed = random.randrange(10**9)
    made = make_invoice(make_vendors(seed=SEED), seed=seed, today=timezone.localdate())
    price = Decimal(random.randrange(LOWEST_PRICE, HIGHEST_PRICE))
    first = made.invoice.lines[0]
    line = Line(
        number="1",
        description="Delivery vehicle",
        quantity=Decimal(1),
        unit="C62",
        price=price,
        net=price,
        vat_category=first.vat_category,
        vat_percent=first.vat_percent,
    )
    invoice = complete_invoice(
        replace(made.invoice, allowances_total=None, charges_total=None, prepaid=None),
        lines=(line,),
        attachments=(),
        make_adjustments=lambda _lines: (),
        prepaid_share="0",
    )
    order = replace(made.order, net_amount=price) if made.order else None
    record_orders([order] if order else [], folder_id=folder.pk)
    return replace(made, invoice=invoice, order=order, files={})


def make_credit_note(folder: Folder, *, corrects: MadeInvoice | None = None) -> MadeInvoice:
    """Make a credit note about `corrects`, of the same vendor; None: about nothing known."""
    made = corrects or make_one(folder)
    number = made.invoice.number
    invoice = replace(
        made.invoice,
        kind=Kind.CREDIT_NOTE,
        type_code="381",
        number=f"CN-{number}",
        corrects=number if corrects else "",
    )
    return replace(made, invoice=invoice)
