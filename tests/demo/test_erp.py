"""The ERP that stands for an outside system, and what the books say about an invoice."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.accounts.models import Folder, User
from apps.demo.books import facts_about, record_orders, record_vendors
from apps.demo.checks import check_invoice
from apps.demo.erp import Erp, ErpUnavailableError, bring_up, set_flakiness, take_down
from apps.demo.invoices import Kind, Party
from apps.demo.making import Fault, MadeInvoice, make_invoice, make_vendors
from apps.demo.models import DemoSetting, LedgerEntry, PurchaseOrder, TryItStep, Vendor
from apps.lib.errors import InvalidError
from tests.demo.samples import TODAY, simple_invoice
from tests.factories import make_folder

VENDORS = make_vendors(seed=1)


@pytest.fixture
def books(folder: Folder) -> Folder:
    record_vendors(VENDORS, folder_id=folder.pk)
    return folder


def made(seed: int, folder: Folder, fault: Fault | None = None) -> MadeInvoice:
    """Return a made invoice whose order is in the books."""
    invoice = make_invoice(VENDORS, seed=seed, today=TODAY, fault=fault)
    if invoice.order:
        record_orders([invoice.order], folder_id=folder.pk)
    return invoice


def codes_of(invoice: MadeInvoice, folder: Folder, *, key: str = "") -> list[str]:
    facts = facts_about(invoice.invoice, folder_id=folder.pk, key=key, today=TODAY)
    return [finding.code for finding in check_invoice(invoice.invoice, facts)]


def test_a_posting_is_in_the_ledger_with_its_amounts(books: Folder) -> None:
    invoice = made(1, books)

    reference = Erp(books.pk).post(invoice.invoice, key="item-1")

    entry = LedgerEntry.objects.get()
    assert reference == entry.reference == f"DOC-{entry.pk:06d}"
    assert entry.vendor.name == invoice.vendor.party.name
    assert entry.order.number == invoice.invoice.order_reference
    assert entry.total_amount == invoice.invoice.gross_total
    assert entry.net_amount == invoice.invoice.net_total
    assert entry.vat_amount == invoice.invoice.vat_total
    assert entry.idempotency_key == "item-1"


def test_posting_twice_posts_twice_and_shows(books: Folder) -> None:
    invoice = made(1, books).invoice
    erp = Erp(books.pk)

    erp.post(invoice, key="item-1")
    assert LedgerEntry.objects.posted_twice() == []
    erp.post(invoice, key="item-1")

    assert LedgerEntry.objects.posted_twice() == [("item-1", 2)]


@pytest.mark.django_db(transaction=True)
def test_a_posting_refuses_to_be_part_of_a_callers_transaction(books: Folder) -> None:
    invoice = made(1, books).invoice

    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        Erp(books.pk).post(invoice, key="item-1")

    assert LedgerEntry.objects.count() == 0
    Erp(books.pk).post(invoice, key="item-1")
    assert LedgerEntry.objects.count() == 1


def test_a_posting_is_found_by_vendor_and_number_but_not_by_its_own_key(books: Folder) -> None:
    invoice = made(1, books).invoice
    erp = Erp(books.pk)
    vendor = Vendor.objects.get(name=invoice.vendor.name)
    assert erp.find(invoice.number, vendor_id=vendor.pk) is None

    reference = erp.post(invoice, key="item-1")

    found = erp.find(invoice.number, vendor_id=vendor.pk)
    assert found is not None
    assert found.reference == reference
    assert found.posted_on == timezone.localdate()
    assert erp.find("another", vendor_id=vendor.pk) is None
    assert erp.find(invoice.number, vendor_id=vendor.pk, except_key="item-1") is None
    assert erp.find(invoice.number, vendor_id=vendor.pk, except_key="item-2") == found


def test_an_unknown_vendor_cannot_be_posted(books: Folder) -> None:
    with pytest.raises(InvalidError, match="knows no vendor “Nobody”"):
        Erp(books.pk).post(simple_invoice(vendor=Party(name="Nobody")), key="item-1")


def test_while_it_is_down_nothing_is_posted_and_afterwards_it_works(books: Folder) -> None:
    invoice = made(1, books).invoice
    erp = Erp(books.pk)
    take_down(books.pk, seconds=600)

    with pytest.raises(ErpUnavailableError, match="down for maintenance"):
        erp.ping()
    with pytest.raises(ErpUnavailableError):
        erp.post(invoice, key="item-1")
    assert LedgerEntry.objects.count() == 0

    bring_up(books.pk)
    erp.post(invoice, key="item-1")


def test_it_comes_up_by_itself_when_its_time_is_over(books: Folder) -> None:
    take_down(books.pk, seconds=600)
    DemoSetting.objects.update(erp_down_until=timezone.now() - timedelta(seconds=1))

    Erp(books.pk).ping()


def test_the_erp_of_another_folder_is_not_concerned(books: Folder) -> None:
    take_down(books.pk, seconds=600)

    Erp(make_folder().pk).ping()


@pytest.mark.parametrize(
    ("percent", "chance", "fails"),
    [(0, 0.0, False), (30, 0.29, True), (30, 0.3, False), (100, 0.999, True)],
)
def test_flakiness_is_a_share_of_calls(
    books: Folder, percent: int, chance: float, fails: bool
) -> None:
    set_flakiness(books.pk, percent=percent)
    erp = Erp(books.pk, chance=lambda: chance)

    if fails:
        with pytest.raises(ErpUnavailableError, match="did not answer"):
            erp.ping()
    else:
        erp.ping()


def test_flakiness_beyond_a_hundred_percent_is_impossible(books: Folder) -> None:
    with pytest.raises(IntegrityError, match="demo_flakiness_is_percent"), transaction.atomic():
        set_flakiness(books.pk, percent=101)


# -- books


@pytest.mark.parametrize("seed", range(10))
def test_a_valid_invoice_fits_the_books(books: Folder, seed: int) -> None:
    assert codes_of(made(seed, books), books) == []


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.DUPLICATE])
def test_a_faulty_invoice_does_not_fit_the_books(books: Folder, fault: Fault) -> None:
    assert codes_of(made(1, books, fault), books)[0] == fault.value


def test_a_posted_invoice_is_a_duplicate_to_others_but_not_to_its_own_retry(
    books: Folder,
) -> None:
    invoice = made(1, books)
    Erp(books.pk).post(invoice.invoice, key="item-1")

    assert codes_of(invoice, books, key="item-1") == []
    assert codes_of(invoice, books, key="item-2")[0] == "duplicate"


def test_postings_use_an_order_up_and_credit_notes_give_it_back(books: Folder) -> None:
    first = made(1, books)
    PurchaseOrder.objects.update(net_amount=first.invoice.net_total, tolerance_percent=0)
    second = change_number(first, "second")
    Erp(books.pk).post(first.invoice, key="item-1")
    assert codes_of(second, books) == ["over_order"]

    credit_note = change_number(first, "credit", kind=Kind.CREDIT_NOTE)
    Erp(books.pk).post(credit_note.invoice, key="item-2")

    assert LedgerEntry.objects.net_sum() == Decimal(0)
    assert codes_of(second, books) == []


def change_number(made: MadeInvoice, number: str, **changes: object) -> MadeInvoice:
    return replace(made, invoice=replace(made.invoice, number=number, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("changes", [{"vat_id": "de 136.695.976"}, {"vat_id": ""}])
def test_a_vendor_is_found_by_vat_id_however_written_or_by_name(
    folder: Folder, changes: dict[str, str]
) -> None:
    vendor = Vendor.objects.create(
        folder=folder, name="KUPFERHAIN papers GmbH", vat_id="DE136695976", vat_key="DE136695976"
    )
    party = replace(simple_invoice().vendor, **changes)

    assert Vendor.objects.filter(folder=folder).matching(party) == vendor
    assert Vendor.objects.filter(folder=make_folder()).matching(party) is None


def test_vendors_and_orders_are_recorded_once(books: Folder) -> None:
    record_vendors(VENDORS, folder_id=books.pk)
    made(1, books)
    made(1, books)

    assert Vendor.objects.count() == len(VENDORS)
    assert PurchaseOrder.objects.count() == 1


def test_a_step_is_ticked_once_for_each_person(folder: Folder, supervisor: User) -> None:
    TryItStep.objects.create(folder=folder, user=supervisor, step="kill-a-bot")

    with pytest.raises(IntegrityError, match="try_it_step_once"), transaction.atomic():
        TryItStep.objects.create(folder=folder, user=supervisor, step="kill-a-bot")
