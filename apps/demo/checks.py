"""Does an invoice fit? Pure checks, each one question; what fails is said in one plain sentence."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.utils.translation import gettext as _

from .arithmetic import ARITHMETIC_CHECKS, Finding
from .invoices import Invoice, Kind
from .words import show_amount, show_date, show_percent

# A vendor further east may already write tomorrow.
DAYS_AHEAD = 1
MAX_AGE_DAYS = 3 * 365
NO_REFERENCE = ("", "-", "n/a", "na", "none", "nil", "0")


@dataclass(frozen=True, kw_only=True)
class KnownVendor:
    id: int
    name: str
    vat_id: str = ""


@dataclass(frozen=True, kw_only=True)
class KnownOrder:
    """A purchase order: what may be invoiced without VAT, and what already was."""

    number: str
    vendor: KnownVendor
    currency: str
    net_amount: Decimal
    tolerance_percent: Decimal = Decimal(0)
    invoiced: Decimal = Decimal(0)
    is_open: bool = True

    @property
    def remaining(self) -> Decimal:
        return self.net_amount * (100 + self.tolerance_percent) / 100 - self.invoiced


@dataclass(frozen=True, kw_only=True)
class Posted:
    """An earlier posting of the same vendor's invoice number."""

    reference: str
    posted_on: date


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What our books say about an invoice; None where they know nothing."""

    today: date
    vendor: KnownVendor | None = None
    order: KnownOrder | None = None
    posted: Posted | None = None


def check_invoice(invoice: Invoice, facts: Facts) -> list[Finding]:
    """Return what is wrong with `invoice`, the most explanatory first; empty when it fits.

    Whether it was posted before and by whom comes first, then its own sums, then the order's.
    """
    found = [
        *(check(invoice, facts) for check in BOOK_CHECKS),
        *(check(invoice) for check in ARITHMETIC_CHECKS),
        amount_is_within_order(invoice, facts),
    ]
    return [finding for finding in found if finding]


def is_not_posted_before(invoice: Invoice, facts: Facts) -> Finding | None:
    if facts.posted is None:
        return None
    message = _("Invoice %(number)s of %(vendor)s was already posted on %(day)s as %(reference)s.")
    return Finding(
        "duplicate",
        "number",
        message
        % {
            "number": invoice.number,
            "vendor": facts.vendor.name if facts.vendor else invoice.vendor.name,
            "day": show_date(facts.posted.posted_on),
            "reference": facts.posted.reference,
        },
    )


def vendor_is_known(invoice: Invoice, facts: Facts) -> Finding | None:
    if facts.vendor is not None:
        return None
    vendor = invoice.vendor
    name = vendor.name or _("without a name")
    known = _("VAT id %(vat_id)s") % {"vat_id": vendor.vat_id} if vendor.vat_id else _("no VAT id")
    message = _("The vendor %(name)s (%(known)s) is not among our vendors.")
    return Finding("unknown_vendor", "vendor_name", message % {"name": name, "known": known})


def order_is_named(invoice: Invoice, facts: Facts) -> Finding | None:
    if names_order(invoice) or invoice.kind == Kind.CREDIT_NOTE:
        return None
    message = _("The invoice names no purchase order, so it can't be matched with one.")
    return Finding("missing_order_reference", "order_reference", message)


def order_is_known(invoice: Invoice, facts: Facts) -> Finding | None:
    if facts.order is not None or not names_order(invoice):
        return None
    message = _("The invoice names purchase order %(number)s, which is not among our orders.")
    return Finding(
        "unknown_order", "order_reference", message % {"number": invoice.order_reference}
    )


def order_is_open(invoice: Invoice, facts: Facts) -> Finding | None:
    if facts.order is None or facts.order.is_open or invoice.kind == Kind.CREDIT_NOTE:
        return None
    message = _("Purchase order %(number)s is closed, so nothing more can be invoiced on it.")
    return Finding("closed_order", "order_reference", message % {"number": facts.order.number})


def order_is_of_vendor(invoice: Invoice, facts: Facts) -> Finding | None:
    order, vendor = facts.order, facts.vendor
    if order is None or vendor is None or order.vendor.id == vendor.id:
        return None
    message = _("Purchase order %(number)s was placed with %(ordered)s, not with %(vendor)s.")
    return Finding(
        "order_of_other_vendor",
        "order_reference",
        message % {"number": order.number, "ordered": order.vendor.name, "vendor": vendor.name},
    )


def order_has_same_currency(invoice: Invoice, facts: Facts) -> Finding | None:
    order = facts.order
    if order is None or order.currency == invoice.currency:
        return None
    message = _(
        "The invoice is in %(currency)s, but purchase order %(number)s is in %(order_currency)s."
    )
    return Finding(
        "other_currency",
        "currency",
        message
        % {
            "currency": invoice.currency,
            "number": order.number,
            "order_currency": order.currency,
        },
    )


def is_not_from_the_future(invoice: Invoice, facts: Facts) -> Finding | None:
    if invoice.issue_date <= facts.today + timedelta(days=DAYS_AHEAD):
        return None
    message = _("The invoice is dated %(day)s, which is in the future.")
    return Finding("future_date", "issue_date", message % {"day": show_date(invoice.issue_date)})


def is_not_too_old(invoice: Invoice, facts: Facts) -> Finding | None:
    if invoice.issue_date >= facts.today - timedelta(days=MAX_AGE_DAYS):
        return None
    message = _("The invoice is dated %(day)s, more than 3 years ago.")
    return Finding("old_date", "issue_date", message % {"day": show_date(invoice.issue_date)})


def is_due_after_issue(invoice: Invoice, facts: Facts) -> Finding | None:
    if invoice.due_date is None or invoice.due_date >= invoice.issue_date:
        return None
    message = _("The invoice is due on %(due)s, before its own date, %(issued)s.")
    days = {"due": show_date(invoice.due_date), "issued": show_date(invoice.issue_date)}
    return Finding("due_before_issue", "due_date", message % days)


def amount_is_within_order(invoice: Invoice, facts: Facts) -> Finding | None:
    order, net = facts.order, invoice.net_total
    if order is None or net is None or invoice.kind == Kind.CREDIT_NOTE:
        return None
    if order.currency != invoice.currency or net <= order.remaining:
        return None
    message = _(
        "The invoice is for %(net)s without VAT, but purchase order %(number)s allows "
        "%(allowed)s (with %(tolerance)s tolerance), of which %(invoiced)s is already invoiced."
    )
    allowed = order.remaining + order.invoiced
    return Finding(
        "over_order",
        "net_total",
        message
        % {
            "net": show_amount(net, invoice.currency),
            "number": order.number,
            "allowed": show_amount(allowed, order.currency),
            "tolerance": show_percent(order.tolerance_percent),
            "invoiced": show_amount(order.invoiced, order.currency),
        },
    )


def names_order(invoice: Invoice) -> bool:
    """Return whether the order reference is one: "n/a" and the like are not."""
    return invoice.order_reference.strip().casefold() not in NO_REFERENCE


BOOK_CHECKS: tuple[Callable[[Invoice, Facts], Finding | None], ...] = (
    is_not_posted_before,
    vendor_is_known,
    is_not_from_the_future,
    is_not_too_old,
    is_due_after_issue,
    order_is_named,
    order_is_known,
    order_is_of_vendor,
    order_is_open,
    order_has_same_currency,
)
