"""Pausing, resuming, cancelling, changing variables: audited, and with all called instances."""

import pytest

from apps.events.models import Event
from apps.inbox.models import UserTask
from apps.lib.errors import ConflictError, DomainError, InvalidError
from apps.queues.models import Ended
from apps.workflows import lifecycle
from apps.workflows.models import PendingEvent, WorkflowInstance
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
from tests.workflows.models import condition, process

pytestmark = pytest.mark.django_db


def two_steps(folder):
    return started(deployed(process("p").start().service("a").service("b").end(), folder))


def test_what_happens_to_a_paused_instance_is_kept_and_done_when_it_goes_on():
    folder = make_folder()
    instance = two_steps(folder)

    lifecycle.pause_instance(instance, by=ANNA, reason="month end")
    work(folder, "a", {"x": 1})

    assert (reloaded(instance).status, instance.paused_by) == ("paused", "Anna")
    assert stands_at(instance) == ["a"]
    assert PendingEvent.objects.count() == 1
    assert_consistent()
    lifecycle.resume_instance(instance, by=ANNA, reason="books are closed")
    deliver()
    assert stands_at(instance) == ["b"]
    assert not PendingEvent.objects.exists()
    assert_consistent()


def test_pausing_reaches_called_instances_and_resuming_too():
    folder = make_folder()
    deployed(process("child").start().service("inside").end(), folder)
    parent = started(deployed(process("parent").start().call("go", "child").end(), folder))
    child = WorkflowInstance.objects.get(parent=parent)

    lifecycle.pause_instance(parent, by=ANNA, reason="audit")
    assert reloaded(child).status == "paused"
    work(folder, "inside", {"x": 1})
    assert stands_at(child) == ["inside"]
    lifecycle.resume_instance(parent, by=ANNA, reason="done")
    deliver()

    assert (reloaded(child).status, reloaded(parent).status) == ("completed", "completed")


def test_cancelling_ends_all_that_hangs_on_the_instance():
    folder = make_folder()
    deployed(process("child").start().service("inside").end(), folder)
    model = (
        process("parent").start().parallel("fork").service("work").end("a")
        .at("fork").user("ask").end("b")
        .at("fork").call("go", "child").end("c")
    )  # fmt: skip
    parent = started(deployed(model, folder))
    child = WorkflowInstance.objects.get(parent=parent)

    lifecycle.cancel_instance(parent, by=ANNA, reason="ordered twice")
    deliver()

    assert (reloaded(parent).status, parent.reason) == ("cancelled", "ordered twice")
    assert reloaded(child).status == "cancelled"
    assert set(Ended.objects.values_list("status", flat=True)) == {"cancelled"}
    assert not UserTask.objects.filter(status="open").exists()
    event = Event.objects.get(kind="instance.cancelled", subject_id=parent.pk)
    assert (event.actor_name, event.data["reason"]) == ("Anna", "ordered twice")
    assert_consistent()


def test_a_paused_instance_can_be_cancelled():
    folder = make_folder()
    instance = two_steps(folder)
    lifecycle.pause_instance(instance, by=ANNA, reason="x")
    work(folder, "a")

    lifecycle.cancel_instance(instance, by=ANNA, reason="y")

    assert reloaded(instance).status == "cancelled"
    assert not PendingEvent.objects.exists()
    assert_consistent()


def test_each_verb_asks_for_a_reason_and_for_the_right_status():
    instance = two_steps(make_folder())

    for verb in (lifecycle.pause_instance, lifecycle.cancel_instance):
        with pytest.raises(InvalidError, match="reason"):
            verb(instance, by=ANNA, reason=" ")
    with pytest.raises(ConflictError, match="Running"):
        lifecycle.resume_instance(instance, by=ANNA, reason="x")
    lifecycle.cancel_instance(instance, by=ANNA, reason="x")
    for verb in (lifecycle.pause_instance, lifecycle.cancel_instance):
        with pytest.raises(ConflictError, match="Cancelled"):
            verb(instance, by=ANNA, reason="x")
    assert Event.objects.filter(subject_type="instance").count() == 2  # started, cancelled


def test_setting_variables_wakes_conditions():
    model = (
        process("p").start().catch("until", condition("stock > 10")).end()
    )  # fmt: skip
    instance = started(deployed(model), stock=3)

    lifecycle.set_variables(instance, {"stock": 5}, by=ANNA, reason="counted")
    assert reloaded(instance).status == "running"
    lifecycle.set_variables(instance, {"stock": 11}, by=ANNA, reason="delivery")

    assert (reloaded(instance).status, instance.result) == ("completed", {"stock": 11})
    assert Event.objects.filter(kind="instance.variables_set").count() == 2


def test_two_megabytes_of_variables_are_refused_and_nothing_is_changed():
    folder = make_folder()
    workflow = deployed(process("p").start().service("a").end(), folder)
    much = {"text": "x" * 2_000_000}

    with pytest.raises(InvalidError, match="1,000,000"):
        lifecycle.start_instance(workflow, much, by=ANNA)
    assert not WorkflowInstance.objects.exists()

    instance = started(workflow, small=1)
    with pytest.raises(DomainError):
        lifecycle.set_variables(instance, much, by=ANNA, reason="x")
    half = {"text": "x" * 600_000}
    lifecycle.set_variables(instance, half, by=ANNA, reason="x")
    with pytest.raises(DomainError, match="1,000,000"):
        lifecycle.set_variables(instance, {"more": "x" * 600_000}, by=ANNA, reason="x")
    assert reloaded(instance).size < 1_000_000


def test_a_result_of_two_megabytes_is_an_incident_of_its_instance():
    from apps.workflows.models import Incident

    folder = make_folder()
    instance = two_steps(folder)

    work(folder, "a", {"text": "x" * 2_000_000})

    incident = Incident.objects.get(instance=instance)
    assert incident.code == "variables_too_large"
    assert_consistent()
