"""What an invoice says, as plain frozen values: no XML, no database, no opinion on it."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """Which of the two UBL documents it is; amounts of a credit note are positive, too."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


def vat_key(vat_id: str) -> str:
    """Return a VAT id as letters and digits only: "NL8200.98.395.B.01" is NL820098395B01."""
    return "".join(character for character in vat_id.upper() if character.isalnum())


@dataclass(frozen=True, kw_only=True)
class Party:
    """One side of an invoice. Texts are empty where the document says nothing."""

    name: str = ""
    vat_id: str = ""
    company_id: str = ""
    # Electronic address as "scheme:value", for instance "0088:5790000436101".
    endpoint: str = ""
    street: str = ""
    postcode: str = ""
    city: str = ""
    country: str = ""


@dataclass(frozen=True, kw_only=True)
class Adjustment:
    """An allowance (less to pay) or a charge (more to pay), of a line or of the whole invoice."""

    is_charge: bool
    amount: Decimal
    reason: str = ""
    vat_category: str = ""
    vat_percent: Decimal | None = None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line. `price` is for `base_quantity` units (one, when None)."""

    number: str
    net: Decimal
    description: str = ""
    quantity: Decimal | None = None
    unit: str = ""
    price: Decimal | None = None
    base_quantity: Decimal | None = None
    vat_category: str = ""
    vat_percent: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    cost_centre: str = ""  # ours: no vendor knows it


@dataclass(frozen=True, kw_only=True)
class TaxGroup:
    """VAT of one category and rate."""

    tax: Decimal
    taxable: Decimal | None = None
    vat_category: str = ""
    vat_percent: Decimal | None = None
    reason: str = ""


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file inside the document. `size` is in bytes, worked out without decoding it."""

    name: str
    size: int
    media_type: str = ""
    description: str = ""


@dataclass(frozen=True, kw_only=True)
class Invoice:
    """An invoice or credit note. Totals are what the document states, None where it is silent."""

    kind: Kind
    number: str
    issue_date: date
    currency: str
    vendor: Party
    buyer: Party
    payable: Decimal
    lines: tuple[Line, ...]
    due_date: date | None = None
    type_code: str = ""
    order_reference: str = ""
    buyer_reference: str = ""
    corrects: str = ""
    lines_total: Decimal | None = None
    allowances_total: Decimal | None = None
    charges_total: Decimal | None = None
    net_total: Decimal | None = None
    vat_total: Decimal | None = None
    gross_total: Decimal | None = None
    prepaid: Decimal | None = None
    rounding: Decimal | None = None
    adjustments: tuple[Adjustment, ...] = ()
    taxes: tuple[TaxGroup, ...] = ()
    payment_means: str = ""
    iban: str = ""
    payment_reference: str = ""
    other_accounts: tuple[str, ...] = ()
    payment_terms: str = ""
    notes: tuple[str, ...] = ()
    attachments: tuple[Attachment, ...] = ()
