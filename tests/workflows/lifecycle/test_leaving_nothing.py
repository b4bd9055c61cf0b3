"""What an instance leaves behind, and when what was kept for it happens."""

import pytest

from apps.inbox.models import UserTask
from apps.lib.clock import database_now
from apps.queues.models import Ended, WorkItem
from apps.workflows import lifecycle
from apps.workflows.models import (
    FanOut,
    Incident,
    PendingEvent,
    StepInstance,
    Subscription,
    WorkflowInstance,
)
from tests.factories import make_folder
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    deliver,
    deployed,
    reloaded,
    started,
    work,
)
from tests.workflows.models import process, terminate, timer

pytestmark = pytest.mark.django_db


def open_items():
    ended = Ended.objects.values("item_id")
    return WorkItem.objects.filter(origin="workflow").exclude(pk__in=ended).count()


def fault_of_ours(instance, folder, monkeypatch):
    """Have the step after `a` fail by a fault of the control room's own."""
    from apps.workflows.lifecycle import stepping

    def broken(*_given):
        raise RuntimeError("broken")

    with monkeypatch.context() as patch:
        patch.setattr(stepping, "write", broken)
        work(folder, "a")
    assert Incident.objects.get(instance=instance).code == "internal"


def test_what_one_step_begins_and_ends_is_withdrawn_by_it():
    folder = make_folder()
    model = (
        process("p").start().parallel("fork").service("bot").end("a")
        .at("fork").user("person").end("b")
        .at("fork").service("line").each("=[1, 2, 3]").end("c")
        .at("fork").call("go", "inner").end("d")
        .at("fork").end("stop", terminate())
    )  # fmt: skip
    deployed(process("inner").start().service("inside").end(), folder)

    instance = started(deployed(model, folder))
    deliver()

    assert instance.status == "completed"
    assert set(WorkflowInstance.objects.values_list("status", flat=True)) == {
        "completed",
        "cancelled",
    }
    assert (open_items(), UserTask.objects.open().count()) == (0, 0)
    assert not FanOut.objects.exists()
    assert_consistent()


def test_an_instance_that_is_cancelled_needs_no_repair_of_a_step_never_taken(monkeypatch):
    folder = make_folder()
    instance = started(deployed(process("p").start().service("a").service("b").end(), folder))
    fault_of_ours(instance, folder, monkeypatch)

    lifecycle.cancel_instance(instance, by=ANNA, reason="not needed")
    deliver()

    assert not Incident.objects.filter(resolved_at__isnull=True).exists()
    assert not UserTask.objects.open().exists()
    assert not PendingEvent.objects.exists()
    assert_consistent()


def test_what_was_kept_for_called_instances_goes_with_them():
    folder = make_folder()
    deployed(process("c").start().service("deep").end(), folder)
    deployed(process("b").start().call("to_c", "c").end(), folder)
    instance = started(deployed(process("a").start().call("to_b", "b").end(), folder))
    lifecycle.pause_instance(instance, by=ANNA, reason="audit")
    work(folder, "deep")
    assert PendingEvent.objects.count() == 1

    lifecycle.cancel_instance(instance, by=ANNA, reason="wrong month")
    deliver()

    assert set(WorkflowInstance.objects.values_list("status", flat=True)) == {"cancelled"}
    assert not PendingEvent.objects.exists()
    assert_consistent()


def test_what_was_kept_happens_when_the_instance_goes_on():
    folder = make_folder()
    model = process("p").start().service("a").catch("wait", timer(duration="PT1H")).end()
    instance = started(deployed(model, folder))
    lifecycle.pause_instance(instance, by=ANNA, reason="holidays")
    work(folder, "a")
    kept = PendingEvent.objects.get()
    kept.event["at"] = "2020-01-01T00:00:00+00:00"  # long holidays
    kept.save()

    lifecycle.resume_instance(instance, by=ANNA, reason="back")
    deliver()

    assert Subscription.objects.get(instance=instance).due_at > database_now()
    ends = StepInstance.objects.filter(instance_id=instance.pk).values_list("ended_at", flat=True)
    assert all(at >= reloaded(instance).started_at for at in ends)
