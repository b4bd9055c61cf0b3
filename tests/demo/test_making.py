"""Made papers: the same each time, valid where they should be, faulty in one way elsewhere."""

from datetime import timedelta
from decimal import Decimal
from random import Random

import pytest

from apps.demo.checks import check_invoice
from apps.demo.identities import INVENTED_BANKS, make_iban, make_vat_id
from apps.demo.making import Fault, MadeInvoice, make_invoice, make_vendors
from apps.demo.making_words import STRANGERS
from apps.demo.payload import from_payload, to_payload
from apps.demo.schema import INVOICE_SCHEMA
from apps.demo.tiny_pdf import make_pdf
from apps.demo.ubl import read_attachment, read_invoice
from apps.lib.schema import compile_schema
from tests.demo.samples import TODAY

SEEDS = range(300)
VENDORS = make_vendors(seed=1)
VALIDATOR = compile_schema(INVOICE_SCHEMA)


def made(seed: int, fault: Fault | None = None) -> MadeInvoice:
    return make_invoice(VENDORS, seed=seed, today=TODAY, fault=fault)


def codes_of(invoice: MadeInvoice) -> list[str]:
    return [item.code for item in check_invoice(invoice.invoice, invoice.facts(TODAY))]


def test_every_valid_invoice_passes_all_checks() -> None:
    assert {seed: codes for seed in SEEDS if (codes := codes_of(made(seed)))} == {}


def test_every_made_invoice_is_ubl_that_reads_back_the_same() -> None:
    for seed in SEEDS:
        invoice = made(seed)
        assert read_invoice(invoice.xml) == invoice.invoice


@pytest.mark.parametrize("fault", Fault)
def test_every_faulty_invoice_fails_first_with_its_own_code(fault: Fault) -> None:
    first = {seed: (codes_of(made(seed, fault)) or [""])[0] for seed in SEEDS}

    assert {seed: code for seed, code in first.items() if code != fault.value} == {}


@pytest.mark.parametrize("fault", [None, *Fault])
def test_every_made_invoice_fits_the_schema(fault: Fault | None) -> None:
    for seed in range(60):
        payload = to_payload(made(seed, fault).invoice)
        assert VALIDATOR.is_valid(payload)
        assert from_payload(payload) == made(seed, fault).invoice


def test_a_wrong_total_is_cured_by_that_one_field() -> None:
    for seed in SEEDS:
        wrong = made(seed, Fault.WRONG_TOTAL)
        right = str(made(seed).invoice.gross_total)
        cured = from_payload(to_payload(wrong.invoice) | {"gross_total": right})
        assert check_invoice(cured, wrong.facts(TODAY)) == []


def test_the_same_seed_makes_the_same_papers() -> None:
    assert make_vendors(seed=7) == make_vendors(seed=7)
    assert make_vendors(seed=7) != make_vendors(seed=8)
    assert made(5).xml == made(5).xml
    assert made(5).invoice != made(6).invoice


def test_numbers_of_invoices_and_orders_are_never_the_same() -> None:
    seeds = [*range(3000), *range(999_900, 1_000_100), 1_790_000_000]
    invoices = [made(seed) for seed in seeds]

    assert len({item.invoice.number.partition("-")[2] for item in invoices}) == len(seeds)
    assert len({item.invoice.order_reference for item in invoices}) == len(seeds)


def test_made_invoices_show_the_variety_of_real_ones() -> None:
    invoices = [made(seed).invoice for seed in SEEDS]

    counts = {len(invoice.lines) for invoice in invoices}
    assert min(counts) == 1
    assert 10 <= max(counts) <= 12
    assert {invoice.currency for invoice in invoices} == {"EUR", "DKK", "PLN"}
    assert any(len(invoice.taxes) >= 3 for invoice in invoices)
    assert any(line.base_quantity for invoice in invoices for line in invoice.lines)
    assert any(line.adjustments for invoice in invoices for line in invoice.lines)
    assert {item.is_charge for invoice in invoices for item in invoice.adjustments} == {True, False}
    assert any(invoice.prepaid for invoice in invoices)
    assert all(invoice.payable > 0 for invoice in invoices)
    attached = sum(bool(invoice.attachments) for invoice in invoices)
    assert 0.1 < attached / len(invoices) < 0.5


def test_dates_are_of_the_last_days_and_future_ones_are_not() -> None:
    for seed in SEEDS:
        assert TODAY - timedelta(days=12) <= made(seed).invoice.issue_date <= TODAY
        assert made(seed, Fault.FUTURE_DATE).invoice.issue_date > TODAY + timedelta(days=1)


def test_a_duplicate_of_an_invoice_is_that_invoice_again() -> None:
    first = made(3)
    again = make_invoice(VENDORS, seed=4, today=TODAY, fault=Fault.DUPLICATE, like=first)

    assert again.invoice == first.invoice
    assert again.fault == Fault.DUPLICATE


def test_an_attached_file_opens() -> None:
    invoice = next(item for seed in SEEDS if (item := made(seed)).files)

    attachment, content = read_attachment(invoice.xml, 0)

    assert attachment == invoice.invoice.attachments[0]
    assert content == invoice.files[attachment.name]
    assert content.startswith(b"%PDF-")


def test_vendors_differ_in_name_vat_id_and_account_and_are_no_strangers() -> None:
    vendors = make_vendors(seed=2, count=240)

    assert len({vendor.party.name.rpartition(" ")[0] for vendor in vendors}) > 200
    assert len({vendor.party.vat_id for vendor in vendors}) == 240
    assert len({vendor.iban for vendor in vendors}) == 240
    assert not {word for vendor in vendors for word in STRANGERS if word in vendor.party.name}
    assert [vendor.known.id for vendor in vendors] == list(range(1, 241))


# -- identities: checked with the textbook rules, written another way than in the product


@pytest.mark.parametrize("country", INVENTED_BANKS)
def test_ibans_have_the_right_length_and_checksum(country: str) -> None:
    lengths = {"AT": 20, "BE": 16, "DE": 22, "DK": 18, "FR": 27, "NL": 18, "PL": 28}
    random = Random(1)

    for _ in range(100):
        iban = make_iban(country, random)
        turned = iban[4:] + iban[:4]
        number = "".join(letter if letter.isdigit() else str(ord(letter) - 55) for letter in turned)
        assert len(iban) == lengths[country]
        assert int(number) % 97 == 1
        assert iban[4:].startswith(INVENTED_BANKS[country])


def digits_of(vat_id: str) -> list[int]:
    return [int(character) for character in vat_id if character.isdigit()]


def luhn(digits: list[int]) -> bool:
    doubled = [
        d if place % 2 else sum(divmod(2 * d, 10)) for place, d in enumerate(digits[::-1], 1)
    ]
    return sum(doubled) % 10 == 0


def german(vat_id: str) -> bool:
    product = 10
    *head, check = digits_of(vat_id)
    for digit in head:
        total = (digit + product) % 10
        product = 2 * (total if total else 10) % 11
    return (11 - product if product != 1 else 0) == check and len(head) == 8


def austrian(vat_id: str) -> bool:
    d = digits_of(vat_id)
    even = sum(int(x / 5) + x * 2 % 10 for x in (d[1], d[3], d[5]))
    return (10 - (even + d[0] + d[2] + d[4] + d[6] + 4) % 10) % 10 == d[7]


def belgian(vat_id: str) -> bool:
    return len(vat_id) == 12 and 97 - int(vat_id[2:10]) % 97 == int(vat_id[10:])


def danish(vat_id: str) -> bool:
    weights = (2, 7, 6, 5, 4, 3, 2, 1)
    return sum(a * b for a, b in zip(digits_of(vat_id), weights, strict=True)) % 11 == 0


def french(vat_id: str) -> bool:
    siren = vat_id[4:]
    return luhn([int(d) for d in siren]) and int(siren + "12") % 97 == int(vat_id[2:4])


def dutch(vat_id: str) -> bool:
    d = digits_of(vat_id)[:9]
    total = sum(digit * weight for digit, weight in zip(d, range(9, 1, -1), strict=False))
    return total % 11 == d[8] and vat_id.endswith("B01")


def polish(vat_id: str) -> bool:
    weights = (6, 5, 7, 2, 3, 4, 5, 6, 7)
    d = digits_of(vat_id)
    return sum(a * b for a, b in zip(d, weights, strict=False)) % 11 == d[9]


@pytest.mark.parametrize(
    ("country", "is_right", "known"),
    [
        ("DE", german, "DE136695976"),
        ("AT", austrian, "ATU13585627"),
        ("BE", belgian, "BE0428759497"),
        ("DK", danish, "DK13585628"),
        ("FR", french, "FR40303265045"),
        ("NL", dutch, "NL004495445B01"),
        ("PL", polish, "PL8567346215"),
    ],
)
def test_vat_ids_have_the_right_check_digits(country: str, is_right: object, known: str) -> None:
    random = Random(2)

    assert is_right(known)  # type: ignore[operator]
    for _ in range(200):
        assert is_right(make_vat_id(country, random))  # type: ignore[operator]


# -- the hand-written PDF


def test_the_cross_references_of_a_pdf_point_at_its_objects() -> None:
    pdf = make_pdf(["Delivery (note) \\ Lübeck", "→"])

    start = int(pdf.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
    assert pdf[start:].startswith(b"xref\n0 6\n")
    entries = pdf[start:].split(b"\n")[3:8]
    for number, entry in enumerate(entries, start=1):
        assert pdf[int(entry[:10]) :].startswith(b"%d 0 obj\n" % number)
    assert rb"(Delivery \(note\) \\ L" in pdf
    stream = pdf.split(b"stream\n", 1)[1].split(b"\nendstream")[0]
    assert b"/Length %d " % len(stream) in pdf


def test_totals_are_what_people_would_add_up() -> None:
    invoice = made(11).invoice

    nets = sum((line.net for line in invoice.lines), Decimal(0))
    assert invoice.lines_total == nets
    assert invoice.gross_total == (invoice.net_total or 0) + (invoice.vat_total or 0)
