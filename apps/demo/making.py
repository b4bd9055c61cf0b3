"""Makes vendors, purchase orders and invoices for the demo: the same seed, the same papers.

A valid invoice passes every check; a faulty one has exactly one fault, and its code comes first.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from random import Random

from .arithmetic import CENT
from .checks import Facts, KnownOrder, KnownVendor, Posted
from .identities import make_iban, make_vat_id
from .invoices import Attachment, Invoice, Kind, Party
from .making_lines import complete_invoice, make_adjustments, make_lines
from .making_words import BUYERS, COUNTRIES, GOODS, PLACES, STRANGERS, TRADES, Country
from .tiny_pdf import make_pdf
from .ubl_writing import write_invoice
from .words import round_to

MAX_LINES = 12
SHARE_WITH_ATTACHMENT = 0.25
SHARE_WITH_PREPAYMENT = 0.1
# Multiplying by it walks once through all remainders of a million before it repeats one.
SCRAMBLE = 7_919
MILLION = 1_000_000


class Fault(StrEnum):
    """What can be wrong with a made invoice; each is also the code of the finding."""

    WRONG_TOTAL = "wrong_total"
    WRONG_VAT = "wrong_vat"
    UNKNOWN_VENDOR = "unknown_vendor"
    UNKNOWN_ORDER = "unknown_order"
    OVER_ORDER = "over_order"
    DUPLICATE = "duplicate"
    FUTURE_DATE = "future_date"
    MISSING_ORDER_REFERENCE = "missing_order_reference"


@dataclass(frozen=True, kw_only=True)
class MadeVendor:
    """An invented company; `known` is how the books know it."""

    party: Party
    iban: str
    prefix: str
    known: KnownVendor


@dataclass(frozen=True, kw_only=True)
class MadeInvoice:
    """An invoice, the order that our books hold for it (None: none), and what is wrong with it."""

    invoice: Invoice
    vendor: MadeVendor
    order: KnownOrder | None
    fault: Fault | None = None
    files: dict[str, bytes] = field(default_factory=dict)

    @property
    def xml(self) -> bytes:
        return write_invoice(self.invoice, files=self.files)

    def facts(self, today: date) -> Facts:
        """Return what the books say, once the vendor and the order of this invoice are in them."""
        posted = Posted(reference="DOC-000001", posted_on=today - timedelta(days=3))
        return Facts(
            today=today,
            vendor=None if self.fault == Fault.UNKNOWN_VENDOR else self.vendor.known,
            order=self.order,
            posted=posted if self.fault == Fault.DUPLICATE else None,
        )


def make_vendors(*, seed: int, count: int = 24) -> tuple[MadeVendor, ...]:
    """Return `count` vendors with different names, ids 1 to `count`; at most 240."""
    random = _random("vendors", seed)
    names = [f"{place} {trade}" for place in PLACES for trade in TRADES]
    return tuple(
        _make_vendor(random, name, number, code=_choose_country(random))
        for number, name in enumerate(random.sample(names, count), start=1)
    )


def make_invoice(
    vendors: Sequence[MadeVendor],
    *,
    seed: int,
    today: date,
    fault: Fault | None = None,
    like: MadeInvoice | None = None,
) -> MadeInvoice:
    """Return the invoice number `seed` of one of `vendors`, dated before `today`.

    Different seeds give different invoice and order numbers. `fault` puts that one fault in. A
    duplicate of `like` has its vendor, number, order and amounts; without `like`, it is the
    invoice of this seed, which somebody has to post first.
    """
    if fault == Fault.DUPLICATE and like is not None:
        return replace(like, fault=fault)
    made = _make_valid(vendors, seed=seed, today=today)
    spoil = SPOILERS.get(fault) if fault else None
    return replace(spoil(made, _random("fault", seed)) if spoil else made, fault=fault)


def _random(purpose: str, seed: int) -> Random:
    return Random(f"{purpose} {seed}")  # noqa: S311 (sample data, to be the same each time)


def _choose_country(random: Random) -> str:
    return random.choices(list(COUNTRIES), [country.weight for country in COUNTRIES.values()])[0]


def _make_vendor(random: Random, name: str, number: int, *, code: str) -> MadeVendor:
    country = COUNTRIES[code]
    city, postcode = random.choice(country.cities)
    party = Party(
        name=f"{name} {random.choice(country.legal_forms)}",
        vat_id=make_vat_id(code, random),
        endpoint=f"EM:invoices@{name.split()[0].lower()}.example",
        street=f"{random.choice(country.streets)} {random.randint(1, 140)}",
        postcode=postcode,
        city=city,
        country=code,
    )
    return MadeVendor(
        party=party,
        iban=make_iban(code, random),
        prefix="".join(word[0] for word in name.split()).upper(),
        known=KnownVendor(id=number, name=party.name, vat_id=party.vat_id),
    )


def _make_valid(vendors: Sequence[MadeVendor], *, seed: int, today: date) -> MadeInvoice:
    random = _random("invoice", seed)
    vendor = random.choice(vendors)
    country = COUNTRIES[vendor.party.country]
    number = _scrambled(seed)
    attachments, files = _make_files(random, vendor, number)
    invoice = complete_invoice(
        _make_head(random, vendor, country, number=number, today=today),
        lines=make_lines(random, country, GOODS, count=_line_count(random)),
        attachments=attachments,
        make_adjustments=lambda lines: make_adjustments(random, country, lines),
        prepaid_share=random.choice(("0.2", "0.5"))
        if random.random() < SHARE_WITH_PREPAYMENT
        else "0",
    )
    order = _make_order(random, vendor, invoice)
    return MadeInvoice(invoice=invoice, vendor=vendor, order=order, files=files)


def _line_count(random: Random) -> int:
    return min(random.randint(1, MAX_LINES), random.randint(1, MAX_LINES))


def _make_head(
    random: Random, vendor: MadeVendor, country: Country, *, number: str, today: date
) -> Invoice:
    issued = today - timedelta(days=random.randint(0, 12))
    days = random.choice((14, 30, 30, 45))
    return Invoice(
        kind=Kind.INVOICE,
        number=f"{vendor.prefix}-{number}",
        type_code="380",
        issue_date=issued,
        due_date=issued + timedelta(days=days),
        currency=country.currency,
        vendor=vendor.party,
        buyer=BUYERS[vendor.party.country],
        order_reference=f"PO-4{number}",
        payment_means="58",
        iban=vendor.iban,
        payment_reference=f"{vendor.prefix}{number}",
        payment_terms=f"Payable within {days} days.",
        payable=Decimal(0),
        lines=(),
    )


def _scrambled(seed: int) -> str:
    return f"{seed // MILLION * MILLION + seed * SCRAMBLE % MILLION:06d}"


def _make_files(
    random: Random, vendor: MadeVendor, number: str
) -> tuple[tuple[Attachment, ...], dict[str, bytes]]:
    if random.random() >= SHARE_WITH_ATTACHMENT:
        return (), {}
    name = f"delivery-note-{number}.pdf"
    content = make_pdf([vendor.party.name, f"Delivery note {number}", "Received in good order."])
    attachment = Attachment(
        name=name,
        media_type="application/pdf",
        size=len(content),
        description="Delivery note",
    )
    return (attachment,), {name: content}


def _make_order(random: Random, vendor: MadeVendor, invoice: Invoice) -> KnownOrder:
    net = invoice.net_total or Decimal(0)
    share = Decimal(random.choice(("1", "1", "1", "1.1", "1.5")))
    return KnownOrder(
        number=invoice.order_reference,
        vendor=vendor.known,
        currency=invoice.currency,
        net_amount=round_to(net * share, CENT),
        tolerance_percent=Decimal(random.choice((0, 2, 5))),
    )


def _spoil_total(made: MadeInvoice, random: Random) -> MadeInvoice:
    gross = made.invoice.gross_total or Decimal(0)
    return _changed(made, gross_total=_with_swapped_digits(gross, random))


def _with_swapped_digits(amount: Decimal, random: Random) -> Decimal:
    """Return `amount` with two neighbouring digits swapped, as people mistype; never the same."""
    digits = f"{amount:.2f}"
    places = [
        place
        for place in range(len(digits) - 1)
        if digits[place : place + 2].isdigit()
        and digits[place] != digits[place + 1]
        and not (place == 0 and digits[1] == "0")
    ]
    if not places:
        return amount + 100
    place = random.choice(places)
    swapped = digits[place + 1] + digits[place]
    return Decimal(digits[:place] + swapped + digits[place + 2 :])


def _spoil_vat(made: MadeInvoice, random: Random) -> MadeInvoice:
    """Overstate the VAT of the largest group; the totals follow, as from a wrong setting."""
    invoice = made.invoice
    largest = max(invoice.taxes, key=lambda group: group.tax)
    excess = round_to(largest.tax / 10, CENT) + 1
    taxes = tuple(
        replace(group, tax=group.tax + excess) if group is largest else group
        for group in invoice.taxes
    )
    return _changed(
        made,
        taxes=taxes,
        vat_total=(invoice.vat_total or 0) + excess,
        gross_total=(invoice.gross_total or 0) + excess,
        payable=invoice.payable + excess,
    )


def _spoil_vendor(made: MadeInvoice, random: Random) -> MadeInvoice:
    name, code = random.choice(STRANGERS), made.vendor.party.country
    stranger = _make_vendor(random, name, number=0, code=code)
    return replace(_changed(made, vendor=stranger.party, iban=stranger.iban), vendor=stranger)


def _spoil_order(made: MadeInvoice, random: Random) -> MadeInvoice:
    wrong = made.invoice.order_reference.replace("PO-4", "PO-9", 1)
    return replace(_changed(made, order_reference=wrong), order=None)


def _leave_order_out(made: MadeInvoice, random: Random) -> MadeInvoice:
    return replace(_changed(made, order_reference=""), order=None)


def _shrink_order(made: MadeInvoice, random: Random) -> MadeInvoice:
    if made.order is None or made.invoice.net_total is None:
        return made
    share = Decimal(random.randint(40, 80)) / 100
    amount = round_to(made.invoice.net_total * share, CENT)
    return replace(made, order=replace(made.order, net_amount=amount))


def _move_to_future(made: MadeInvoice, random: Random) -> MadeInvoice:
    later = timedelta(days=random.randint(30, 300))
    issued = made.invoice.issue_date + later
    due = made.invoice.due_date + later if made.invoice.due_date else None
    return _changed(made, issue_date=issued, due_date=due)


def _changed(made: MadeInvoice, **changes: object) -> MadeInvoice:
    return replace(made, invoice=replace(made.invoice, **changes))  # type: ignore[arg-type]


SPOILERS: dict[Fault, Callable[[MadeInvoice, Random], MadeInvoice]] = {
    Fault.WRONG_TOTAL: _spoil_total,
    Fault.WRONG_VAT: _spoil_vat,
    Fault.UNKNOWN_VENDOR: _spoil_vendor,
    Fault.UNKNOWN_ORDER: _spoil_order,
    Fault.OVER_ORDER: _shrink_order,
    Fault.FUTURE_DATE: _move_to_future,
    Fault.MISSING_ORDER_REFERENCE: _leave_order_out,
}
