"""The invoice as people see it beside the form."""

from dataclasses import replace
from decimal import Decimal
from html.parser import HTMLParser

import pytest
from django.template.loader import render_to_string

from apps.demo.invoices import Attachment, Kind, Party
from apps.demo.making import make_invoice, make_vendors
from apps.demo.rendering import MAX_ROWS_SHOWN, view_of
from apps.demo.ubl import read_invoice
from apps.lib.schema import MASK
from tests.demo.samples import TODAY, shared_invoice, simple_invoice, simple_line
from tests.demo.test_ubl import REAL_FILES

VOID = {"br", "use", "img", "input", "hr", "meta", "link"}


class Balance(HTMLParser):
    """Fails on tags that are not closed in order, and on what the content policy forbids."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag not in ("script", "style")
        assert not [name for name, _ in attrs if name == "style" or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def shown(html: str) -> str:
    parser = Balance()
    parser.feed(html)
    assert parser.open == []
    return " ".join(" ".join(parser.texts).split())


def page(invoice: object, **options: object) -> str:
    return render_to_string("demo/invoice.html", {"document": view_of(invoice, **options)})  # type: ignore[arg-type]


def test_an_invoice_shows_what_people_need_to_decide() -> None:
    text = shown(page(simple_invoice(notes=("Thank you\nfor your order",))))

    for expected in (
        "Invoice RE-1",
        "20 March 2026",
        "Order number PO-1",
        "Kupferhain Papers GmbH",
        "DE136695976",
        "1 Chair 10 100.00 19 % 1,000.00",
        "19 % VAT on 1,000.00 EUR 190.00 EUR",
        "Total with VAT 1,190.00 EUR",
        "Amount to pay 1,190.00 EUR",
        "Thank you for your order",
    ):
        assert expected in text


@pytest.mark.parametrize("name", REAL_FILES)
def test_every_real_file_can_be_shown(name: str) -> None:
    invoice = read_invoice(shared_invoice(name))

    text = shown(page(invoice))

    assert invoice.number in text
    assert not invoice.iban or invoice.iban not in text


def test_every_made_invoice_can_be_shown() -> None:
    vendors = make_vendors(seed=1)
    for seed in range(30):
        invoice = make_invoice(vendors, seed=seed, today=TODAY).invoice
        assert invoice.vendor.name in shown(page(invoice))


def test_accounts_are_masked_until_they_are_revealed() -> None:
    invoice = simple_invoice(other_accounts=("NL00DEMO0000000001",))

    assert shown(page(invoice)).count(MASK) == 2
    assert "DE02999999991234567890" not in page(invoice)
    revealed = page(invoice, reveals_personal=True)
    assert "DE02999999991234567890" in revealed
    assert "NL00DEMO0000000001" in revealed


@pytest.mark.parametrize("field", ["gross_total", "order_reference", "lines.0.net", "taxes.0.tax"])
def test_what_a_check_found_is_marked_by_more_than_colour(field: str) -> None:
    invoice = simple_invoice(order_reference="")

    html = page(invoice, doubtful=[field])

    assert html.count("cell-act") == 1
    assert html.count('aria-label="Doubtful"') == 1
    assert "cell-act" not in page(invoice)


def test_text_from_the_document_is_never_markup() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    invoice = simple_invoice(
        number=attack,
        vendor=Party(name=attack, vat_id=attack, street=attack),
        lines=(simple_line(description=attack, unit=attack, number=attack),),
        notes=(attack,),
        payment_terms=attack,
        attachments=(Attachment(name=attack, media_type="x", size=1, description=attack),),
    )

    text = shown(page(invoice))

    assert text.count("<script>alert(1)</script>") >= 8


def test_figures_keep_every_decimal_they_have() -> None:
    line = simple_line(quantity=Decimal(16_000), unit="KWH", price=Decimal("0.00880"))
    view = view_of(simple_invoice(lines=(line,)))

    assert view.lines[0].quantity == "16,000 kWh"
    assert view.lines[0].price == "0.0088"
    per_dozen = replace(line, base_quantity=Decimal(12))
    assert view_of(simple_invoice(lines=(per_dozen,))).lines[0].price == "0.0088 for 12"


def test_a_credit_note_is_called_one() -> None:
    assert view_of(simple_invoice(kind=Kind.CREDIT_NOTE)).title == "Credit note RE-1"


def test_a_very_long_invoice_says_how_much_it_leaves_out() -> None:
    lines = tuple(simple_line(number=str(n)) for n in range(MAX_ROWS_SHOWN + 3))

    text = shown(page(simple_invoice(lines=lines)))

    assert "3 more lines are in the file." in text
