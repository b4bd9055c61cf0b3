"""Tasks come with the items that need a person, and go when these go on or expire."""

import pytest
from django.db import connection

from apps.events.bus import deliver_outbox
from apps.inbox import lifecycle, upkeep
from apps.inbox.models import UserTask
from apps.queues import lifecycle as items
from apps.queues.lifecycle import NewItem, add_items
from apps.queues.models import Attempt, Parked, WorkItem
from apps.queues.upkeep import expire_items
from tests.inbox.rows import BOT, PAYLOAD, make_queue, make_task, stop_item, stop_waiting

pytestmark = pytest.mark.django_db


def test_an_item_that_needs_a_person_becomes_a_task_in_business_words(queue, task):
    assert task.title == "Invoice INV-4711"
    assert task.reason == "The lines add up to 110.00, not 100.00."
    assert task.kind == UserTask.Kind.DATA_PROBLEM
    assert task.code == "sum"
    assert task.form == queue.payload_schema
    assert task.values == PAYLOAD
    assert task.facts["field"] == "total"
    assert [decision["key"] for decision in task.decisions] == [
        "correct",
        "leave_out",
        "done_by_hand",
        "reject",
    ]


def test_a_schema_may_say_what_its_tasks_are_called_but_never_a_personal_value(folder):
    schema = {
        "x-title": "Invoice {number} of {vendor.name}, {iban}{nothing}",
        "properties": {"iban": {"type": "string", "x-personal": True}},
    }
    queue = make_queue(folder, payload_schema=schema)

    task = make_task(queue, payload={"number": 7, "vendor": {"name": "Stark"}, "iban": "DE1"})

    assert task.title == "Invoice 7 of Stark, ––"


def test_news_that_comes_twice_makes_one_task(queue):
    item = stop_item(queue)

    lifecycle.reconcile_tasks([item.pk])
    lifecycle.reconcile_tasks([item.pk])
    deliver_outbox()

    assert UserTask.objects.filter(item=item).count() == 1


def test_an_item_that_was_tried_very_often_gets_a_task(queue):
    item = stop_item(queue)
    UserTask.objects.all().delete()
    Attempt.objects.filter(item_id=item.pk).update(number=40_000)

    lifecycle.reconcile_tasks([item.pk])

    assert UserTask.objects.get(item=item).attempt == 40_000


def test_an_item_that_cannot_be_asked_about_leaves_its_neighbours_their_tasks(queue, caplog):
    with connection.cursor() as cursor:
        cursor.execute("alter table inbox_usertask add check (title <> 'Invoice POISON')")
    new = [NewItem(payload=PAYLOAD, reference=name) for name in ("A", "POISON", "B")]
    ids = add_items(queue, new, origin="api", by=BOT, all_or_nothing=True).ids
    stop_waiting(queue, n=3)

    done = lifecycle.reconcile_tasks(ids)

    assert done.opened == [ids[0], ids[2]]
    assert f"item {ids[1]}" in caplog.text


def test_many_items_in_one_announcement_become_many_tasks_in_few_queries(
    queue, django_assert_max_num_queries
):
    new = [NewItem(payload=PAYLOAD, reference=f"R{n}") for n in range(300)]
    ids = add_items(queue, new, origin="api", by=BOT, all_or_nothing=True).ids
    stop_waiting(queue, n=300)

    with django_assert_max_num_queries(20):
        done = lifecycle.reconcile_tasks(ids)

    assert len(done.opened) == 300
    assert UserTask.objects.open().count() == 300


def test_used_up_tries_become_a_system_problem(folder):
    queue = make_queue(folder, max_attempts=1)

    task = make_task(queue, outcome=Attempt.Outcome.APPLICATION_EXCEPTION, message="ERP is down")

    assert task.kind == UserTask.Kind.SYSTEM_PROBLEM
    assert task.decisions[0]["title"] == "Try again"


def test_an_item_decided_elsewhere_closes_its_task_and_says_by_whom(queue, task, supervisor):
    items.skip_item(task.item_id, by=supervisor.actor, reason="twice")

    deliver_outbox()

    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED
    assert task.decided_by_name == supervisor.name
    assert task.decided_at is not None


def test_news_in_the_wrong_order_leave_the_task_of_the_latest_wait(queue, task, supervisor):
    items.retry_item(task.item_id, by=supervisor.actor)
    stop_waiting(queue, message="Still wrong.")

    # the new wait is heard of first, the retry before it last
    lifecycle.reconcile_tasks([task.item_id])
    deliver_outbox()

    still_open = UserTask.objects.open().get(item=task.item_id)
    assert still_open.reason == "Still wrong."
    task.refresh_from_db()
    assert task.status == UserTask.Status.CANCELLED


def test_an_edit_elsewhere_brings_new_values_and_a_new_version(task, supervisor):
    changed = {**PAYLOAD, "vendor": "Stark Ltd"}
    items.edit_item(task.item_id, version=task.item.version, by=supervisor.actor, payload=changed)

    deliver_outbox()

    before = task.version
    task.refresh_from_db()
    assert task.values == changed
    assert task.version == before + 1
    assert task.values_at(before) == PAYLOAD


def test_an_item_that_nobody_was_asked_about_gets_its_task(queue):
    item = stop_item(queue)
    Parked.objects.filter(item_id=item.pk).update(since="2026-01-01T00:00Z")

    assert (upkeep.open_missing_tasks(), upkeep.open_missing_tasks()) == (1, 0)
    assert UserTask.objects.open().get().item == item


def test_a_task_expires_with_its_item(queue, task):
    WorkItem.objects.filter(pk=task.item_id).update(expires_at="2026-01-01T00:00Z")
    Parked.objects.update(expires_at="2026-01-01T00:00Z")

    expire_items()
    deliver_outbox()

    task.refresh_from_db()
    assert task.status == UserTask.Status.EXPIRED
