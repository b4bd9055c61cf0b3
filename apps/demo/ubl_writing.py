"""Writes `Invoice` values as UBL 2.1, elements in the order of the schema."""

import base64
from collections.abc import Mapping
from decimal import Decimal

from lxml import etree

from .invoices import Adjustment, Attachment, Invoice, Kind, Line, Party, TaxGroup
from .ubl_nodes import CAC, CBC

NAMESPACES = {
    Kind.INVOICE: "urn:oasis:names:specification:ubl:schema:xsd:Invoice-2",
    Kind.CREDIT_NOTE: "urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2",
}
NAMES = {Kind.INVOICE: "Invoice", Kind.CREDIT_NOTE: "CreditNote"}
QUANTITIES = {Kind.INVOICE: "InvoicedQuantity", Kind.CREDIT_NOTE: "CreditedQuantity"}
TYPE_CODES = {Kind.INVOICE: "380", Kind.CREDIT_NOTE: "381"}
CUSTOMIZATION = "urn:cen.eu:en16931:2017"
PROFILE = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"


def write_invoice(invoice: Invoice, *, files: Mapping[str, bytes] | None = None) -> bytes:
    """Return `invoice` as a UBL 2.1 document, with `files` (by attachment name) embedded.

    `read_invoice` of the result gives an equal invoice.
    """
    return etree.tostring(
        _document(invoice, files or {}), xml_declaration=True, encoding="UTF-8", pretty_print=True
    )


def _document(invoice: Invoice, files: Mapping[str, bytes]) -> etree._Element:
    namespace = NAMESPACES[invoice.kind]
    prefixes = {None: namespace, "cac": CAC, "cbc": CBC}
    tag = f"{{{namespace}}}{NAMES[invoice.kind]}"
    root = etree.Element(tag, nsmap=prefixes)  # type: ignore[arg-type] # the stubs forbid None
    writer = _Writer(invoice.currency)
    _write_head(writer, root, invoice)
    for attachment in invoice.attachments:
        _write_attachment(writer, root, attachment, files.get(attachment.name, b""))
    _write_party(writer, root, "AccountingSupplierParty", invoice.vendor)
    _write_party(writer, root, "AccountingCustomerParty", invoice.buyer)
    _write_payment(writer, root, invoice)
    for adjustment in invoice.adjustments:
        _write_adjustment(writer, root, adjustment)
    _write_taxes(writer, root, invoice)
    _write_totals(writer, root, invoice)
    for line in invoice.lines:
        _write_line(writer, root, line, invoice.kind)
    return root


class _Writer:
    """Adds elements; leaves out those whose value is None or empty."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def group(self, parent: etree._Element, name: str) -> etree._Element:
        return etree.SubElement(parent, f"{{{CAC}}}{name}")

    def text(self, parent: etree._Element, name: str, value: str, **attributes: str) -> None:
        if value:
            etree.SubElement(parent, f"{{{CBC}}}{name}", attributes).text = value

    def number(
        self, parent: etree._Element, name: str, value: Decimal | None, **attributes: str
    ) -> None:
        if value is not None:
            self.text(parent, name, f"{value:f}", **attributes)

    def amount(self, parent: etree._Element, name: str, value: Decimal | None) -> None:
        self.number(parent, name, value, currencyID=self.currency)

    def category(
        self, parent: etree._Element, name: str, item: Line | Adjustment | TaxGroup
    ) -> None:
        if not item.vat_category and item.vat_percent is None:
            return
        category = self.group(parent, name)
        self.text(category, "ID", item.vat_category)
        self.number(category, "Percent", item.vat_percent)
        if isinstance(item, TaxGroup):
            self.text(category, "TaxExemptionReason", item.reason)
        self.text(self.group(category, "TaxScheme"), "ID", "VAT")


def _write_head(writer: _Writer, root: etree._Element, invoice: Invoice) -> None:
    writer.text(root, "CustomizationID", CUSTOMIZATION)
    writer.text(root, "ProfileID", PROFILE)
    writer.text(root, "ID", invoice.number)
    writer.text(root, "IssueDate", invoice.issue_date.isoformat())
    if invoice.due_date and invoice.kind == Kind.INVOICE:
        writer.text(root, "DueDate", invoice.due_date.isoformat())
    type_code = invoice.type_code or TYPE_CODES[invoice.kind]
    writer.text(root, f"{NAMES[invoice.kind]}TypeCode", type_code)
    for note in invoice.notes:
        writer.text(root, "Note", note)
    writer.text(root, "DocumentCurrencyCode", invoice.currency)
    writer.text(root, "BuyerReference", invoice.buyer_reference)
    if invoice.order_reference:
        writer.text(writer.group(root, "OrderReference"), "ID", invoice.order_reference)
    if invoice.corrects:
        reference = writer.group(root, "BillingReference")
        writer.text(writer.group(reference, "InvoiceDocumentReference"), "ID", invoice.corrects)


def _write_attachment(
    writer: _Writer, root: etree._Element, attachment: Attachment, content: bytes
) -> None:
    reference = writer.group(root, "AdditionalDocumentReference")
    writer.text(reference, "ID", attachment.name)
    writer.text(reference, "DocumentDescription", attachment.description)
    writer.text(
        writer.group(reference, "Attachment"),
        "EmbeddedDocumentBinaryObject",
        base64.b64encode(content).decode(),
        mimeCode=attachment.media_type,
        filename=attachment.name,
    )


def _write_party(writer: _Writer, root: etree._Element, role: str, values: Party) -> None:
    party = writer.group(writer.group(root, role), "Party")
    scheme, _, endpoint = values.endpoint.rpartition(":")
    writer.text(party, "EndpointID", endpoint, **({"schemeID": scheme} if scheme else {}))
    address = writer.group(party, "PostalAddress")
    writer.text(address, "StreetName", values.street)
    writer.text(address, "CityName", values.city)
    writer.text(address, "PostalZone", values.postcode)
    if values.country:
        writer.text(writer.group(address, "Country"), "IdentificationCode", values.country)
    if values.vat_id:
        scheme_of_tax = writer.group(party, "PartyTaxScheme")
        writer.text(scheme_of_tax, "CompanyID", values.vat_id)
        writer.text(writer.group(scheme_of_tax, "TaxScheme"), "ID", "VAT")
    entity = writer.group(party, "PartyLegalEntity")
    writer.text(entity, "RegistrationName", values.name)
    writer.text(entity, "CompanyID", values.company_id)


def _write_payment(writer: _Writer, root: etree._Element, invoice: Invoice) -> None:
    accounts = [account for account in (invoice.iban, *invoice.other_accounts) if account]
    due_date = invoice.due_date if invoice.kind == Kind.CREDIT_NOTE else None
    wanted = any((accounts, invoice.payment_means, invoice.payment_reference, due_date))
    for position, account in enumerate(accounts or [""] * wanted):
        means = writer.group(root, "PaymentMeans")
        writer.text(means, "PaymentMeansCode", invoice.payment_means)
        if position == 0:
            writer.text(means, "PaymentDueDate", due_date.isoformat() if due_date else "")
            writer.text(means, "PaymentID", invoice.payment_reference)
        if account:
            writer.text(writer.group(means, "PayeeFinancialAccount"), "ID", account)
    if invoice.payment_terms:
        writer.text(writer.group(root, "PaymentTerms"), "Note", invoice.payment_terms)


def _write_adjustment(writer: _Writer, parent: etree._Element, adjustment: Adjustment) -> None:
    element = writer.group(parent, "AllowanceCharge")
    writer.text(element, "ChargeIndicator", "true" if adjustment.is_charge else "false")
    writer.text(element, "AllowanceChargeReason", adjustment.reason)
    writer.amount(element, "Amount", adjustment.amount)
    writer.category(element, "TaxCategory", adjustment)


def _write_taxes(writer: _Writer, root: etree._Element, invoice: Invoice) -> None:
    if invoice.vat_total is None:
        return
    total = writer.group(root, "TaxTotal")
    writer.amount(total, "TaxAmount", invoice.vat_total)
    for group in invoice.taxes:
        subtotal = writer.group(total, "TaxSubtotal")
        writer.amount(subtotal, "TaxableAmount", group.taxable)
        writer.amount(subtotal, "TaxAmount", group.tax)
        writer.category(subtotal, "TaxCategory", group)


def _write_totals(writer: _Writer, root: etree._Element, invoice: Invoice) -> None:
    totals = writer.group(root, "LegalMonetaryTotal")
    writer.amount(totals, "LineExtensionAmount", invoice.lines_total)
    writer.amount(totals, "TaxExclusiveAmount", invoice.net_total)
    writer.amount(totals, "TaxInclusiveAmount", invoice.gross_total)
    writer.amount(totals, "AllowanceTotalAmount", invoice.allowances_total)
    writer.amount(totals, "ChargeTotalAmount", invoice.charges_total)
    writer.amount(totals, "PrepaidAmount", invoice.prepaid)
    writer.amount(totals, "PayableRoundingAmount", invoice.rounding)
    writer.amount(totals, "PayableAmount", invoice.payable)


def _write_line(writer: _Writer, root: etree._Element, line: Line, kind: Kind) -> None:
    element = writer.group(root, f"{NAMES[kind]}Line")
    unit = {"unitCode": line.unit} if line.unit else {}
    writer.text(element, "ID", line.number)
    writer.number(element, QUANTITIES[kind], line.quantity, **unit)
    writer.amount(element, "LineExtensionAmount", line.net)
    for adjustment in line.adjustments:
        _write_adjustment(writer, element, adjustment)
    item = writer.group(element, "Item")
    writer.text(item, "Name", line.description)
    writer.category(item, "ClassifiedTaxCategory", line)
    if line.price is not None:
        price = writer.group(element, "Price")
        writer.amount(price, "PriceAmount", line.price)
        writer.number(price, "BaseQuantity", line.base_quantity, **unit)
