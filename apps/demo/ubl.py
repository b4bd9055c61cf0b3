"""Reads UBL 2.1 invoices and credit notes into `Invoice` values."""

import base64
import binascii
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _
from lxml import etree

from .invoices import Adjustment, Attachment, Invoice, Kind, Line, Party, TaxGroup
from .safe_xml import UblError, parse_xml
from .ubl_nodes import CAC, CBC, Node

ROOTS = {
    "{urn:oasis:names:specification:ubl:schema:xsd:Invoice-2}Invoice": Kind.INVOICE,
    "{urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2}CreditNote": Kind.CREDIT_NOTE,
}
LINE_TAGS = {Kind.INVOICE: "cac:InvoiceLine", Kind.CREDIT_NOTE: "cac:CreditNoteLine"}
QUANTITY_TAGS = {Kind.INVOICE: "cbc:InvoicedQuantity", Kind.CREDIT_NOTE: "cbc:CreditedQuantity"}

# How often an element may stand anywhere in a document; more is no invoice for people.
MAX_COUNTS = {
    "InvoiceLine": 10_000,
    "CreditNoteLine": 10_000,
    "AllowanceCharge": 20_000,
    "TaxSubtotal": 20_000,
    "PaymentMeans": 200,
    "AdditionalDocumentReference": 200,
}
MAX_NOTE_CHARACTERS = 10_000
MAX_NUMBER_CHARACTERS = 200

EMBEDDED = f"{{{CBC}}}EmbeddedDocumentBinaryObject"
CURRENCY = re.compile(r"[A-Z]{3}")


def read_invoice(data: bytes) -> Invoice:
    """Return the invoice or credit note in `data`.

    Texts are trimmed, amounts exact. Raises UblError (422) with a sentence for people when this is
    no UBL document, or one whose number, date, currency, amount to pay or lines can't be read;
    TooLargeError (413) beyond 25 MB. Costs no network and decodes no attachment.
    """
    root = parse_xml(data)
    kind = ROOTS.get(str(root.tag))
    if kind is None:
        raise UblError(_wrong_root(root))
    _refuse_masses(root)
    currency = _currency(Node(root))
    return _invoice(Node(root, currency=currency), kind)


def read_attachment(data: bytes, index: int) -> tuple[Attachment, bytes]:
    """Return the attachment at `index` of `Invoice.attachments`, and its content, decoded once.

    Raises UblError when there is no such attachment or its base64 is broken.
    """
    for position, element in enumerate(_embedded(parse_xml(data))):
        if position == index:
            return _attachment(element), _decoded(element)
    raise UblError(_("The invoice has no attachment number %(number)d.") % {"number": index + 1})


def _wrong_root(root: etree._Element) -> str:
    name = etree.QName(root)
    found = f"“{name.localname[:100]}”"
    if name.namespace:
        found += f" ({name.namespace[:200]})"
    return _(
        "This XML file is a %(found)s, not a UBL 2.1 invoice or credit note. "
        "Ask the vendor for a UBL file."
    ) % {"found": found}


def _refuse_masses(root: etree._Element) -> None:
    for name, limit in MAX_COUNTS.items():
        count = sum(1 for _element in root.iter(f"{{{CAC}}}{name}"))
        if count > limit:
            message = _("The file has %(count)d times “%(name)s”; at most %(limit)d can be read.")
            raise UblError(message % {"count": count, "name": name, "limit": limit}, field=name)


def _currency(root: Node) -> str:
    currency = root.required_text("cbc:DocumentCurrencyCode")
    if not CURRENCY.fullmatch(currency):
        raise UblError(
            _("The currency “%(currency)s” is not a code of three letters, such as EUR.")
            % {"currency": currency[:40]},
            field="currency",
        )
    return currency


def _invoice(root: Node, kind: Kind) -> Invoice:
    means = root.all("cac:PaymentMeans")
    accounts = [account for node in means if (account := _account(node))]
    totals = root.required("cac:LegalMonetaryTotal")
    return Invoice(
        kind=kind,
        number=root.required_text("cbc:ID", limit=MAX_NUMBER_CHARACTERS),
        issue_date=root.required_day("cbc:IssueDate"),
        due_date=_due_date(root, means),
        currency=root.currency,
        type_code=root.text(f"cbc:{'Invoice' if kind == Kind.INVOICE else 'CreditNote'}TypeCode"),
        vendor=_party(root.first("cac:AccountingSupplierParty/cac:Party")),
        buyer=_party(root.first("cac:AccountingCustomerParty/cac:Party")),
        order_reference=root.text("cac:OrderReference/cbc:ID", limit=MAX_NUMBER_CHARACTERS),
        buyer_reference=root.text("cbc:BuyerReference"),
        corrects=root.text("cac:BillingReference/cac:InvoiceDocumentReference/cbc:ID"),
        lines=_lines(root, kind),
        adjustments=_adjustments(root),
        taxes=_tax_groups(root),
        vat_total=_vat_total(root),
        lines_total=totals.amount("cbc:LineExtensionAmount"),
        allowances_total=totals.amount("cbc:AllowanceTotalAmount"),
        charges_total=totals.amount("cbc:ChargeTotalAmount"),
        net_total=totals.amount("cbc:TaxExclusiveAmount"),
        gross_total=totals.amount("cbc:TaxInclusiveAmount"),
        prepaid=totals.amount("cbc:PrepaidAmount"),
        rounding=totals.amount("cbc:PayableRoundingAmount"),
        payable=totals.required_amount("cbc:PayableAmount"),
        payment_means=means[0].text("cbc:PaymentMeansCode") if means else "",
        payment_reference=means[0].text("cbc:PaymentID") if means else "",
        iban=accounts[0] if accounts else "",
        other_accounts=tuple(accounts[1:]),
        payment_terms=root.paragraphs("cac:PaymentTerms/cbc:Note", limit=MAX_NOTE_CHARACTERS),
        notes=tuple(
            note
            for node in root.all("cbc:Note")
            if (note := node.own_paragraphs(limit=MAX_NOTE_CHARACTERS))
        ),
        attachments=tuple(_attachment(element) for element in _embedded(root.element)),
    )


def _due_date(root: Node, means: list[Node]) -> date | None:
    # A credit note has no DueDate of its own; both may put it with the payment means.
    dates = [root.day("cbc:DueDate"), *(node.day("cbc:PaymentDueDate") for node in means)]
    return next((found for found in dates if found), None)


def _account(means: Node) -> str:
    return means.text("cac:PayeeFinancialAccount/cbc:ID").replace(" ", "")


def _party(node: Node | None) -> Party:
    if node is None:
        return Party()
    endpoint = node.first("cbc:EndpointID")
    address = "cac:PostalAddress/"
    return Party(
        name=node.text("cac:PartyLegalEntity/cbc:RegistrationName")
        or node.text("cac:PartyName/cbc:Name"),
        vat_id=_vat_id(node),
        company_id=node.text("cac:PartyLegalEntity/cbc:CompanyID"),
        endpoint=_scheme_and_value(endpoint) if endpoint else "",
        street=node.text(address + "cbc:StreetName"),
        postcode=node.text(address + "cbc:PostalZone"),
        city=node.text(address + "cbc:CityName"),
        country=node.text(address + "cac:Country/cbc:IdentificationCode"),
    )


def _vat_id(party: Node) -> str:
    schemes = party.all("cac:PartyTaxScheme")
    vat = [node for node in schemes if node.text("cac:TaxScheme/cbc:ID").upper() == "VAT"]
    return next((node.text("cbc:CompanyID") for node in vat or schemes), "")


def _scheme_and_value(endpoint: Node) -> str:
    scheme = endpoint.attribute("schemeID")
    value = endpoint.own_text()
    return f"{scheme}:{value}" if scheme else value


def _lines(root: Node, kind: Kind) -> tuple[Line, ...]:
    nodes = root.all(LINE_TAGS[kind])
    if not nodes:
        raise UblError(_("The invoice has no lines."), field="lines")
    return tuple(
        _line(node.at(f"lines.{index}"), QUANTITY_TAGS[kind], default_number=str(index + 1))
        for index, node in enumerate(nodes)
    )


def _line(node: Node, quantity_tag: str, *, default_number: str) -> Line:
    quantity = node.first(quantity_tag)
    category, percent = _category(node.first("cac:Item/cac:ClassifiedTaxCategory"))
    return Line(
        number=node.text("cbc:ID") or default_number,
        description=node.text("cac:Item/cbc:Name") or node.text("cac:Item/cbc:Description"),
        net=node.required_amount("cbc:LineExtensionAmount"),
        quantity=node.decimal(quantity_tag),
        unit=quantity.attribute("unitCode") if quantity else "",
        price=node.amount("cac:Price/cbc:PriceAmount"),
        base_quantity=node.decimal("cac:Price/cbc:BaseQuantity"),
        vat_category=category,
        vat_percent=percent,
        adjustments=_adjustments(node),
    )


def _adjustments(parent: Node) -> tuple[Adjustment, ...]:
    nodes = parent.all("cac:AllowanceCharge")
    return tuple(
        _adjustment(node.at(f"{parent.place}.adjustments.{index}".lstrip(".")))
        for index, node in enumerate(nodes)
    )


def _adjustment(node: Node) -> Adjustment:
    category, percent = _category(node.first("cac:TaxCategory"))
    return Adjustment(
        is_charge=node.required_boolean("cbc:ChargeIndicator"),
        amount=node.required_amount("cbc:Amount"),
        reason=node.text("cbc:AllowanceChargeReason") or node.text("cbc:AllowanceChargeReasonCode"),
        vat_category=category,
        vat_percent=percent,
    )


def _category(node: Node | None) -> tuple[str, Decimal | None]:
    if node is None:
        return "", None
    return node.text("cbc:ID"), node.decimal("cbc:Percent")


def _in_document_currency(root: Node) -> list[Node]:
    # A second TaxTotal may state the VAT in the currency of the tax office: not ours to add up.
    return [
        node
        for node in root.all("cac:TaxTotal")
        if (tax := node.first("cbc:TaxAmount"))
        and tax.attribute("currencyID") in ("", root.currency)
    ]


def _vat_total(root: Node) -> Decimal | None:
    totals = _in_document_currency(root)
    if not totals:
        return None
    return sum((node.required_amount("cbc:TaxAmount") for node in totals), Decimal(0))


def _tax_groups(root: Node) -> tuple[TaxGroup, ...]:
    nodes = [node for total in _in_document_currency(root) for node in total.all("cac:TaxSubtotal")]
    return tuple(_tax_group(node.at(f"taxes.{index}")) for index, node in enumerate(nodes))


def _tax_group(node: Node) -> TaxGroup:
    category, percent = _category(node.first("cac:TaxCategory"))
    return TaxGroup(
        taxable=node.amount("cbc:TaxableAmount"),
        tax=node.required_amount("cbc:TaxAmount"),
        vat_category=category,
        # UBL also allows the rate beside the category.
        vat_percent=node.decimal("cbc:Percent") if percent is None else percent,
        reason=node.text("cac:TaxCategory/cbc:TaxExemptionReason"),
    )


def _embedded(root: etree._Element) -> Iterator[etree._Element]:
    return root.iter(EMBEDDED)


def _attachment(element: etree._Element) -> Attachment:
    node = Node(element)
    attachment = element.getparent()
    reference = attachment.getparent() if attachment is not None else None
    about = Node(reference) if reference is not None else node
    name = node.attribute("filename") or about.text("cbc:ID") or _("attachment")
    return Attachment(
        name=re.split(r"[/\\]", name)[-1] or _("attachment"),
        media_type=node.attribute("mimeCode"),
        size=_decoded_size(element.text or ""),
        description=about.text("cbc:DocumentDescription"),
    )


def _decoded_size(text: str) -> int:
    blanks = sum(text.count(blank) for blank in " \t\r\n")
    padding = text[-16:].count("=")
    return max((len(text) - blanks) * 3 // 4 - padding, 0)


def _decoded(element: etree._Element) -> bytes:
    try:
        return base64.b64decode("".join((element.text or "").split()), validate=True)
    except (binascii.Error, ValueError):
        raise UblError(
            _("The attachment “%(name)s” is damaged and can't be opened.")
            % {"name": _attachment(element).name}
        ) from None
