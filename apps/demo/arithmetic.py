"""Do the figures of an invoice agree with each other, as EN 16931 wants them to?

Every check compares one stated value with what the values right below it give, so that a single
wrong figure is found where it stands, not only where its error ends up.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeAlias

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from .invoices import Adjustment, Invoice, Line, TaxGroup
from .words import EXACT, round_to, show_amount, show_percent

CENT = Decimal("0.01")
# Currencies that are written without decimals.
WHOLE_UNIT_CURRENCIES = {"CLP", "ISK", "JPY", "KRW", "VND", "XAF", "XOF"}
# Differences that rounding explains, in the currency's smallest unit.
LINE_TOLERANCE_UNITS = 2
SUM_TOLERANCE_UNITS = 1
MIN_VAT_TOLERANCE_UNITS = 2

VatKey: TypeAlias = tuple[str, Decimal]
Items: TypeAlias = tuple[Line | Adjustment | TaxGroup, ...]


@dataclass(frozen=True)
class Finding:
    """What is wrong: a code for rules, the field of the payload, a sentence for people."""

    code: str
    field: str
    message: str


def check_arithmetic(invoice: Invoice) -> list[Finding]:
    """Return the figures that don't agree, from the lines up to the amount to pay."""
    return [finding for check in ARITHMETIC_CHECKS if (finding := check(invoice))]


def lines_are_right(invoice: Invoice) -> Finding | None:
    """Net is quantity times price, less allowances, plus charges; lines without price pass."""
    wrong = [
        (index, line, expected)
        for index, line in enumerate(invoice.lines)
        if (expected := _expected_net(line)) is not None
        and _differs(invoice, line.net, expected, units=LINE_TOLERANCE_UNITS)
    ]
    if not wrong:
        return None
    index, line, expected = wrong[0]
    message = _("Line %(number)s says %(stated)s, but quantity and price give %(expected)s.")
    message %= _values(invoice, line.net, expected) | {"number": line.number}
    if len(wrong) > 1:
        more = ngettext(
            "%(n)d more line is wrong, too.", "%(n)d more lines are wrong, too.", len(wrong) - 1
        )
        message += " " + more % {"n": len(wrong) - 1}
    return Finding("wrong_line", f"lines.{index}.net", message)


def lines_add_up(invoice: Invoice) -> Finding | None:
    stated, expected = invoice.lines_total, _sum(line.net for line in invoice.lines)
    if stated is None or not _differs(invoice, stated, expected):
        return None
    message = _("The sum of the lines is stated as %(stated)s, but they add up to %(expected)s.")
    return Finding("wrong_lines_total", "lines_total", message % _values(invoice, stated, expected))


def allowances_add_up(invoice: Invoice) -> Finding | None:
    stated, expected = invoice.allowances_total or Decimal(0), _allowances(invoice.adjustments)
    if not _differs(invoice, stated, expected):
        return None
    message = _("The allowances are stated as %(stated)s, but they add up to %(expected)s.")
    return Finding(
        "wrong_allowances", "allowances_total", message % _values(invoice, stated, expected)
    )


def charges_add_up(invoice: Invoice) -> Finding | None:
    stated, expected = invoice.charges_total or Decimal(0), _charges(invoice.adjustments)
    if not _differs(invoice, stated, expected):
        return None
    message = _("The charges are stated as %(stated)s, but they add up to %(expected)s.")
    return Finding("wrong_charges", "charges_total", message % _values(invoice, stated, expected))


def net_is_right(invoice: Invoice) -> Finding | None:
    stated, lines = invoice.net_total, invoice.lines_total
    if stated is None or lines is None:
        return None
    expected = lines - (invoice.allowances_total or 0) + (invoice.charges_total or 0)
    if not _differs(invoice, stated, expected):
        return None
    message = _(
        "The total without VAT is %(stated)s, but lines, allowances and charges give %(expected)s."
    )
    return Finding("wrong_net_total", "net_total", message % _values(invoice, stated, expected))


def vat_bases_are_right(invoice: Invoice) -> Finding | None:
    """Each rate applies to the lines, allowances and charges that carry it."""
    if not _is_classified(invoice):
        return None
    bases = _bases(invoice)
    for index, group in enumerate(invoice.taxes):
        expected = bases.get(_key(group), Decimal(0))
        if group.taxable is not None and _differs(invoice, group.taxable, expected):
            message = _(
                "The invoice applies %(rate)s VAT to %(stated)s, but what it bills at this rate "
                "adds up to %(expected)s."
            )
            values = _values(invoice, group.taxable, expected) | {
                "rate": show_percent(group.vat_percent)
            }
            return Finding("wrong_vat_base", f"taxes.{index}.taxable", message % values)
    return None


def every_rate_is_summed(invoice: Invoice) -> Finding | None:
    """No line bills a rate above zero that the VAT summary leaves out."""
    summed = {_key(group) for group in invoice.taxes}
    missing = [
        key for item in invoice.lines if (key := _key(item)) not in summed and key[1] and key[0]
    ]
    if not missing:
        return None
    message = _("There are lines with %(rate)s VAT, but the VAT summary has no such rate.")
    return Finding("missing_vat", "taxes", message % {"rate": show_percent(missing[0][1])})


def vat_is_right(invoice: Invoice) -> Finding | None:
    """Each rate's VAT is its base times the rate, give or take a unit for each line."""
    lines = Counter(_key(line) for line in invoice.lines)
    for index, group in enumerate(invoice.taxes):
        expected = _expected_tax(invoice, group)
        units = max(MIN_VAT_TOLERANCE_UNITS, lines[_key(group)])
        if expected is not None and _differs(invoice, group.tax, expected, units=units):
            message = _(
                "VAT of %(rate)s on %(base)s is %(expected)s, but the invoice says %(stated)s."
            )
            values = _values(invoice, group.tax, expected) | {
                "rate": show_percent(group.vat_percent),
                "base": show_amount(group.taxable or Decimal(0), invoice.currency),
            }
            return Finding("wrong_vat", f"taxes.{index}.tax", message % values)
    return None


def vat_adds_up(invoice: Invoice) -> Finding | None:
    stated, expected = invoice.vat_total or Decimal(0), _sum(group.tax for group in invoice.taxes)
    if not invoice.taxes or not _differs(invoice, stated, expected):
        return None
    message = _("The VAT is stated as %(stated)s, but the rates add up to %(expected)s.")
    return Finding("wrong_vat_total", "vat_total", message % _values(invoice, stated, expected))


def total_is_right(invoice: Invoice) -> Finding | None:
    stated, net = invoice.gross_total, invoice.net_total
    if stated is None or net is None:
        return None
    expected = net + (invoice.vat_total or 0)
    if not _differs(invoice, stated, expected):
        return None
    message = _(
        "The total on the invoice is %(stated)s, but its lines and VAT add up to %(expected)s."
    )
    return Finding("wrong_total", "gross_total", message % _values(invoice, stated, expected))


def payable_is_right(invoice: Invoice) -> Finding | None:
    """What is to be paid is the total, less what is paid, plus rounding."""
    if invoice.gross_total is None:
        return None
    expected = invoice.gross_total - (invoice.prepaid or 0) + (invoice.rounding or 0)
    if not _differs(invoice, invoice.payable, expected):
        return None
    message = _(
        "The amount to pay is %(stated)s, but the total less what is already paid is %(expected)s."
    )
    return Finding(
        "wrong_payable", "payable", message % _values(invoice, invoice.payable, expected)
    )


def unit_of(currency: str) -> Decimal:
    """Return the smallest amount that `currency` is written in."""
    return Decimal(1) if currency in WHOLE_UNIT_CURRENCIES else CENT


def _expected_net(line: Line) -> Decimal | None:
    if line.quantity is None or line.price is None:
        return None
    product = EXACT.multiply(line.quantity, line.price)
    gross = EXACT.divide(product, line.base_quantity or Decimal(1))
    return gross - _allowances(line.adjustments) + _charges(line.adjustments)


def _expected_tax(invoice: Invoice, group: TaxGroup) -> Decimal | None:
    if group.taxable is None or (group.vat_percent is None and group.vat_category != "O"):
        return None
    tax = group.taxable * (group.vat_percent or Decimal(0)) / 100
    return round_to(tax, unit_of(invoice.currency))


def _bases(invoice: Invoice) -> dict[VatKey, Decimal]:
    bases: defaultdict[VatKey, Decimal] = defaultdict(Decimal)
    for line in invoice.lines:
        bases[_key(line)] += line.net
    for item in invoice.adjustments:
        bases[_key(item)] += item.amount if item.is_charge else -item.amount
    return bases


def _is_classified(invoice: Invoice) -> bool:
    items: Items = (*invoice.lines, *invoice.adjustments, *invoice.taxes)
    return all(item.vat_category for item in items)


def _key(item: Line | Adjustment | TaxGroup) -> VatKey:
    return item.vat_category, item.vat_percent or Decimal(0)


def _allowances(adjustments: Iterable[Adjustment]) -> Decimal:
    return _sum(item.amount for item in adjustments if not item.is_charge)


def _charges(adjustments: Iterable[Adjustment]) -> Decimal:
    return _sum(item.amount for item in adjustments if item.is_charge)


def _sum(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, Decimal(0))


def _differs(
    invoice: Invoice, stated: Decimal, expected: Decimal, *, units: int = SUM_TOLERANCE_UNITS
) -> bool:
    return abs(stated - expected) > unit_of(invoice.currency) * units


def _values(invoice: Invoice, stated: Decimal, expected: Decimal) -> dict[str, str]:
    rounded = round_to(expected, unit_of(invoice.currency))
    return {
        "stated": show_amount(stated, invoice.currency),
        "expected": show_amount(rounded, invoice.currency),
    }


ARITHMETIC_CHECKS: tuple[Callable[[Invoice], Finding | None], ...] = (
    lines_are_right,
    lines_add_up,
    allowances_add_up,
    charges_add_up,
    net_is_right,
    every_rate_is_summed,
    vat_bases_are_right,
    vat_is_right,
    vat_adds_up,
    total_is_right,
    payable_is_right,
)
