"""Invoices for tests: the real ones of the shared folder, and small ones to bend."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from apps.demo.invoices import Invoice, Kind, Line, Party, TaxGroup
from apps.demo.ubl_writing import write_invoice

TODAY = date(2026, 3, 31)


def shared_invoice(name: str) -> bytes:
    """Return a file of the shared folder, or skip the test when the folder is not there."""
    folder = Path(settings.BASE_DIR).parent / "shared" / "data" / "invoices"
    if not folder.is_dir():
        pytest.skip("The shared folder with real invoices is not there.")
    return (folder / name).read_bytes()


def simple_invoice(**changes: object) -> Invoice:
    """Return 10 chairs for 100.00 each with 19 % VAT: 1,190.00 EUR, all correct."""
    invoice = Invoice(
        kind=Kind.INVOICE,
        number="RE-1",
        type_code="380",
        issue_date=date(2026, 3, 20),
        due_date=date(2026, 4, 19),
        currency="EUR",
        vendor=Party(name="Kupferhain Papers GmbH", vat_id="DE136695976", country="DE"),
        buyer=Party(name="Halvenmark Deutschland GmbH", country="DE"),
        order_reference="PO-1",
        lines=(simple_line(),),
        taxes=(
            TaxGroup(
                tax=Decimal("190.00"),
                taxable=Decimal("1000.00"),
                vat_category="S",
                vat_percent=Decimal(19),
            ),
        ),
        lines_total=Decimal("1000.00"),
        net_total=Decimal("1000.00"),
        vat_total=Decimal("190.00"),
        gross_total=Decimal("1190.00"),
        payable=Decimal("1190.00"),
        iban="DE02999999991234567890",
    )
    return replace(invoice, **changes)  # type: ignore[arg-type]


def simple_line(**changes: object) -> Line:
    line = Line(
        number="1",
        description="Chair",
        quantity=Decimal(10),
        unit="EA",
        price=Decimal("100.00"),
        net=Decimal("1000.00"),
        vat_category="S",
        vat_percent=Decimal(19),
    )
    return replace(line, **changes)  # type: ignore[arg-type]


def simple_xml(old: str = "", new: str = "") -> bytes:
    """Return the simple invoice as UBL, with `old` replaced by `new`; `old` must be there."""
    text = write_invoice(simple_invoice()).decode()
    assert old in text
    return text.replace(old, new, 1).encode()
