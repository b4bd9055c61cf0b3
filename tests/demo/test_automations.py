"""The bot of the demo: each fault becomes the right question, and a correction goes through."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.bots.models import LogLine
from apps.demo import automations, erp
from apps.demo.intake import take_in_made
from apps.demo.making import Fault, make_invoice, make_vendors
from apps.demo.models import LedgerEntry
from apps.demo.slowly import make_slow
from apps.demo.trickle import SEED, make_one
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.queues import session
from apps.queues.models import Attempt, Effect, WorkItem
from tests.demo.rooms import last_try, load_demo, status_of, work, work_again

pytestmark = pytest.mark.django_db(transaction=True)

Outcome = Attempt.Outcome


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)


@pytest.fixture
def queue(folder):
    return load_demo(folder)


def test_a_valid_invoice_is_posted_once(queue, folder):
    item = take_in_made(queue, make_one(folder))

    work(queue)

    entry = LedgerEntry.objects.get()
    assert status_of(item) == "successful"
    assert last_try(item).output == {"document": entry.reference}
    assert Effect.objects.get(item_id=item.pk).reference == entry.reference


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.DUPLICATE])
def test_each_fault_becomes_a_question_with_a_plain_sentence(queue, folder, fault):
    item = take_in_made(queue, make_one(folder, fault=fault))

    work(queue)

    attempt, task = last_try(item), UserTask.objects.get(item=item)
    assert (attempt.outcome, attempt.code) == (Outcome.BUSINESS_EXCEPTION, fault.value)
    assert status_of(item) == "needs_decision"
    assert (task.kind, task.reason) == (UserTask.Kind.DATA_PROBLEM, attempt.message)
    assert task.reason.rstrip().endswith((".", ")"))
    assert not LedgerEntry.objects.exists()


def test_a_duplicate_is_found_by_the_books(queue, folder):
    made = make_one(folder)
    take_in_made(queue, made)
    work(queue)
    again = take_in_made(queue, made)

    work(queue)

    assert last_try(again).code == Fault.DUPLICATE.value
    assert LedgerEntry.objects.get().reference in last_try(again).message


def test_a_wrong_total_is_corrected_and_goes_through(queue, folder, business_user):
    item = take_in_made(queue, make_one(folder, fault=Fault.WRONG_TOTAL))
    work(queue)
    task = UserTask.objects.get(item=item)
    right = _right_total(item)

    # when a person puts the total right
    answer = Answer(decision="correct", version=task.version, payload=right)
    decide(task, answer, by=business_user.actor)
    work(queue)

    # then the same item goes on, and the bot posts what the person said
    assert status_of(item) == "successful"
    tries = Attempt.objects.filter(item_id=item.pk).order_by("number")
    assert [each.outcome for each in tries] == [Outcome.BUSINESS_EXCEPTION, Outcome.SUCCESSFUL]
    assert f"{LedgerEntry.objects.get().total_amount:.2f}" == right["gross_total"]


def _right_total(item):
    """Return the data with a total that is what lines and VAT add up to."""
    payload = WorkItem.objects.get(pk=item.pk).payload
    total = Decimal(payload["net_total"]) + Decimal(payload["vat_total"])
    prepaid = Decimal(payload.get("prepaid", "0"))
    return {**payload, "gross_total": f"{total:.2f}", "payable": f"{total - prepaid:.2f}"}


def test_an_erp_that_is_down_is_tried_again_and_posts_once(queue, folder):
    erp.take_down(folder.pk, seconds=600)
    item = take_in_made(queue, make_one(folder))
    work(queue)
    assert (last_try(item).outcome, last_try(item).code) == (
        Outcome.APPLICATION_EXCEPTION, "erp_unavailable",
    )  # fmt: skip
    assert status_of(item) == "new"

    erp.bring_up(folder.pk)
    work_again(queue)

    assert status_of(item) == "successful"
    assert LedgerEntry.objects.posted_twice() == []
    assert LedgerEntry.objects.count() == 1


def test_an_erp_that_stays_down_is_a_question_in_the_end(queue, folder):
    type(queue).objects.filter(pk=queue.pk).update(max_attempts=1)
    queue.refresh_from_db()
    erp.take_down(folder.pk, seconds=600)
    item = take_in_made(queue, make_one(folder))

    work(queue)

    assert UserTask.objects.get(item=item).kind == UserTask.Kind.SYSTEM_PROBLEM


def test_a_flaky_erp_posts_everything_once_in_the_end(folder):
    queue = load_demo(folder, flakiness=40)
    items = [take_in_made(queue, make_one(folder)) for _number in range(6)]
    work(queue)

    erp.bring_up(folder.pk)
    work_again(queue)

    assert {status_of(item) for item in items} == {"successful"}
    assert LedgerEntry.objects.count() == 6
    assert LedgerEntry.objects.posted_twice() == []


def test_a_slow_invoice_says_so_and_is_posted_all_the_same(queue, folder, monkeypatch):
    monkeypatch.setattr(automations, "STEP_SECONDS", 0.0)
    item = take_in_made(queue, make_slow(make_one(folder)))

    work(queue)

    assert status_of(item) == "successful"
    assert LogLine.objects.filter(item_id=item.pk, message__contains="read slowly").exists()


def test_the_first_seed_gives_the_same_books(folder):
    vendors = make_vendors(seed=SEED)

    one, other = (make_invoice(vendors, seed=5, today=timezone.localdate()) for _ in range(2))

    assert one == other
