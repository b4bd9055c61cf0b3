"""Steps whose results a gate checks, and steps whose bots ask."""

import pytest

from apps.inbox.models import UserTask
from apps.queues.lifecycle import Result, finish_items, lease_items
from apps.queues.models import Ended, Gate, WorkQueue
from apps.workflows import links
from apps.workflows.lifecycle import deploy
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deliver,
    deployed,
    stands_at,
    started,
    task_of,
    work,
)
from tests.workflows.markup import element
from tests.workflows.models import process

pytestmark = pytest.mark.django_db


def gated(key: str = "strict"):
    model = process("invoice").start().service("read")
    return model.extend(element("rpa:gate", key=key)).service("post").end()


@pytest.fixture
def folder():
    folder = make_folder()
    thresholds = {"default": 0.9}
    Gate.objects.create(folder=folder, key="strict", title="Strict", thresholds=thresholds)
    return folder


def read(folder, *, sure: float, outcome: str = "successful", **more) -> int:
    queue = WorkQueue.objects.get(folder=folder, key="read")
    (leased,) = lease_items(queue.pk, n=1, bot="Bot 1")
    fields = {"total": {"value": 5, "confidence": sure}}
    if outcome == "successful":
        more = {"output": {"total": 5}, "predictions": {"fields": fields}}
    finish_items([Result(leased.id, leased.token, outcome, **more)])
    deliver()
    return leased.id


def test_the_gate_of_a_step_stops_its_item_and_the_instance_goes_on_with_what_a_person_says(folder):
    instance = started(deployed(gated(), folder))

    item = read(folder, sure=0.8)

    assert stands_at(instance) == ["read"]
    task = task_of(instance)
    assert (task.kind, task.item_id) == ("validation", item)
    assert links.tasks_of(instance.pk) == [(task.token, task.pk)]
    decided(instance, "accept", payload={"total": 7})

    assert stands_at(instance) == ["post"]
    seen: list[object] = []
    work(folder, "post", seen.append)
    assert seen == [{"total": 7}]
    assert_consistent()


def test_a_question_keeps_the_instance_where_it_is_until_it_is_answered(folder):
    instance = started(deployed(gated(), folder))
    question = {"key": "ok", "title": "Is this an invoice?"}

    item = read(folder, sure=0, outcome="asked", question=question)
    assert task_of(instance).kind == "question"
    decided(instance, "answer")
    assert stands_at(instance) == ["read"]
    assert read(folder, sure=1) == item

    assert stands_at(instance) == ["post"]
    assert_consistent()


def test_a_second_look_is_nothing_that_the_instance_waits_for(folder):
    Gate.objects.update(sample_share=1)
    instance = started(deployed(gated(), folder))

    read(folder, sure=1)

    assert stands_at(instance) == ["post"]
    assert UserTask.objects.get().kind == "second_look"
    assert links.tasks_of(instance.pk) == []


def test_rejected_after_a_gate_the_step_needs_repair(folder):
    instance = started(deployed(gated(), folder))
    read(folder, sure=0)

    decided(instance, "reject", reason="Not an invoice.")

    assert stands_at(instance) == ["read"]
    incident = task_of(instance)
    assert (incident.kind, incident.reason) == ("incident", "Not an invoice.")
    assert_consistent()


def test_a_gate_that_is_not_there_is_a_warning_and_then_nothing_is_checked(folder):
    found = deploy(folder, gated("gone").xml(), by=ANNA, source="api")
    assert [each["element"] for each in found.warnings] == ["read"]
    assert "gate “gone”" in found.warnings[0]["message"]
    instance = started(found.workflow)

    item = read(folder, sure=0)

    assert stands_at(instance) == ["post"]
    assert "“gone”" in Ended.objects.get(item_id=item).note
    assert deploy(folder, gated().xml(), by=ANNA, source="api").warnings == []
