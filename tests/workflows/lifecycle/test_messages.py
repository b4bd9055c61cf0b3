"""Messages find those who wait for them, now or later; signals find everybody."""

import pytest
from django.db import connection

from apps.lib.errors import InvalidError
from apps.workflows import lifecycle
from apps.workflows.models import BufferedMessage, Subscription, WorkflowInstance
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    deliver,
    deployed,
    reloaded,
    stands_at,
    started,
    work,
)
from tests.workflows.models import error, message, process, signal

pytestmark = pytest.mark.django_db


def waiting_for_payment(key="invoice"):
    return process(key).start().receive("paid", "payment", "=number").end()


def publish(folder, key, ttl=None, name="payment", **variables):
    published = lifecycle.publish_message(folder, name, key, variables, by=ANNA, ttl_seconds=ttl)
    deliver()
    return published


def test_a_message_reaches_the_instance_with_its_key_and_no_other():
    folder = make_folder()
    workflow = deployed(waiting_for_payment(), folder)
    one, other = started(workflow, number="A-1"), started(workflow, number="A-2")

    published = publish(folder, "A-1", amount=9)

    assert published.is_awaited
    assert reloaded(one).result == {"number": "A-1", "amount": 9}
    assert reloaded(other).status == "running"
    assert not BufferedMessage.objects.exists()
    assert_consistent()


def test_a_message_to_nobody_is_refused_with_what_to_do():
    with pytest.raises(lifecycle.NobodyListensError, match="time to live"):
        publish(make_folder(), "A-1")

    assert not BufferedMessage.objects.exists()


def test_a_message_with_a_time_to_live_waits_for_whoever_comes_to_listen():
    folder = make_folder()
    workflow = deployed(waiting_for_payment(), folder)

    published = publish(folder, "A-1", ttl=60, amount=9)
    assert not published.is_awaited
    assert published.expires_at is not None
    instance = started(workflow, number="A-1")
    deliver()

    assert reloaded(instance).result == {"number": "A-1", "amount": 9}
    assert not BufferedMessage.objects.exists()


def test_a_message_is_heard_once_in_each_workflow():
    folder = make_folder()
    first = deployed(waiting_for_payment("first"), folder)
    second = deployed(waiting_for_payment("second"), folder)
    instances = [started(each, number="A-1") for each in (first, first, second)]

    publish(folder, "A-1")

    assert [reloaded(each).status for each in instances] == ["completed", "running", "completed"]


def test_of_two_messages_each_wakes_one_instance():
    folder = make_folder()
    workflow = deployed(waiting_for_payment(), folder)
    instances = [started(workflow, number="A-1") for _ in range(2)]
    for amount in (1, 2):
        lifecycle.publish_message(folder, "payment", "A-1", {"amount": amount}, by=ANNA)

    deliver()

    assert [reloaded(each).result["amount"] for each in instances] == [1, 2]


def test_a_message_that_nobody_heard_in_time_goes():
    folder = make_folder()
    publish(folder, "A-1", ttl=60)
    with connection.cursor() as cursor:
        cursor.execute("update workflows_bufferedmessage set expires_at = now() - interval '1 s'")

    lifecycle.sweep_messages()

    assert not BufferedMessage.objects.exists()
    instance = started(deployed(waiting_for_payment(), folder), number="A-1")
    deliver()
    assert reloaded(instance).status == "running"


def test_a_message_of_another_folder_is_not_heard():
    workflow = deployed(waiting_for_payment(), make_folder())
    instance = started(workflow, number="A-1")

    publish(make_folder(), "A-1", ttl=60)

    assert reloaded(instance).status == "running"


def test_a_message_starts_an_instance():
    folder = make_folder()
    workflow = deployed(
        process("orders").start("start", message("order")).service("ship").end(), folder
    )

    publish(folder, "", name="order", number=5)

    instance = WorkflowInstance.objects.get(workflow=workflow)
    assert (instance.started_by, instance.start_node) == ("Anna", "start")
    assert stands_at(instance) == ["ship"]
    work(folder, "ship")
    assert reloaded(instance).result == {"number": 5}


def test_a_start_that_is_refused_is_on_record_and_does_not_come_back():
    from apps.events.models import Event

    folder = make_folder()
    schema = {"type": "object", "required": ["number"]}
    model = process("orders").input_schema(schema).start("start", message("order")).end()
    workflow = deployed(model, folder)

    publish(folder, "", name="order")

    assert not WorkflowInstance.objects.exists()
    event = Event.objects.get(kind="workflow.start_refused")
    assert event.subject_id == workflow.pk
    assert "number" in event.data["reason"]


def test_one_workflow_throws_a_message_to_another():
    folder = make_folder()
    receiver = started(deployed(waiting_for_payment("receiver"), folder), number="A-1")
    thrower = process("thrower").start().throw("tell", message("payment", "=number")).end()

    sender = started(deployed(thrower, folder), number="A-1")
    deliver()

    assert reloaded(sender).status == "completed"
    assert reloaded(receiver).status == "completed"


def test_a_signal_reaches_everybody_who_listens_and_starts_workflows():
    folder = make_folder()
    waits = deployed(process("waits").start().catch("go", signal("go")).end(), folder)
    begins = deployed(process("begins").start("start", signal("go")).end(), folder)
    instances = [started(waits) for _ in range(3)]

    n = lifecycle.broadcast_signal(folder, "go", {"x": 1}, by=ANNA)
    deliver()

    assert n == 4
    assert [reloaded(each).result for each in instances] == [{"x": 1}] * 3
    assert WorkflowInstance.objects.get(workflow=begins).result == {"x": 1}


def test_a_boundary_message_that_does_not_interrupt_is_heard_each_time():
    folder = make_folder()
    model = (
        process("noted").start().service("long").end()
        .boundary("long", "note", message("note", "=number"), interrupts=False)
        .service("write").end("written")
    )  # fmt: skip
    instance = started(deployed(model, folder), number="A-1")

    for _ in range(2):
        publish(folder, "A-1", name="note")

    assert stands_at(instance) == ["long", "write", "write"]
    assert Subscription.objects.filter(instance=instance).count() == 1


@pytest.mark.parametrize(
    ("name", "key", "ttl", "field"),
    [
        ("", "k", None, "name"),
        ("n" * 301, "k", None, "name"),
        ("n", "k\x00", None, "correlation_key"),
        ("n", "k", -1, "ttl_seconds"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused_by_field(name, key, ttl, field):
    with pytest.raises(InvalidError) as caught:
        lifecycle.publish_message(make_folder(), name, key, {}, by=ANNA, ttl_seconds=ttl)

    assert caught.value.fields[0].path == field


def test_an_error_within_what_a_message_started_stays_there():
    folder = make_folder()
    model = process("bad").start("start", message("go")).end("broken", error("X"))
    deployed(model, folder)

    publish(folder, "", name="go")

    assert WorkflowInstance.objects.get().status == "failed"
