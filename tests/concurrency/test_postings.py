"""The process that works an item is killed between the posting to the ERP and the finish."""

import os
import signal

import pytest
from django.utils import timezone

from apps.accounts.models import Folder
from apps.bots.registry import ItemContext, automation
from apps.demo.books import record_orders, record_vendors
from apps.demo.erp import Erp
from apps.demo.making import make_invoice, make_vendors
from apps.demo.models import LedgerEntry
from apps.demo.payload import from_payload, to_payload
from apps.lib.actors import Actor
from apps.queues.lifecycle import NewItem, add_items, retry_item, settle_effect
from apps.queues.models import Attempt, Effect, Ended, Parked, WorkItem, WorkQueue
from tests.bots.workers import bot_process, eventually, sample
from tests.queues.work import scheduler

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.concurrency,
    pytest.mark.usefixtures("redis"),
]

EFFECT = "post to the ERP"
ADA = Actor(None, "Ada", "person")
SECONDS_EACH = 3


@automation("test.deadly_post", title="Post, and be killed")
def post_and_be_killed(item: ItemContext) -> dict[str, str]:
    """Even items die with the posting done and not noted, odd ones noted and not finished."""
    invoice = from_payload(item.payload)
    folder_id = WorkQueue.objects.values_list("folder_id", flat=True).get(key=item.queue_key)
    with item.effect(EFFECT) as act:
        if act:
            act.reference = Erp(folder_id, chance=lambda: 1.0).post(invoice, key=f"item-{item.id}")
            if item.id % 2 == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    if act:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"document": act.reference}


@pytest.mark.parametrize(
    "kills", [20, pytest.param(200, marks=[pytest.mark.chaos, pytest.mark.timeout(900)])]
)
def test_nothing_is_posted_twice_however_often_bots_are_killed(folder: Folder, kills: int) -> None:
    items = _queue_up(folder, kills)
    unsure = [item for item in items if item % 2 == 0]

    with bot_process(folder), scheduler():
        # each process dies after its posting; who can't know whether it happened asks a person
        seconds = kills * SECONDS_EACH
        eventually(lambda: Parked.objects.count() == len(unsure), seconds=seconds)
        for item in unsure:
            reference = LedgerEntry.objects.get(idempotency_key=f"item-{item}").reference
            settle_effect(item, EFFECT, happened=True, reference=reference, by=ADA)
            retry_item(item, by=ADA)
        eventually(lambda: Ended.objects.count() == kills, seconds=seconds)

    assert set(Ended.objects.values_list("status", flat=True)) == {Ended.Status.SUCCESSFUL}
    assert LedgerEntry.objects.count() == kills
    assert not LedgerEntry.objects.posted_twice()
    assert Attempt.objects.filter(outcome=Attempt.Outcome.LOST).count() >= kills
    assert not Effect.objects.exclude(state=Effect.State.FINISHED).exists()


def _queue_up(folder: Folder, count: int) -> list[int]:
    queue = WorkQueue.objects.create(
        folder=folder,
        key="invoices",
        title="Invoices",
        automation=sample(folder, "test.deadly_post"),
    )
    vendors = make_vendors(seed=1)
    today = timezone.localdate()
    made = [make_invoice(vendors, seed=number, today=today) for number in range(count)]
    record_vendors(vendors, folder_id=folder.pk)
    record_orders([each.order for each in made if each.order], folder_id=folder.pk)
    added = add_items(
        queue,
        [NewItem(payload=to_payload(each.invoice)) for each in made],
        origin=WorkItem.Origin.DEMO,
        by=ADA,
        all_or_nothing=True,
    )
    return added.ids
