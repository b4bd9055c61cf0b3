"""Lines, allowances and charges of made invoices, and the totals that follow from them."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from random import Random

from .arithmetic import CENT
from .invoices import Adjustment, Attachment, Invoice, Line, TaxGroup
from .making_words import Country, Good
from .words import round_to

SHARE_WITH_LINE_DISCOUNT = 0.12
SHARE_WITH_DISCOUNT = 0.15
SHARE_WITH_FREIGHT = 0.2
SHARE_PER_HUNDRED = 0.08
EXEMPTION = "Exempt from VAT"


def make_lines(
    random: Random, country: Country, goods: Sequence[Good], *, count: int
) -> tuple[Line, ...]:
    """Return `count` lines; the first has the standard rate, so that there is always some VAT."""
    taxed = [good for good in goods if good.rate == "standard"]
    picked = [random.choice(taxed), *random.choices(goods, k=count - 1)]
    return tuple(
        _make_line(random, country, good, number) for number, good in enumerate(picked, start=1)
    )


def make_adjustments(
    random: Random, country: Country, lines: Sequence[Line]
) -> tuple[Adjustment, ...]:
    """Return sometimes a discount, sometimes freight; both at the rate of the first line."""
    made = []
    base = sum((line.net for line in lines if _key(line) == _key(lines[0])), Decimal(0))
    if random.random() < SHARE_WITH_DISCOUNT:
        amount = round_to(base * random.randint(2, 5) / 100, CENT)
        made.append(Adjustment(is_charge=False, amount=amount, reason="Loyal customer"))
    if random.random() < SHARE_WITH_FREIGHT:
        amount = Decimal(random.randint(9, 60)) - CENT * random.choice((0, 5, 10))
        made.append(Adjustment(is_charge=True, amount=amount, reason="Freight"))
    category, percent = _key(lines[0])
    return tuple(replace(item, vat_category=category, vat_percent=percent) for item in made)


def complete_invoice(
    head: Invoice,
    *,
    lines: tuple[Line, ...],
    attachments: tuple[Attachment, ...],
    make_adjustments: Callable[[tuple[Line, ...]], tuple[Adjustment, ...]],
    prepaid_share: str,
) -> Invoice:
    """Return `head` with lines, VAT and all totals as EN 16931 computes them."""
    adjustments = make_adjustments(lines)
    allowances = [item.amount for item in adjustments if not item.is_charge]
    charges = [item.amount for item in adjustments if item.is_charge]
    lines_total = sum((line.net for line in lines), Decimal(0))
    net_total = lines_total - sum(allowances, Decimal(0)) + sum(charges, Decimal(0))
    taxes = _tax_groups(lines, adjustments)
    vat_total = sum((group.tax for group in taxes), Decimal(0))
    gross_total = net_total + vat_total
    prepaid = round_to(gross_total * Decimal(prepaid_share), CENT)
    return replace(
        head,
        lines=lines,
        adjustments=adjustments,
        attachments=attachments,
        taxes=taxes,
        lines_total=lines_total,
        allowances_total=sum(allowances, Decimal(0)) if allowances else None,
        charges_total=sum(charges, Decimal(0)) if charges else None,
        net_total=net_total,
        vat_total=vat_total,
        gross_total=gross_total,
        prepaid=prepaid or None,
        payable=gross_total - prepaid,
    )


def _make_line(random: Random, country: Country, good: Good, number: int) -> Line:
    quantity = Decimal(random.randint(1, good.max_quantity))
    price = Decimal(random.randint(good.min_cents, good.max_cents)) * CENT * country.price_level
    price = round_to(price, CENT)
    base = Decimal(100) if random.random() < SHARE_PER_HUNDRED and quantity > 1 else None
    gross = round_to(quantity * price / (base or 1), CENT)
    discount = round_to(gross / 20, CENT) if random.random() < SHARE_WITH_LINE_DISCOUNT else None
    allowance = (
        (Adjustment(is_charge=False, amount=discount, reason="Volume discount"),)
        if discount
        else ()
    )
    category, percent = country.rates[good.rate]
    return Line(
        number=str(number),
        description=good.name,
        quantity=quantity,
        unit=good.unit,
        price=price,
        base_quantity=base,
        net=gross - (discount or 0),
        vat_category=category,
        vat_percent=Decimal(percent),
        adjustments=allowance,
    )


def _tax_groups(lines: Sequence[Line], adjustments: Sequence[Adjustment]) -> tuple[TaxGroup, ...]:
    bases: dict[tuple[str, Decimal], Decimal] = {}
    for line in lines:
        bases[_key(line)] = bases.get(_key(line), Decimal(0)) + line.net
    for item in adjustments:
        bases[_key(item)] += item.amount if item.is_charge else -item.amount
    return tuple(
        TaxGroup(
            vat_category=category,
            vat_percent=percent,
            taxable=base,
            tax=round_to(base * percent / 100, CENT),
            reason=EXEMPTION if category == "E" else "",
        )
        for (category, percent), base in bases.items()
    )


def _key(item: Line | Adjustment) -> tuple[str, Decimal]:
    return item.vat_category, item.vat_percent or Decimal(0)
