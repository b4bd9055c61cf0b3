"""Faults of the control room's own, and decisions that come too late: asked about, never repeated
for ever, and never in the way of others."""

import pytest

from apps.events.models import Event
from apps.events.wording import sentence_of
from apps.inbox.lifecycle import decide
from apps.inbox.lifecycle.deciding import Answer
from apps.inbox.models import UserTask
from apps.workflows import lifecycle
from apps.workflows.lifecycle import stepping
from apps.workflows.lifecycle.running import run
from apps.workflows.models import (
    Incident,
    PendingEvent,
    Scope,
    StartSubscription,
    Subscription,
    WorkflowInstance,
)
from tests.factories import make_folder, make_person
from tests.workflows.lifecycle.walking import (
    ANNA,
    assert_consistent,
    decided,
    deliver,
    deployed,
    reloaded,
    stands_at,
    started,
    task_of,
    work,
)
from tests.workflows.models import message, process, timer

pytestmark = pytest.mark.django_db

LONG_AGO = "2020-01-01T00:00:00Z"


@pytest.fixture
def breaking(monkeypatch):
    """Make steps of workflows with the key “bad” fail, until `breaking.mend()`."""
    real = stepping.write

    def write(walks, fan_outs):
        if any(walk.graph.key == "bad" for walk in walks):
            raise RuntimeError("broken")
        real(walks, fan_outs)

    class Breaking:
        def begin(self):
            monkeypatch.setattr(stepping, "write", write)

        def mend(self):
            monkeypatch.setattr(stepping, "write", real)

    return Breaking()


def never_taken(folder, breaking):
    """Return an instance whose step after `a` failed by a fault of ours."""
    instance = started(deployed(process("bad").start().service("a").service("b").end(), folder))
    breaking.begin()
    work(folder, "a")
    breaking.mend()
    assert Incident.objects.get().code == "internal"
    return instance


def test_a_timer_whose_step_fails_stands_still_until_it_is_tried_again(breaking):
    folder = make_folder()
    model = process("bad").start().catch("wait", timer(duration="PT0S")).service("b").end()
    instance = started(deployed(model, folder))
    breaking.begin()

    fired = [lifecycle.fire_due_timers() for _ in range(3)]

    assert fired == [1, 0, 0]
    assert PendingEvent.objects.count() == 1
    assert Event.objects.filter(kind="incident.opened").count() == 1
    breaking.mend()
    decided(instance, "retry")
    assert stands_at(instance) == ["b"]
    assert not Subscription.objects.exists()
    assert_consistent()


def test_a_workflow_that_cannot_start_keeps_no_other_from_starting(breaking):
    folder = make_folder()
    for key in ("bad", "good"):
        model = process(key).start("tick", timer(cycle="R/PT1H")).service("s").end()
        deployed(model, folder)
    StartSubscription.objects.update(due_at=LONG_AGO)
    breaking.begin()

    assert lifecycle.fire_due_timers() == 2

    assert [each.workflow.key for each in WorkflowInstance.objects.all()] == ["good"]
    refused = Event.objects.get(kind="workflow.start_refused")
    assert "broken" in sentence_of(refused)
    assert lifecycle.fire_due_timers() == 0


def test_a_message_that_starts_what_cannot_start_is_not_brought_for_ever(breaking):
    folder = make_folder()
    deployed(process("bad").start("begin", message("order")).service("s").end(), folder)
    breaking.begin()

    lifecycle.publish_message(folder, "order", "", {}, by=ANNA, ttl_seconds=600)
    deliver()

    assert Event.objects.filter(kind="workflow.start_refused").count() == 1


def test_a_step_that_exceeds_a_limit_of_the_database_is_asked_about(monkeypatch):
    folder = make_folder()
    workflow = deployed(process("p").start().service("a").service("b").end(), folder)
    good, bad = started(workflow), started(workflow)
    real = stepping.write

    def write(walks, fan_outs):
        if any(walk.id == bad.pk for walk in walks):
            run("select repeat('x', 2000000000)", {})  # an OperationalError, as a lost connection
        real(walks, fan_outs)

    monkeypatch.setattr(stepping, "write", write)
    work(folder, "a")

    assert Incident.objects.get().instance_id == bad.pk
    assert (stands_at(good), stands_at(bad)) == (["b"], ["a"])


def test_a_result_for_a_step_that_was_never_taken_is_refused_by_asking_again(breaking):
    folder = make_folder()
    instance = never_taken(folder, breaking)

    decided(instance, "set_result", result={"x": 1})

    assert Incident.objects.get().is_open
    assert "try it again, or cancel" in task_of(instance).reason
    decided(instance, "retry")
    assert stands_at(instance) == ["b"]
    assert_consistent()


def test_resuming_takes_the_step_that_was_never_taken_and_its_question_is_gone(breaking):
    folder = make_folder()
    instance = never_taken(folder, breaking)
    lifecycle.pause_instance(instance, by=ANNA, reason="mending")

    lifecycle.resume_instance(instance, by=ANNA, reason="mended")

    assert stands_at(instance) == ["b"]
    assert (Incident.objects.get().how, Incident.objects.get().resolved_by) == ("retry", "Anna")
    assert not UserTask.objects.open().exists()
    assert_consistent()


def test_what_was_kept_happens_before_whatever_comes_after_resuming():
    instance = started(deployed(process("p").start().service("a").end()), x=0)
    lifecycle.pause_instance(instance, by=ANNA, reason="audit")
    lifecycle.set_variables(instance, {"x": 1}, by=ANNA, reason="first")
    lifecycle.resume_instance(instance, by=ANNA, reason="over")

    lifecycle.set_variables(instance, {"x": 2}, by=ANNA, reason="second")
    deliver()

    assert Scope.objects.get(instance=instance).variables == {"x": 2}


def test_who_decides_after_the_step_has_gone_on_can_see_that_it_changed_nothing():
    folder = make_folder()
    model = (
        process("p").start().user("approve").end()
        .boundary("approve", "late", timer(duration="PT0S")).service("escalate").end("escalated")
    )  # fmt: skip
    instance = started(deployed(model, folder))
    task = task_of(instance)
    person = make_person(role="supervisor", folder=folder)

    decide(task, Answer(decision="complete", version=task.version), by=person.actor)
    lifecycle.fire_due_timers()  # before the news of the decision arrives
    deliver()

    assert stands_at(reloaded(instance)) == ["escalate"]
    told = Event.objects.get(kind="user_task.unheard")
    assert (told.subject_type, told.subject_id, told.folder_id) == ("task", task.pk, folder.pk)
    assert person.name in sentence_of(told)
