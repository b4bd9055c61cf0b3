"""The JSON Schema of an invoice's data: the queue checks by it, the inbox makes a form of it."""

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_noop

from apps.demo.reading.cost_centres import COST_CENTRES
from apps.lib.json import Json, JsonObject

DECIMAL_PATTERN = r"^-?[0-9]{1,15}(\.[0-9]{1,10})?$"

_TITLES_OF_PARTY = {
    "name": gettext_noop("name"),
    "vat_id": gettext_noop("VAT id"),
    "company_id": gettext_noop("company number"),
    "endpoint": gettext_noop("electronic address"),
    "street": gettext_noop("street"),
    "postcode": gettext_noop("postcode"),
    "city": gettext_noop("city"),
    "country": gettext_noop("country"),
}


def _text(title: str, *, limit: int = 1_000, **more: Json) -> JsonObject:
    return {"type": "string", "title": title, "maxLength": limit, **more}


def _amount(title: str) -> JsonObject:
    return {
        "type": "string",
        "title": title,
        "format": "decimal",
        "pattern": DECIMAL_PATTERN,
        "maxLength": 30,
    }


def _date(title: str) -> JsonObject:
    return {"type": "string", "title": title, "format": "date"}


def _choice(title: str, titles: Mapping[str, str]) -> JsonObject:
    options: list[Json] = [{"const": key, "title": name} for key, name in titles.items()]
    return {"type": "string", "title": title, "oneOf": options}


def _flag(title: str) -> JsonObject:
    return {"type": "boolean", "title": title}


def _list(title: str, items: JsonObject, **more: Json) -> JsonObject:
    return {"type": "array", "title": title, "items": items, **more}


def _object(properties: dict[str, JsonObject], *, required: Iterable[str]) -> JsonObject:
    """Return an object schema; the order of `properties` becomes their `x-order`."""
    ordered: JsonObject = {
        name: {**schema, "x-order": position}
        for position, (name, schema) in enumerate(properties.items(), start=1)
    }
    return {
        "type": "object",
        "properties": ordered,
        "required": list(required),
        "additionalProperties": False,
    }


def _party(prefix: str, title: str) -> dict[str, JsonObject]:
    return {
        f"{prefix}_{name}": _text(f"{title} {words}") for name, words in _TITLES_OF_PARTY.items()
    }


def _first(names: Iterable[str], properties: dict[str, JsonObject]) -> dict[str, JsonObject]:
    """Return `properties`, those in `names` before the others."""
    return {name: properties[name] for name in names} | properties


_ADJUSTMENT = _object(
    {
        "is_charge": _flag(gettext_noop("Adds to the amount")),
        "amount": _amount(gettext_noop("Amount")),
        "reason": _text(gettext_noop("Reason")),
        "vat_category": _text(gettext_noop("VAT category"), limit=20),
        "vat_percent": _amount(gettext_noop("VAT rate in percent")),
    },
    required=("is_charge", "amount"),
)

_LINE = _object(
    {
        "number": _text(gettext_noop("Line"), minLength=1),
        "description": _text(gettext_noop("Description")),
        "quantity": _amount(gettext_noop("Quantity")),
        "unit": _text(gettext_noop("Unit"), limit=20),
        "price": _amount(gettext_noop("Price")),
        "base_quantity": _amount(gettext_noop("Price is for")),
        "net": _amount(gettext_noop("Net amount")),
        "vat_category": _text(gettext_noop("VAT category"), limit=20),
        "vat_percent": _amount(gettext_noop("VAT rate in percent")),
        "adjustments": _list(gettext_noop("Allowances and charges"), _ADJUSTMENT),
        "cost_centre": _choice(gettext_noop("Cost centre"), COST_CENTRES),
    },
    required=("number", "net"),
)

_TAX_GROUP = _object(
    {
        "vat_category": _text(gettext_noop("VAT category"), limit=20),
        "vat_percent": _amount(gettext_noop("VAT rate in percent")),
        "taxable": _amount(gettext_noop("Taxable amount")),
        "tax": _amount(gettext_noop("VAT amount")),
        "reason": _text(gettext_noop("Reason for exemption")),
    },
    required=("tax",),
)

_ATTACHMENT = _object(
    {
        "name": _text(gettext_noop("File name"), minLength=1),
        "media_type": _text(gettext_noop("File type")),
        "size": {"type": "integer", "title": gettext_noop("Size in bytes"), "minimum": 0},
        "description": _text(gettext_noop("Description")),
    },
    required=("name", "size"),
)

_HEAD: dict[str, JsonObject] = {
    "kind": _text(gettext_noop("Kind"), enum=["invoice", "credit_note"]),
    "number": _text(gettext_noop("Invoice number"), limit=200, minLength=1),
    "issue_date": _date(gettext_noop("Invoice date")),
    "due_date": _date(gettext_noop("Due date")),
    "order_reference": _text(gettext_noop("Order number"), limit=200),
    "currency": _text(gettext_noop("Currency"), limit=3, pattern="^[A-Z]{3}$"),
}

_TOTALS: dict[str, JsonObject] = {
    "lines_total": _amount(gettext_noop("Sum of the lines")),
    "allowances_total": _amount(gettext_noop("Allowances")),
    "charges_total": _amount(gettext_noop("Charges")),
    "net_total": _amount(gettext_noop("Total without VAT")),
    "vat_total": _amount(gettext_noop("VAT")),
    "gross_total": _amount(gettext_noop("Total with VAT")),
    "prepaid": _amount(gettext_noop("Already paid")),
    "rounding": _amount(gettext_noop("Rounding")),
    "payable": _amount(gettext_noop("Amount to pay")),
}

_PAYMENT: dict[str, JsonObject] = {
    "payment_means": _text(gettext_noop("Means of payment (code)"), limit=20),
    "iban": _text(gettext_noop("IBAN or account"), **{"x-personal": True}),
    "payment_reference": _text(gettext_noop("Payment reference")),
    "other_accounts": _list(
        gettext_noop("Other accounts"),
        _text(gettext_noop("IBAN or account")),
        **{"x-personal": True},
    ),
    "payment_terms": _text(gettext_noop("Payment terms"), limit=10_000),
}

_REST: dict[str, JsonObject] = {
    "lines": _list(gettext_noop("Lines"), _LINE, minItems=1, maxItems=10_000),
    "adjustments": _list(gettext_noop("Allowances and charges"), _ADJUSTMENT),
    "taxes": _list(gettext_noop("VAT by rate"), _TAX_GROUP),
    "type_code": _text(gettext_noop("Type of document (code)")),
    "buyer_reference": _text(gettext_noop("Buyer's reference")),
    "corrects": _text(gettext_noop("Corrects invoice")),
    "notes": _list(gettext_noop("Notes"), _text(gettext_noop("Note"), limit=10_000)),
    "attachments": _list(gettext_noop("Attached files"), _ATTACHMENT),
}

_WHAT_MATTERS = (
    "number", "vendor_name", "vendor_vat_id", "issue_date", "due_date", "kind",
    "order_reference", "currency", "net_total", "vat_total", "gross_total", "payable",
)  # fmt: skip

INVOICE_SCHEMA: JsonObject = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": gettext_noop("Invoice"),
    **_object(
        _first(
            _WHAT_MATTERS,
            {
                **_HEAD,
                **_party("vendor", gettext_noop("Vendor")),
                **_TOTALS,
                **_PAYMENT,
                **_REST,
                **_party("buyer", gettext_noop("Buyer")),
                "file": _text(gettext_noop("File"), limit=255, readOnly=True),
            },
        ),
        required=("kind", "number", "issue_date", "currency", "payable", "lines"),
    ),
}
