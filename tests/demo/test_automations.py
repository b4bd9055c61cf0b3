"""The bots of the demo: each fault becomes the right question, and a correction goes through."""

from decimal import Decimal

import pytest
from django.utils import timezone

from apps.bots.models import LogLine
from apps.demo import automations, erp
from apps.demo.intake import take_in_made
from apps.demo.large import make_credit_note, make_large
from apps.demo.making import Fault, make_invoice, make_vendors
from apps.demo.models import LedgerEntry
from apps.demo.slowly import make_slow
from apps.demo.trickle import SEED, make_one
from apps.inbox.lifecycle import Answer, decide
from apps.inbox.models import UserTask
from apps.lib.actors import SYSTEM
from apps.queues import session
from apps.queues.models import Attempt, Effect, Ended, WorkItem
from apps.workflows.lifecycle import start_instance
from apps.workflows.models import Incident, StepInstance, Workflow
from tests.demo.rooms import item_at, last_try, load_demo, work, work_again
from tests.factories_queues import status_of

pytestmark = pytest.mark.django_db(transaction=True)

Outcome = Attempt.Outcome


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr(session, "LINGER_SECONDS", 0.0)


@pytest.fixture(autouse=True)
def queue(folder):
    return load_demo(folder)


def end_of(instance):
    """Return the status of the instance, and the element at which it ended."""
    instance.refresh_from_db()
    last = StepInstance.objects.filter(instance_id=instance.pk, kind="end").order_by("ended_at")
    return instance.status, *last.values_list("node", flat=True)


def test_a_valid_invoice_is_read_checked_and_posted_once(folder):
    instance = take_in_made(folder, make_one(folder))

    work(folder)

    entry, posted = LedgerEntry.objects.get(), item_at(instance, "invoice-posting")
    assert end_of(instance) == ("completed", "posted")
    assert last_try(posted).output == {"document": entry.reference}
    assert Effect.objects.get(item_id=posted.pk).reference == entry.reference
    assert instance.result["document"] == entry.reference


@pytest.mark.parametrize("fault", [fault for fault in Fault if fault != Fault.DUPLICATE])
def test_each_fault_becomes_a_question_with_a_plain_sentence(folder, fault):
    instance = take_in_made(folder, make_one(folder, fault=fault))

    work(folder)

    item = item_at(instance)
    attempt, task = last_try(item), UserTask.objects.get(item=item)
    assert (attempt.outcome, attempt.code) == (Outcome.BUSINESS_EXCEPTION, fault.value)
    assert status_of(item.pk) == "needs_decision"
    assert (task.kind, task.reason) == (UserTask.Kind.DATA_PROBLEM, attempt.message)
    assert task.reason.rstrip().endswith((".", ")"))
    assert not LedgerEntry.objects.exists()


def test_a_duplicate_is_found_by_the_books(folder):
    made = make_one(folder)
    take_in_made(folder, made)
    work(folder)
    again = take_in_made(folder, made)

    work(folder)

    assert last_try(item_at(again)).code == Fault.DUPLICATE.value
    assert LedgerEntry.objects.get().reference in last_try(item_at(again)).message


def test_the_same_invoice_twice_at_once_is_posted_once(folder):
    made = make_one(folder)
    first, second = take_in_made(folder, made), take_in_made(folder, made)

    work(folder)

    assert LedgerEntry.objects.count() == 1
    assert sorted(end_of(each)[0] for each in (first, second)) == ["completed", "running"]


def test_a_wrong_total_is_corrected_and_goes_through(folder, business_user):
    instance = take_in_made(folder, make_one(folder, fault=Fault.WRONG_TOTAL))
    work(folder)
    item = item_at(instance)
    task = UserTask.objects.get(item=item)
    right = _right_total(item)

    # when a person puts the total right
    answer = Answer(decision="correct", version=task.version, payload=right)
    decide(task, answer, by=business_user.actor)
    work(folder)

    # then the same item goes on, and the bot posts what the person said
    assert status_of(item.pk) == "successful"
    tries = Attempt.objects.filter(item_id=item.pk).order_by("number")
    assert [each.outcome for each in tries] == [Outcome.BUSINESS_EXCEPTION, Outcome.SUCCESSFUL]
    assert f"{LedgerEntry.objects.get().total_amount:.2f}" == right["gross_total"]
    assert end_of(instance) == ("completed", "posted")


def _right_total(item):
    """Return the data with a total that is what lines and VAT add up to."""
    payload = WorkItem.objects.get(pk=item.pk).payload
    total = Decimal(payload["net_total"]) + Decimal(payload["vat_total"])
    prepaid = Decimal(payload.get("prepaid", "0"))
    return {**payload, "gross_total": f"{total:.2f}", "payable": f"{total - prepaid:.2f}"}


@pytest.mark.parametrize(("decision", "end"), [("leave_out", "left"), ("reject", "rejected")])
def test_what_a_person_sorts_out_is_never_posted(folder, business_user, decision, end):
    instance = take_in_made(folder, make_one(folder, fault=Fault.UNKNOWN_VENDOR))
    work(folder)
    task = UserTask.objects.get()

    answer = Answer(decision=decision, version=task.version, reason="Not for us")
    decide(task, answer, by=business_user.actor)
    work(folder)

    assert end_of(instance) == ("completed", end)
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize(
    ("decision", "end", "n_posted"), [("approve", "posted", 1), ("refuse", "refused", 0)]
)
def test_a_large_invoice_waits_for_a_supervisor(folder, supervisor, decision, end, n_posted):
    instance = take_in_made(folder, make_large(folder))
    work(folder)
    task = UserTask.objects.get()
    assert (task.kind, task.title) == (UserTask.Kind.FORM, "Approve the payment")
    assert task.due_at
    assert not LedgerEntry.objects.exists()

    decide(task, Answer(decision=decision, version=task.version), by=supervisor.actor)
    work(folder)

    assert end_of(instance) == ("completed", end)
    assert LedgerEntry.objects.count() == n_posted


def test_a_credit_note_is_matched_with_the_invoice_that_it_corrects(folder):
    made = make_one(folder)
    take_in_made(folder, made)
    work(folder)
    invoice = LedgerEntry.objects.get()

    credit = take_in_made(folder, make_credit_note(folder, corrects=made))
    work(folder)

    assert end_of(credit) == ("completed", "posted")
    assert credit.result["settles"] == invoice.reference
    assert LedgerEntry.objects.filter(kind="credit_note").count() == 1


def test_a_credit_note_about_nothing_is_a_question(folder):
    credit = take_in_made(folder, make_credit_note(folder))

    work(folder)

    task = UserTask.objects.get()
    assert task.item_id == item_at(credit, "credit-notes").pk
    assert task.code == "unknown_corrected"


def test_an_erp_that_is_down_is_tried_again_and_posts_once(folder):
    erp.take_down(folder.pk, seconds=600)
    instance = take_in_made(folder, make_one(folder))
    work(folder)
    item = item_at(instance, "invoice-posting")
    assert (last_try(item).outcome, last_try(item).code) == (
        Outcome.APPLICATION_EXCEPTION, "erp_unavailable",
    )  # fmt: skip
    assert status_of(item.pk) == "new"

    erp.bring_up(folder.pk)
    work_again(folder)

    assert status_of(item.pk) == "successful"
    assert LedgerEntry.objects.posted_twice() == []
    assert LedgerEntry.objects.count() == 1


def test_an_erp_that_stays_down_needs_repair_in_the_end(folder):
    erp.take_down(folder.pk, seconds=600)
    instance = take_in_made(folder, make_one(folder))
    work(folder)

    while not Ended.objects.filter(item_id=item_at(instance, "invoice-posting").pk).exists():
        work_again(folder)

    assert Incident.objects.get(instance=instance).node == "post"
    assert UserTask.objects.get().kind == UserTask.Kind.INCIDENT


def test_a_flaky_erp_posts_everything_once_in_the_end(folder):
    erp.set_flakiness(folder.pk, percent=40)
    instances = [take_in_made(folder, make_one(folder)) for _number in range(6)]
    work(folder)

    erp.bring_up(folder.pk)
    work_again(folder)

    assert {end_of(each) for each in instances} == {("completed", "posted")}
    assert LedgerEntry.objects.count() == 6
    assert LedgerEntry.objects.posted_twice() == []


def test_a_slow_invoice_says_so_and_is_posted_all_the_same(folder, monkeypatch):
    monkeypatch.setattr(automations, "STEP_SECONDS", 0.0)
    instance = take_in_made(folder, make_slow(make_one(folder)))

    work(folder)

    reading = item_at(instance, "invoice-reading")
    assert end_of(instance) == ("completed", "posted")
    assert LogLine.objects.filter(item_id=reading.pk, message__contains="read slowly").exists()


def test_the_month_end_writes_one_statement_for_each_vendor(folder):
    for _number in range(5):
        take_in_made(folder, make_one(folder))
    work(folder)
    vendors = set(LedgerEntry.objects.values_list("vendor__name", flat=True))

    instance = start_instance(Workflow.objects.get(key="month-end-statements"), {}, by=SYSTEM)
    work(folder)

    assert end_of(instance) == ("completed", "done")
    assert {each["vendor"] for each in instance.result["statements"]} == vendors
    assert instance.result["summary"] == {"vendors": len(vendors), "failed": 0, "postings": 5}


def test_the_first_seed_gives_the_same_books(folder):
    vendors = make_vendors(seed=SEED)

    one, other = (make_invoice(vendors, seed=5, today=timezone.localdate()) for _ in range(2))

    assert one == other
