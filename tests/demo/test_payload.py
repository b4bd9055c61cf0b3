"""An invoice as JSON and back."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from apps.demo.invoices import Attachment, Line, Party, TaxGroup
from apps.demo.payload import from_payload, to_payload
from apps.demo.schema import INVOICE_SCHEMA
from apps.demo.ubl import read_invoice
from apps.lib.errors import InvalidError
from apps.lib.schema import check_schema, compile_schema, personal_paths
from tests.demo.samples import shared_invoice, simple_invoice
from tests.demo.test_ubl import REAL_FILES

VALIDATOR = compile_schema(INVOICE_SCHEMA)


def test_the_schema_is_a_schema() -> None:
    assert check_schema(INVOICE_SCHEMA) == []


@pytest.mark.parametrize("name", REAL_FILES)
def test_every_real_file_survives_the_way_through_json(name: str) -> None:
    invoice = read_invoice(shared_invoice(name))

    payload = to_payload(invoice)

    assert VALIDATOR.problems(payload) == []
    assert from_payload(payload) == invoice


def test_amounts_are_exact_texts_and_silence_is_left_out() -> None:
    payload = to_payload(simple_invoice(rounding=Decimal("0.10"), due_date=None))

    assert payload["payable"] == "1190.00"
    assert payload["rounding"] == "0.10"
    assert payload["issue_date"] == "2026-03-20"
    assert payload["vendor_name"] == "Kupferhain Papers GmbH"
    assert payload["vendor_vat_id"] == "DE136695976"
    assert payload["lines"] == [
        {
            "number": "1",
            "description": "Chair",
            "net": "1000.00",
            "quantity": "10",
            "unit": "EA",
            "price": "100.00",
            "vat_category": "S",
            "vat_percent": "19",
        }
    ]
    assert {"due_date", "prepaid", "notes", "vendor_city"}.isdisjoint(payload)


def test_no_amount_is_written_with_an_exponent() -> None:
    payload = to_payload(simple_invoice(payable=Decimal("1E+3"), rounding=Decimal("1E-7")))

    assert (payload["payable"], payload["rounding"]) == ("1000", "0.0000001")


def test_an_invoice_that_says_hardly_anything_survives_the_way_through_json() -> None:
    invoice = simple_invoice(
        vendor=Party(),
        lines=(Line(number="1", net=Decimal(1)),),
        taxes=(TaxGroup(tax=Decimal(0)),),
        attachments=(Attachment(name="x", size=0),),
    )

    payload = to_payload(invoice)

    assert VALIDATOR.is_valid(payload)
    assert from_payload(payload) == invoice


def test_a_corrected_value_changes_that_value_only() -> None:
    payload = to_payload(simple_invoice(gross_total=Decimal("1910.00")))

    assert from_payload(payload | {"gross_total": "1190.00"}) == simple_invoice()


def test_an_emptied_field_counts_as_left_out() -> None:
    payload = to_payload(simple_invoice())

    invoice = from_payload(payload | {"due_date": "", "order_reference": "", "prepaid": None})

    assert invoice == simple_invoice(due_date=None, order_reference="")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda data: data.update(payable="a lot"), "payable"),
        (lambda data: data.update(payable="NaN"), "payable"),
        (lambda data: data.update(payable=12.5), "payable"),
        (lambda data: data.update(issue_date="31.03.2026"), "issue_date"),
        (lambda data: data.update(kind="receipt"), "kind"),
        (lambda data: data.pop("number"), "number"),
        (lambda data: data.update(number=""), "number"),
        (lambda data: data.update(lines={}), "lines"),
        (lambda data: data["lines"][0].update(net=None), "lines.0.net"),
        (lambda data: data["lines"].append("x"), "lines.1"),
        (lambda data: data["taxes"][0].update(tax="x"), "taxes.0.tax"),
        (lambda data: data.update(attachments=[{"name": "x", "size": True}]), "attachments.0.size"),
        (
            lambda data: data.update(adjustments=[{"is_charge": "no", "amount": "1"}]),
            "adjustments.0.is_charge",
        ),
    ],
)
def test_a_wrong_value_is_named(change: Callable[[dict[str, Any]], object], path: str) -> None:
    payload: dict[str, Any] = to_payload(simple_invoice())  # type: ignore[assignment]
    change(payload)

    with pytest.raises(InvalidError) as caught:
        from_payload(payload)

    assert [problem.path for problem in caught.value.fields] == [path]
    assert path in caught.value.message or not path


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"payable": "1,190.00"}, "payable"),
        ({"payable": "1e3"}, "payable"),
        ({"currency": "euro"}, "currency"),
        ({"kind": "receipt"}, "kind"),
        ({"number": "R" * 201}, "number"),
        ({"lines": []}, "lines"),
        ({"lines": [{"number": "1"}]}, "lines.0.net"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_the_schema_refuses_what_is_wrong(change: dict[str, Any], path: str) -> None:
    problems = VALIDATOR.problems(to_payload(simple_invoice()) | change)

    assert path in [problem.path for problem in problems]


def test_accounts_are_marked_as_personal_and_every_field_has_title_and_order() -> None:
    properties: dict[str, Any] = INVOICE_SCHEMA["properties"]  # type: ignore[assignment]

    assert personal_paths(INVOICE_SCHEMA) == ["iban", "other_accounts"]
    assert sorted(field["x-order"] for field in properties.values()) == list(
        range(1, len(properties) + 1)
    )
    assert all(field["title"] for field in properties.values())
