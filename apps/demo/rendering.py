"""An invoice as people read it: every figure a text, ready for `demo/invoice.html`."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _

from apps.lib.schema import MASK

from .invoices import Adjustment, Invoice, Kind, Line, Party
from .words import show_amount, show_date, show_number, show_percent

MAX_ROWS_SHOWN = 500

UNITS = {
    "EA": "", "C62": "", "H87": "", "BX": "box", "PK": "pack", "HUR": "h", "DAY": "days",
    "MON": "months", "KGM": "kg", "KWH": "kWh", "KW": "kW", "MTR": "m", "LTR": "l", "ANN": "years",
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A labelled value. `is_doubtful`: a check found fault with it; `is_masked`: personal."""

    label: str
    value: str
    is_doubtful: bool = False
    is_strong: bool = False
    is_masked: bool = False


@dataclass(frozen=True, kw_only=True)
class PartyView:
    role: str
    name: str
    address: tuple[str, ...]
    ids: tuple[Figure, ...]
    is_doubtful: bool = False


@dataclass(frozen=True, kw_only=True)
class LineView:
    number: str
    description: str
    quantity: str
    price: str
    vat: str
    net: str
    adjustments: tuple[str, ...] = ()
    is_doubtful: bool = False


@dataclass(frozen=True, kw_only=True)
class AttachmentView:
    index: int
    name: str
    size: str
    description: str


@dataclass(frozen=True, kw_only=True)
class InvoiceView:
    """The whole document; `hidden_lines` says how many lines were left out for length."""

    title: str
    currency: str
    head: tuple[Figure, ...]
    parties: tuple[PartyView, ...]
    lines: tuple[LineView, ...]
    hidden_lines: int
    adjustments: tuple[Figure, ...]
    taxes: tuple[Figure, ...]
    totals: tuple[Figure, ...]
    payment: tuple[Figure, ...]
    notes: tuple[str, ...]
    attachments: tuple[AttachmentView, ...]


def view_of(
    invoice: Invoice, *, doubtful: Iterable[str] = (), reveals_personal: bool = False
) -> InvoiceView:
    """Return `invoice` for the template `demo/invoice.html`, where it is called `document`.

    `doubtful` are the fields of findings ("gross_total", "lines.2.net"): they are marked. Accounts
    are masked unless `reveals_personal`.
    """
    fields = frozenset(doubtful)
    return InvoiceView(
        title=_title(invoice),
        currency=invoice.currency,
        head=_head(invoice, fields),
        parties=(
            _party(_("From"), invoice.vendor, is_doubtful=_any_of(fields, "vendor_")),
            _party(_("To"), invoice.buyer, is_doubtful=_any_of(fields, "buyer_")),
        ),
        lines=tuple(
            _line(line, invoice.currency, is_doubtful=_any_of(fields, f"lines.{index}."))
            for index, line in enumerate(invoice.lines[:MAX_ROWS_SHOWN])
        ),
        hidden_lines=max(len(invoice.lines) - MAX_ROWS_SHOWN, 0),
        adjustments=tuple(
            _adjustment(item, invoice.currency) for item in invoice.adjustments[:MAX_ROWS_SHOWN]
        ),
        taxes=_taxes(invoice, fields),
        totals=_totals(invoice, fields),
        payment=_payment(invoice, reveals_personal=reveals_personal),
        notes=invoice.notes[:MAX_ROWS_SHOWN],
        attachments=tuple(
            AttachmentView(
                index=index,
                name=attachment.name,
                size=filesizeformat(attachment.size),
                description=attachment.description,
            )
            for index, attachment in enumerate(invoice.attachments)
        ),
    )


Fields: TypeAlias = frozenset[str]


def _any_of(fields: Fields, prefix: str) -> bool:
    return any(field.startswith(prefix) for field in fields)


def _title(invoice: Invoice) -> str:
    if invoice.kind == Kind.CREDIT_NOTE:
        return _("Credit note %(number)s") % {"number": invoice.number}
    return _("Invoice %(number)s") % {"number": invoice.number}


def _figures(rows: Iterable[tuple[str, str, str]], fields: Fields) -> tuple[Figure, ...]:
    """Return the (field, label, value) rows that have a value, or a doubtful lack of one."""
    return tuple(
        Figure(label=label, value=value, is_doubtful=field in fields)
        for field, label, value in rows
        if value or field in fields
    )


def _head(invoice: Invoice, fields: Fields) -> tuple[Figure, ...]:
    due = show_date(invoice.due_date) if invoice.due_date else ""
    return _figures(
        [
            ("number", _("Number"), invoice.number),
            ("issue_date", _("Date"), show_date(invoice.issue_date)),
            ("due_date", _("Due"), due),
            ("order_reference", _("Order number"), invoice.order_reference),
            ("buyer_reference", _("Your reference"), invoice.buyer_reference),
            ("corrects", _("Corrects"), invoice.corrects),
        ],
        fields,
    )


def _party(role: str, party: Party, *, is_doubtful: bool) -> PartyView:
    town = " ".join(filter(None, (party.postcode, party.city)))
    address = (party.street, town, party.country)
    ids = ((_("VAT id"), party.vat_id), (_("Company number"), party.company_id))
    return PartyView(
        role=role,
        name=party.name or _("No name"),
        address=tuple(filter(None, address)),
        ids=tuple(Figure(label=label, value=value) for label, value in ids if value),
        is_doubtful=is_doubtful,
    )


def _line(line: Line, currency: str, *, is_doubtful: bool) -> LineView:
    return LineView(
        number=line.number,
        description=line.description,
        quantity=_quantity(line),
        price=_price(line),
        vat=show_percent(line.vat_percent) if line.vat_percent is not None else line.vat_category,
        net=show_amount(line.net),
        adjustments=tuple(
            f"{figure.label}: {figure.value}"
            for figure in (_adjustment(item, currency) for item in line.adjustments)
        ),
        is_doubtful=is_doubtful,
    )


def _quantity(line: Line) -> str:
    if line.quantity is None:
        return ""
    return f"{show_number(line.quantity)} {UNITS.get(line.unit, line.unit)}".rstrip()


def _price(line: Line) -> str:
    if line.price is None:
        return ""
    base = line.base_quantity or Decimal(1)
    per = _(" for %(quantity)s") % {"quantity": show_number(base)} if base != 1 else ""
    return show_amount(line.price) + per


def _adjustment(item: Adjustment, currency: str) -> Figure:
    label = item.reason or (_("Charge") if item.is_charge else _("Allowance"))
    return Figure(
        label=label, value=show_amount(item.amount if item.is_charge else -item.amount, currency)
    )


def _taxes(invoice: Invoice, fields: Fields) -> tuple[Figure, ...]:
    return tuple(
        Figure(
            label=_("%(rate)s VAT on %(base)s")
            % {
                "rate": show_percent(group.vat_percent),
                "base": show_amount(group.taxable or Decimal(0), invoice.currency),
            },
            value=show_amount(group.tax, invoice.currency),
            is_doubtful=_any_of(fields, f"taxes.{index}."),
        )
        for index, group in enumerate(invoice.taxes[:MAX_ROWS_SHOWN])
    )


def _totals(invoice: Invoice, fields: Fields) -> tuple[Figure, ...]:
    rows = (
        ("lines_total", _("Sum of the lines"), invoice.lines_total),
        ("allowances_total", _("Allowances"), invoice.allowances_total),
        ("charges_total", _("Charges"), invoice.charges_total),
        ("net_total", _("Total without VAT"), invoice.net_total),
        ("vat_total", _("VAT"), invoice.vat_total),
        ("gross_total", _("Total with VAT"), invoice.gross_total),
        ("prepaid", _("Already paid"), invoice.prepaid),
        ("rounding", _("Rounding"), invoice.rounding),
        ("payable", _("Amount to pay"), invoice.payable),
    )
    return tuple(
        Figure(
            label=label,
            value=show_amount(amount, invoice.currency),
            is_doubtful=field in fields,
            is_strong=field in ("gross_total", "payable"),
        )
        for field, label, amount in rows
        if amount is not None
    )


def _payment(invoice: Invoice, *, reveals_personal: bool) -> tuple[Figure, ...]:
    accounts = [account for account in (invoice.iban, *invoice.other_accounts) if account]
    texts = ((_("Reference"), invoice.payment_reference), (_("Terms"), invoice.payment_terms))
    return (
        *(
            Figure(
                label=_("Account"),
                value=account if reveals_personal else MASK,
                is_masked=not reveals_personal,
            )
            for account in accounts
        ),
        *(Figure(label=label, value=value) for label, value in texts if value),
    )
