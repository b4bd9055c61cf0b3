"""Reading UBL: real files, and files that want to hurt."""

import base64
import re
from datetime import date
from decimal import Decimal

import pytest

from apps.demo.invoices import Adjustment, Attachment, Kind
from apps.demo.safe_xml import MAX_BYTES, UblError
from apps.demo.ubl import MAX_COUNTS, read_attachment, read_invoice
from apps.lib.errors import TooLargeError
from tests.demo.samples import shared_invoice, simple_invoice, simple_xml

REAL_FILES = {
    "BIS3_Invoice_negativ.XML": ("12345", "DKK", "-782179.43", 1),
    "BIS3_Invoice_positive.XML": ("12345", "DKK", "782179.43", 1),
    "FT_G2G_TD01_con_Allegato__Bonifico_e_Split_Payment.xml": ("1316/85", "EUR", "1246.00", 1),
    "guide-example1.xml": ("12115118", "EUR", "250.33", 20),
    "guide-example2.xml": ("TOSL108", "NOK", "801.78", 5),
    "guide-example3.xml": ("TOSL108", "DKK", "1125.00", 2),
    "issue116.xml": ("2018210", "SEK", "830", 4),
    "sample-discount-price.xml": ("test decimal 1", "EUR", "15.15", 1),
    "ubl-tc434-creditnote1.xml": ("018304 / 28865", "EUR", "100.11", 1),
    "ubl-tc434-example1.xml": ("12115118", "EUR", "250.33", 20),
    "ubl-tc434-example10.xml": ("12115118", "EUR", "250.33", 20),
    "ubl-tc434-example2.xml": ("TOSL108", "NOK", "801.78", 5),
    "ubl-tc434-example3.xml": ("TOSL108", "DKK", "2005.00", 2),
    "ubl-tc434-example4.xml": ("TOSL110", "DKK", "4675.00", 3),
    "ubl-tc434-example5.xml": ("TOSL110", "DKK", "2337.50", 3),
    "ubl-tc434-example6.xml": ("TOSL110", "DKK", "4675.00", 3),
    "ubl-tc434-example7.xml": ("INVOICE_test_7", "SEK", "3200.00", 2),
    "ubl-tc434-example8.xml": ("1100512149", "EUR", "1099.78", 10),
    "ubl-tc434-example9.xml": ("20150483", "EUR", "177.87", 1),
}


def refused(data: bytes) -> UblError:
    with pytest.raises(UblError) as caught:
        read_invoice(data)
    assert caught.value.status == 422
    assert caught.value.fields[0].message == caught.value.message
    return caught.value


@pytest.mark.parametrize("name", REAL_FILES)
def test_every_real_file_is_read_to_the_cent(name: str) -> None:
    invoice = read_invoice(shared_invoice(name))

    number, currency, payable, lines = REAL_FILES[name]
    assert (invoice.number, invoice.currency) == (number, currency)
    assert str(invoice.payable) == payable
    assert len(invoice.lines) == lines
    assert invoice.vendor.name


@pytest.mark.parametrize("name", ["LICENSE.txt", "README.md"])
def test_what_is_not_xml_is_refused(name: str) -> None:
    assert refused(shared_invoice(name)).message == (
        "This is not an XML file. Send a UBL invoice as XML."
    )


def test_a_rich_real_invoice_is_read_in_all_its_parts() -> None:
    invoice = read_invoice(shared_invoice("ubl-tc434-example5.xml"))

    assert invoice.issue_date == date(2013, 4, 10)
    assert invoice.due_date == date(2013, 5, 10)
    assert invoice.vendor.name == "SellerCompany"
    assert invoice.vendor.vat_id == "NL16356706"
    assert invoice.vendor.endpoint == "EM:info@selco.nl"
    assert invoice.buyer.name == "Buyercompany ltd"
    assert invoice.order_reference == "PO4711"
    assert invoice.corrects == "TOSL109"
    assert invoice.payment_terms == "50% prepaid, 50% within one month"
    assert invoice.prepaid == Decimal("2337.50")
    # the second TaxTotal is in euros, for the tax office
    assert invoice.vat_total == Decimal("675.00")
    assert [(tax.vat_percent, tax.tax) for tax in invoice.taxes] == [
        (Decimal(25), Decimal("375.00")),
        (Decimal(12), Decimal("300.00")),
    ]
    assert invoice.adjustments[0] == Adjustment(
        is_charge=False,
        amount=Decimal("150.00"),
        reason="Loyal customer",
        vat_category="S",
        vat_percent=Decimal(25),
    )
    line = invoice.lines[0]
    assert (line.quantity, line.unit, line.price, line.net) == (1000, "EA", 1, 1000)
    assert [item.is_charge for item in line.adjustments] == [False, True]
    assert invoice.attachments == (
        Attachment(
            name="EHF.pdf",
            media_type="application/pdf",
            size=23,
            description="your sales slip",
        ),
    )


def test_a_credit_note_is_read_as_one() -> None:
    invoice = read_invoice(shared_invoice("ubl-tc434-creditnote1.xml"))

    assert invoice.kind == Kind.CREDIT_NOTE
    assert invoice.lines[0].quantity == 1
    assert invoice.iban == "BE91000000143476"


def test_several_accounts_are_all_kept_without_blanks() -> None:
    invoice = read_invoice(shared_invoice("guide-example1.xml"))

    assert invoice.iban == "NL57RABO0107307510"
    assert invoice.other_accounts == ("NL03INGB0004489902",)


def test_an_attachment_comes_out_as_it_went_in() -> None:
    data = shared_invoice("FT_G2G_TD01_con_Allegato__Bonifico_e_Split_Payment.xml")

    listed = read_invoice(data).attachments[0]
    attachment, content = read_attachment(data, 0)

    assert attachment == listed
    assert content.startswith(b"%PDF-1.4")
    assert len(content) == listed.size


@pytest.mark.parametrize("size", range(6))
def test_the_size_of_an_attachment_is_known_without_decoding(size: int) -> None:
    wrapped = base64.encodebytes(b"x" * size * 40).decode()

    invoice = read_invoice(with_attachment(wrapped))

    assert invoice.attachments[0].size == size * 40


def test_a_path_in_an_attachments_name_is_left_away() -> None:
    invoice = read_invoice(with_attachment("eA==", filename="..\\..\\etc/passwd"))

    assert invoice.attachments[0].name == "passwd"


def test_a_damaged_attachment_is_refused_only_when_opened() -> None:
    data = with_attachment("%%%%")
    read_invoice(data)

    with pytest.raises(UblError, match="“note.pdf” is damaged"):
        read_attachment(data, 0)
    with pytest.raises(UblError, match="no attachment number 2"):
        read_attachment(data, 1)


def with_attachment(text: str, filename: str = "note.pdf") -> bytes:
    reference = (
        "<cac:AdditionalDocumentReference><cbc:ID>1</cbc:ID><cac:Attachment>"
        f'<cbc:EmbeddedDocumentBinaryObject mimeCode="application/pdf" filename="{filename}">'
        f"{text}</cbc:EmbeddedDocumentBinaryObject></cac:Attachment>"
        "</cac:AdditionalDocumentReference><cac:AccountingSupplierParty>"
    )
    return simple_xml("<cac:AccountingSupplierParty>", reference)


# -- hostile files


def test_an_xml_bomb_is_refused_before_it_goes_off() -> None:
    entities = '<!ENTITY a0 "ha">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 30)
    )
    bomb = f"<!DOCTYPE Invoice [{entities}]><Invoice>&a29;</Invoice>"

    assert "DOCTYPE" in refused(bomb.encode()).message


def test_a_bomb_of_attribute_defaults_is_refused() -> None:
    bomb = (
        '<!DOCTYPE r [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;">'
        '<!ATTLIST r x CDATA "&b;&b;&b;&b;">]><r/>'
    )

    assert "DOCTYPE" in refused(bomb.encode()).message


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE Invoice [<!ENTITY secret SYSTEM "file://{secret}">]>',
        '<!DOCTYPE Invoice [<!ENTITY % remote SYSTEM "http://127.0.0.1:1/x.dtd">%remote;]>',
        '<!DOCTYPE Invoice SYSTEM "http://127.0.0.1:1/invoice.dtd">',
        '<!DOCTYPE Invoice PUBLIC "-//X//Y" "file://{secret}">',
        "<!DOCTYPE Invoice>",
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_external_entities_are_refused(tmp_path: object, doctype: str, encoding: str) -> None:
    secret = f"{tmp_path}/secret.txt"
    with open(secret, "w") as file:
        file.write("the crown jewels")
    text = simple_xml("<cbc:ID>RE-1<", "<cbc:ID>&secret;<").decode()
    text = re.sub(r"<\?xml.*?\?>", f'<?xml version="1.0" encoding="{encoding}"?>{doctype}', text)

    error = refused(text.replace("{secret}", secret).encode(encoding))

    assert "DOCTYPE" in error.message
    assert "jewels" not in error.message


def test_a_doctype_behind_a_long_comment_is_refused() -> None:
    padding = f"<!--{'x' * 300_000}-->"
    data = f"{padding}<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>".encode()

    assert "DOCTYPE" in refused(data).message


def test_an_undeclared_entity_is_refused() -> None:
    assert "not defined" in refused(simple_xml("RE-1", "&secret;")).message


def test_xinclude_is_not_followed(tmp_path: object) -> None:
    include = '<x:include xmlns:x="http://www.w3.org/2001/XInclude" href="file:///etc/hostname"/>'

    error = refused(simple_xml("<cbc:ID>RE-1</cbc:ID>", f"<cbc:ID>{include}</cbc:ID>"))

    assert error.message == "ID is missing, and the invoice can't be read without it."


def test_a_file_beyond_the_limit_is_refused_without_parsing() -> None:
    with pytest.raises(TooLargeError, match="larger than 25 MB"):
        read_invoice(b"<" * (MAX_BYTES + 1))


def test_a_text_beyond_ten_megabytes_is_refused() -> None:
    assert "longer than 10 MB" in refused(with_attachment("A" * 10_100_000)).message


def test_a_deep_nest_is_refused() -> None:
    assert "nested too deep" in refused(b"<a>" * 100_000).message


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "The file is empty. Send a UBL invoice as XML."),
        (b" \n ", "The file is empty. Send a UBL invoice as XML."),
        (b"%PDF-1.7 ...", "This is a PDF file, not XML. Send a UBL invoice as XML."),
        (b"PK\x03\x04...", "This is a ZIP file, not XML. Send a UBL invoice as XML."),
        (b'{"invoice": 1}', "This is a JSON file, not XML. Send a UBL invoice as XML."),
        (b"\x00\x00\x00\x00", "This is not an XML file. Send a UBL invoice as XML."),
    ],
)
def test_what_is_no_xml_at_all_is_named(data: bytes, message: str) -> None:
    assert refused(data).message == message


@pytest.mark.parametrize("nul", ["\x00", "&#0;", "&#x1F;"])
def test_nul_and_control_characters_are_refused(nul: str) -> None:
    message = refused(simple_xml("RE-1", f"RE{nul}1")).message

    assert message.startswith("The file is not well-formed XML: ")
    assert "(line 5, column" in message


def test_bytes_that_are_not_utf8_are_refused_and_shown_where() -> None:
    message = refused(simple_xml().replace(b"RE-1", b"RE-\xff")).message

    assert message.startswith("The file is not well-formed XML: ")


def test_other_declared_encodings_are_read() -> None:
    text = simple_xml("Kupferhain", "Möbelhain").decode()
    for encoding in ("ISO-8859-1", "windows-1252", "UTF-16"):
        data = text.replace("encoding='UTF-8'", f"encoding='{encoding}'").encode(encoding)
        assert read_invoice(data).vendor.name == "Möbelhain Papers GmbH"


def test_an_unknown_encoding_is_refused() -> None:
    assert "encoding" in refused(simple_xml("UTF-8", "KLINGON-8")).message


# -- other documents


def test_another_kind_of_document_is_refused_by_its_name() -> None:
    data = b'<p:FatturaElettronica xmlns:p="http://ivaservizi.agenziaentrate.gov.it/v1.2"/>'

    assert refused(data).message == (
        "This XML file is a “FatturaElettronica” (http://ivaservizi.agenziaentrate.gov.it/v1.2), "
        "not a UBL 2.1 invoice or credit note. Ask the vendor for a UBL file."
    )


@pytest.mark.parametrize("root", ["<Invoice/>", "<html/>", '<Order xmlns="urn:oasis:x:Order-2"/>'])
def test_a_root_that_only_looks_like_ubl_is_refused(root: str) -> None:
    assert "not a UBL 2.1 invoice" in refused(root.encode()).message


# -- single values


@pytest.mark.parametrize(
    ("old", "new", "field", "message"),
    [
        ("<cbc:ID>RE-1</cbc:ID>", "", "ID", "ID is missing"),
        ("2026-03-20", "2026-13-45", "IssueDate", "IssueDate “2026-13-45” is not a date"),
        ("2026-03-20", "20260320", "IssueDate", "is not a date"),
        (">EUR<", ">Euro<", "currency", "The currency “Euro” is not a code of three letters"),
        (">1000.00<", ">1.000,00<", "lines.0.LineExtensionAmount", "Line 1: LineExtension"),
        (">100.00<", ">1E400<", "lines.0.PriceAmount", "Line 1: PriceAmount “1E400” is not a"),
        (">100.00<", ">NaN<", "lines.0.PriceAmount", "is not a number"),
        (">10<", ">١٠<", "lines.0.InvoicedQuantity", "is not a number"),
        (">10<", f">{'9' * 900}<", "lines.0.InvoicedQuantity", "is not a number"),
        ('"EUR">100.00', '"USD">100.00', "lines.0.PriceAmount", "is in USD, but the invoice is"),
        (">RE-1<", f">{'R' * 10_000}<", "ID", "ID is 10000 characters long; at most 200"),
    ],
)
def test_a_value_that_cannot_be_read_is_named(old: str, new: str, field: str, message: str) -> None:
    data = simple_xml()
    text = data.decode()
    last = old in (">1000.00<",)
    head, found, tail = text.rpartition(old) if last else text.partition(old)
    assert found

    error = refused(f"{head}{new}{tail}".encode())

    assert message in error.message
    assert error.fields[0].path == field


def test_an_invoice_without_lines_is_refused() -> None:
    data = re.sub(rb"<cac:InvoiceLine>.*</cac:InvoiceLine>", b"", simple_xml(), flags=re.DOTALL)

    assert refused(data).message == "The invoice has no lines."


@pytest.mark.parametrize(("name", "limit"), MAX_COUNTS.items())
def test_masses_of_one_element_are_refused(name: str, limit: int) -> None:
    mass = f"<cac:{name}/>" * (limit + 1)

    error = refused(simple_xml("<cac:PaymentMeans>", f"<cac:X>{mass}</cac:X><cac:PaymentMeans>"))

    assert f"times “{name}”; at most {limit} can be read." in error.message


@pytest.mark.parametrize("tag", ["<b/>", '<b a="" c="" d=""/>'])
def test_a_file_of_nothing_but_tags_is_refused_without_parsing(tag: str) -> None:
    with pytest.raises(TooLargeError, match="more than a million tags"):
        read_invoice(f"<a>{tag * 1_000_000}</a>".encode())


def test_a_comment_cannot_split_a_value() -> None:
    invoice = read_invoice(
        simple_xml(">1190.00</cbc:Payable", ">11<!-- -->90<?x?>.00</cbc:Payable")
    )

    assert invoice.payable == Decimal("1190.00")


def test_a_date_with_a_time_zone_means_the_day_as_written() -> None:
    assert read_invoice(simple_xml("2026-03-20", "2026-03-20+14:00")).issue_date.day == 20


def test_blanks_around_values_do_not_matter() -> None:
    invoice = read_invoice(simple_xml(">RE-1<", ">\n   RE-1\t<"))

    assert invoice.number == "RE-1"


def test_what_is_written_is_read_again() -> None:
    assert read_invoice(simple_xml()) == simple_invoice()
