"""Messages and signals for those who are paused, for many at once, and in the history."""

import json

import pytest

from apps.events.models import Event, Outbox
from apps.events.wording import sentence_of
from apps.workflows import lifecycle
from apps.workflows.models import BufferedMessage, WorkflowInstance
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
from tests.workflows.models import message, process, signal

pytestmark = pytest.mark.django_db


def publish(folder, *values, name="paid", ttl_seconds=600):
    for value in values:
        variables = {"x": value}
        lifecycle.publish_message(folder, name, "K-1", variables, by=ANNA, ttl_seconds=ttl_seconds)
    deliver()


def test_of_two_messages_to_who_is_paused_the_second_waits_for_the_next_place():
    folder = make_folder()
    model = (
        process("p").start().receive("first", "paid", "=n").receive("second", "paid", "=n").end()
    )
    instance = started(deployed(model, folder), n="K-1")
    lifecycle.pause_instance(instance, by=ANNA, reason="audit")

    publish(folder, 1, 2)
    assert BufferedMessage.objects.count() == 1  # the other one is kept with the instance
    lifecycle.resume_instance(instance, by=ANNA, reason="over")
    deliver()

    assert reloaded(instance).status == "completed"
    assert instance.result["x"] == 2
    assert not BufferedMessage.objects.exists()
    assert_consistent()


def test_an_event_that_does_not_interrupt_hears_all_messages_of_the_time_it_was_paused():
    folder = make_folder()
    model = (
        process("p").start().service("slow").end()
        .boundary("slow", "asked", message("paid", "=n"), interrupts=False)
        .service("answer").end("answered")
    )  # fmt: skip
    instance = started(deployed(model, folder), n="K-1")
    lifecycle.pause_instance(instance, by=ANNA, reason="audit")

    publish(folder, 1, 2, 3)
    publish(folder, 4, ttl_seconds=None)  # can't wait anywhere else
    lifecycle.resume_instance(instance, by=ANNA, reason="over")
    deliver()

    assert stands_at(instance) == ["answer", "answer", "answer", "answer", "slow"]
    assert not BufferedMessage.objects.exists()
    assert work(folder, "answer") == 4
    assert_consistent()


def test_a_signal_to_many_carries_its_variables_once():
    folder = make_folder()
    workflow = deployed(process("p").start().catch("wait", signal("month_end")).end(), folder)
    lifecycle.start_instances(workflow, [{}] * 30, by=ANNA)
    deliver()

    lifecycle.broadcast_signal(folder, "month_end", {"x": "y" * 50_000}, by=ANNA)

    told = [json.dumps(row.data) for row in Outbox.objects.all()]
    assert sum(map(len, told)) < 100_000
    deliver()
    assert set(WorkflowInstance.objects.values_list("status", flat=True)) == {"completed"}


def test_who_sent_a_message_or_a_signal_is_in_the_history_of_the_folder():
    folder = make_folder()
    started(deployed(process("p").start().receive("r", "paid", "=n").end(), folder), n="K-1")

    publish(folder, 1)
    lifecycle.broadcast_signal(folder, "month_end", {"secret": 1}, by=ANNA)

    sent = Event.objects.filter(folder_id=folder.pk, subject_type="folder").order_by("id")
    assert [each.actor_name for each in sent] == ["Anna", "Anna"]
    assert [sentence_of(each) for each in sent] == [
        "Anna sent the message “paid” with the key “K-1”",
        "Anna sent the signal “month_end”, heard by 0",
    ]
    assert "secret" not in str([each.data for each in sent])
