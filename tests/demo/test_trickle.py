"""New invoices now and then: one at a time, never when the switch is off."""

from concurrent.futures import ThreadPoolExecutor
from random import Random
from threading import Barrier

import pytest
from django.db import connection

from apps.demo import trickle
from apps.demo.making import Fault
from apps.demo.models import DemoSetting, PurchaseOrder
from apps.demo.trickle import make_one, trickle_invoices
from apps.queues import session
from apps.queues.models import ItemFile, WorkItem
from apps.workflows.models import WorkflowInstance
from tests.demo.rooms import item_at, load_demo, work


@pytest.fixture
def queue(folder):
    queue = load_demo(folder)
    DemoSetting.objects.update(trickle_on=True)
    return queue


@pytest.mark.django_db
def test_one_invoice_comes_in_with_its_file_and_its_order(queue, monkeypatch):
    monkeypatch.setattr(trickle, "SHARE_OF_CLAIMS", 0)

    assert trickle_invoices() == 1

    instance, item = WorkflowInstance.objects.get(), WorkItem.objects.get()
    assert (item.origin, item.reference) == ("workflow", instance.business_key)
    assert ItemFile.objects.get(item=item).content_type == "application/xml"


@pytest.mark.django_db
def test_the_switch_stops_it(queue):
    DemoSetting.objects.update(trickle_on=False)

    assert trickle_invoices() == 0
    assert not WorkflowInstance.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_nothing_wrong_comes_in_while_people_leave_too_much_undecided(queue, folder, monkeypatch):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)
    monkeypatch.setattr(trickle, "MAX_WAITING", 0)
    monkeypatch.setattr(trickle, "SHARE_OF_CLAIMS", 0)
    monkeypatch.setattr(trickle, "SHARE_FAULTY", 1.0)
    monkeypatch.setattr(trickle, "USUAL_FAULTS", [Fault.MISSING_ORDER_REFERENCE])
    trickle_invoices()
    work(folder)
    wrong = WorkflowInstance.objects.get()
    assert "order_reference" not in item_at(wrong).payload

    trickle_invoices()
    work(folder)

    assert "order_reference" in item_at(WorkflowInstance.objects.exclude(pk=wrong.pk).get()).payload


@pytest.mark.django_db(transaction=True)
def test_twice_at_once_adds_one(queue, monkeypatch):
    # given two schedulers at the same tick
    monkeypatch.setattr(trickle, "SHARE_OF_CLAIMS", 0)
    ready = Barrier(2)

    def tick(_number):
        try:
            ready.wait()
            return trickle_invoices()
        finally:
            connection.close()

    # when both let one in
    with ThreadPoolExecutor(2) as pool:
        added = sum(pool.map(tick, range(2)))

    # then as many came in as they say, and no number twice
    assert 1 <= added <= 2
    assert WorkflowInstance.objects.count() == added
    references = list(WorkflowInstance.objects.values_list("business_key", flat=True))
    assert len(references) == len(set(references))


@pytest.mark.django_db(transaction=True)
def test_who_comes_while_another_lets_one_in_adds_nothing(queue):
    from django.db import transaction

    with transaction.atomic():
        DemoSetting.objects.select_for_update().get()
        with ThreadPoolExecutor(1) as pool:

            def tick():
                try:
                    return trickle_invoices()
                finally:
                    connection.close()

            assert pool.submit(tick).result(timeout=30) == 0


@pytest.mark.django_db
def test_a_made_invoice_has_its_order_in_the_books(queue, folder):
    made = make_one(folder, random=Random(4))  # noqa: S311

    assert PurchaseOrder.objects.filter(number=made.invoice.order_reference).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("fault", list(Fault))
def test_each_fault_can_be_made_and_taken_in(queue, folder, fault):
    make_one(folder, fault=fault)
